/* shim/broker/wishes.h - what libpq programs want of TLS, registered before they connect (WISH, ipc/mark.h).
 *
 * A wish is libpq keywords and values, those of files preceded by which file it is. It becomes part of the key of a
 * pool (so pools with different wishes never mix) and of every login of that pool.
 */
#ifndef PP_BROKER_WISHES_H
#define PP_BROKER_WISHES_H

#include <podpool/ipc.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct pp_broker;

/* Bytes "name\0value\0..."; borrowed until the next pp_wishes_keep. */
struct pp_wish_text {
	const char *bytes;
	size_t len;
};

/* A WISH of this process, and its text. False: the program shall leave its connection string alone. */
bool pp_wishes_keep(struct pp_broker *b, const struct pp_ipc_msg *question, const char *text,
		    pid_t pid);
bool pp_wishes_is_kept(struct pp_broker *b, uint32_t mark);

/* A ROUTE of this process with this mark was answered ROUTED. */
void pp_wishes_routed(struct pp_broker *b, uint32_t mark, pid_t pid);
/* Its connection, though routed, is not to be: this one is to be made again as the program wanted it, and from now on all that
 * wish the same are at once. */
void pp_wishes_turn_away(struct pp_broker *b, uint32_t mark, pid_t pid);
/* Was none, since its last WISH? Then its connection was not made (it would have been one in clear text), and not for what a
 * server has said. Also of a wish that is forgotten. */
bool pp_wishes_was_turned_away(struct pp_broker *b, uint32_t mark, pid_t pid);

/* False: never heard of, or forgotten. */
bool pp_wishes_find(struct pp_broker *b, uint32_t mark, struct pp_wish_text *ret_text);

/* Walks a wish as pp_startup_next does its parameters; a file's value is its path. A hostaddr says that the program
 * wants this address, wherever the name leads. */
bool pp_wishes_next(const char *bytes, size_t len, size_t *at, const char **ret_name,
		    const char **ret_value);

/* The link `plain`: there as long as every route's server has been heard to speak no TLS. Also when targets have changed. */
void pp_wishes_settle(struct pp_broker *b);
void pp_wishes_close(struct pp_broker *b);

#endif
