/* shim/ipc/mark.h - how a rewritten libpq connection says so. Pure, freestanding.
 *
 * The shim makes a program's libpq connect in clear text (sslmode=disable) to the broker, whose own login then does
 * what the program asked for. Two marks go with it, so that neither side can mistake it for a program that wants
 * no TLS:
 *
 *   the word    libpq's `replication` option: an unusual spelling of "false", which every server takes for what it
 *               is. It is in each StartupMessage, also after PQreset, and says the sslmode that was asked for.
 *   the mark    libpq's `tcp_user_timeout` option (12 days and more: of no effect): connect() finds it on the
 *               socket, tells the broker (ROUTE) which registered WISH belongs to it, and never lets a connection
 *               that must be encrypted go anywhere but to the broker. Only with a registered wish.
 */
#ifndef PP_IPC_MARK_H
#define PP_IPC_MARK_H

#include <podpool/ipc.h>
#include <stdbool.h>
#include <stddef.h>

enum pp_mark_kind {
	PP_MARK_NONE,
	PP_MARK_PLAIN,	/* nothing but the sslmode (disable, allow or prefer) */
	PP_MARK_WISH,	/* the rest is registered under the socket's mark */
	PP_MARK_TUNNEL, /* a demand that only an untouched connection meets */
};

#define PP_MARK_WORD_MAX 6  /* "false" */
#define PP_MARK_TEXT_MAX 14 /* decimal, padded: room for the longest sslmode (PQconninfo) */

/* 0 is no mark. Equal texts have equal marks; different ones may, and then the broker declines. `is_bound`:
 * channel_binding=require was asked for, and is "disable" now. */
uint32_t pp_mark_make(enum pp_ipc_sslmode mode, bool is_bound, const char *text, size_t len);
bool pp_mark_is_mark(uint32_t value);
enum pp_ipc_sslmode pp_mark_sslmode(uint32_t mark);
bool pp_mark_is_bound(uint32_t mark);
/* Its libpq would not have gone on in clear text, and now does, because the broker was going to encrypt: to nobody else. */
bool pp_mark_is_demand(uint32_t mark);

void pp_mark_write(uint32_t mark, char ret_text[PP_MARK_TEXT_MAX]);
/* 0: no mark. */
uint32_t pp_mark_read(const char *text);

void pp_mark_word(enum pp_mark_kind kind, enum pp_ipc_sslmode mode,
		  char ret_word[PP_MARK_WORD_MAX]);
enum pp_mark_kind pp_mark_read_word(const char *word, enum pp_ipc_sslmode *ret_mode);

/* libpq's names; UNKNOWN for any other text. */
enum pp_ipc_sslmode pp_mark_sslmode_of(const char *name);
const char *pp_mark_sslmode_name(enum pp_ipc_sslmode mode);

#endif
