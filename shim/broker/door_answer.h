/* shim/broker/door_answer.h - what is said to each question at the door (podpool/ipc.h lists them). */
#ifndef PP_BROKER_DOOR_ANSWER_H
#define PP_BROKER_DOOR_ANSWER_H

#include <podpool/ipc.h>
#include <stdbool.h>
#include <sys/types.h>

struct pp_broker;
struct pp_route;

/* `text` has as many bytes as the question says; pid 0: of another container. True: it will be answered later, and fd is
 * kept. */
bool pp_door_answer(struct pp_broker *b, int fd, const struct pp_ipc_msg *question,
		    const char *text, pid_t pid);

/* A ROUTE, once it is known whether PODPOOL_TARGETS has its destination (target_names.h). True: as above. */
bool pp_door_answer_target(struct pp_broker *b, int fd, const struct pp_ipc_msg *question,
			   pid_t pid, bool is_target);

/* To whoever is not understood. */
void pp_door_answer_direct(int fd);

/* A ROUTE, as far as is known now (door_wait.h). */
void pp_door_answer_route(struct pp_route *route, int fd, const struct pp_ipc_msg *question,
			  pid_t pid);

#endif
