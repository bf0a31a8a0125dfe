/* shim/host/pq.h - moves what a libpq program wants of TLS to the broker's own login, by adding to its conninfo.
 *
 * Three options at most are added, after all others, and libpq does the rest: it connects to the broker in clear
 * text (no SSLRequest), and the broker logs in as the program wished. ipc/mark.h says how both sides know.
 * Only when every host it may try is pooled for certain, and the broker has said that it keeps the wish (or the
 * file `plain` that there is nothing to keep). On any doubt the conninfo stays what it is: then an SSLRequest
 * reaches the broker, and is refused or tunnelled.
 * PQhost, PQport, PQpass, PQoptions, PQconninfo, PQreset stay what they were; PQssl* say "no TLS", as it is.
 */
#ifndef PP_HOST_PQ_H
#define PP_HOST_PQ_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/mark.h"

#define PP_PQ_MAX 60 /* options of the program's own; more: untouched */

/* libpq-fe.h's PQconninfoOption, part of libpq's ABI since 7.0. */
struct pp_pq_option {
	char *keyword, *envvar, *compiled, *val, *label, *dispchar;
	int dispsize;
};

struct pp_pq_change {
	const char *keywords[PP_PQ_MAX + 5], *values[PP_PQ_MAX + 5];
	char mark[PP_MARK_TEXT_MAX], word[PP_MARK_WORD_MAX];
};

/* False: use the program's own arguments. `caller`: an address inside the calling object. Keeps errno. */
bool pp_pq_change(struct pp_pq_change *ret_change, void *caller, const char *const *keywords,
		  const char *const *values, int expand_dbname);

/* The same for PQconnectdb's argument; to be given to PQconnectdbParams with expand_dbname. */
bool pp_pq_change_conninfo(struct pp_pq_change *ret_change, void *caller, const char *conninfo);

/* A changed connection has failed because there is no broker any more, or because it would not have it: the original one is
 * due. */
bool pp_pq_is_lost(void *caller, void *conn, const struct pp_pq_change *change);

/* What PQconninfo told, as the program had it. */
void pp_pq_restore(void *caller, struct pp_pq_option *options);

/* Before PQreset: today's broker may be another one than that which was told the wish. */
void pp_pq_renew(void *caller, void *conn);

#endif
