/* shim/broker/target_names.h - destinations that PODPOOL_TARGETS names: is an address one of theirs?
 *
 * An address is unknown, then looked up by a worker while those who ask for it wait, then known for a while; one of a
 * target's stays one until the next look-up says otherwise. A name that has no address now names nothing: its programs go
 * direct, as without a broker, and so does who asks while the resolver is known to be slow. A route stays when its name
 * moves on.
 */
#ifndef PP_BROKER_TARGET_NAMES_H
#define PP_BROKER_TARGET_NAMES_H

#include <podpool/ipc.h>
#include <sys/types.h>

#include "ipc/target.h"

struct pp_broker;
struct pp_target_names; /* in broker.h; NULL until the first question */

/* Of an address that the targets may have by name (pp_targets_match() says PERHAPS). PERHAPS: it is looked up, fd is kept,
 * and pp_door_answer_target() will answer it. */
enum pp_target_answer pp_target_names_ask(struct pp_broker *b, int fd,
					  const struct pp_ipc_msg *question, pid_t pid);

/* The targets have changed: nothing is known. */
void pp_target_names_forget(struct pp_broker *b);

/* Nobody is answered any more. */
void pp_target_names_close(struct pp_broker *b);

#endif
