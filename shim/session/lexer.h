/* shim/session/lexer.h - what does this SQL text do to the session? Streaming, pure, no grammar.
 *
 * The room session: what a client's session is made of. Knows SQL's lexical structure (docs 4.1)
 * and the first words of statements; must not know the protocol, sockets, pools. Fed in pieces of
 * any size (a Query may be 1 GiB; nothing is held but one word), it answers which pins the text
 * calls for.
 *
 * It reads: -- and nested block comments, 'x', E'x', U&'x', B'', X'', "ident", $tag$ bodies
 * (skipped, opaque to us; but those of DO are searched, see body.h), ; and parentheses (a CREATE
 * FUNCTION ... BEGIN ATOMIC body contains semicolons that end nothing: the words after them are
 * classified all the same, which can only pin too much). Per statement: class by its first words,
 * plus names followed by `(`, anywhere. Unterminated quotes or comments at the end: OPAQUE. Never
 * too few pins for a statement it names; hidden state inside functions is its business only as far
 * as a watch (watch.h) names them.
 */
#ifndef PP_SESSION_LEXER_H
#define PP_SESSION_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session/pins.h"

#define PP_LEXER_WORD_MAX 64 /* NAMEDATALEN; longer words match no keyword */
#define PP_LEXER_TAG_MAX  64 /* $tag$; longer: the whole text is OPAQUE */

/* Flags in the lexer's answer beyond the pins: they keep no server. */
enum pp_touch {
	/* Changes, perhaps for its transaction only, what names mean or how a text is read: SET, RESET,
	 * set_config(, CREATE, SELECT INTO, ALTER, DROP, DO, CALL, GRANT ...: what is prepared in that transaction
	 * may be another thing elsewhere. */
	PP_TOUCH_UNSETTLED = 1 << 18,
	/* PREPARE, also in a body (body.h). */
	PP_TOUCH_PREPARES = 1 << 17,
	/* NOTIFY, pg_notify(, also in a body: others hear of its transaction's end. */
	PP_TOUCH_NOTIFIES = 1 << 19,
	/* May advance a sequence: INSERT, MERGE, COPY, nextval(. */
	PP_TOUCH_SEQUENCE = 1 << 20,
	/* The text looks at what the server did before (past.h): the number of sessions; whether it
	 * has had temporary objects; which libraries it has loaded. */
	PP_TOUCH_SESSIONS = 1 << 21,
	PP_TOUCH_TEMP_PATH = 1 << 22,
	PP_TOUCH_LIBRARIES = 1 << 23,
	/* May end state that is pinned: DROP, CLOSE, UNLISTEN, DEALLOCATE, DISCARD, RESET,
	 * pg_advisory_unlock...(, DO, CALL, COMMIT, END, ROLLBACK (TO), ABORT and PREPARE
	 * TRANSACTION. */
	PP_TOUCH_END = 1 << 24,
	/* A custom setting is set for the transaction only, and stays defined as '' after it. */
	PP_TOUCH_LOCAL = 1 << 25,
	/* The text speaks of prepared statements by name, so the server must have the client's own:
	 * pg_prepared_statements; PREPARE, EXECUTE, DEALLOCATE and DISCARD ALL in any other shape
	 * than pp_lexer_shape's. */
	PP_TOUCH_STATEMENTS = 1 << 26,
	/* Wants a database without sessions: CREATE DATABASE (its template, which may be nowhere
	 * named), DROP DATABASE, ALTER DATABASE ... RENAME or SET TABLESPACE. */
	PP_TOUCH_DATABASE = 1 << 27,
	/* Changes who may begin a session, or what it starts with: ALTER and DROP of ROLE, USER,
	 * GROUP and DATABASE; GRANT and REVOKE of a role or ON DATABASE; DROP and REASSIGN OWNED;
	 * pg_reload_conf(. */
	PP_TOUCH_DEFAULTS = 1 << 28,
	/* Other names than before may lead to functions that do something to a session: CREATE or
	 * ALTER of a function, trigger, view ..., also in the body of DO. Not DROP: what is watched
	 * for in vain costs little. */
	PP_TOUCH_CODE = 1 << 29,
	/* DEALLOCATE, DISCARD: which prepared statements there are is not known until it is answered. */
	PP_TOUCH_FORGETS = 1 << 30
};

/* One more, and no int: CREATE, ALTER, DROP, IMPORT, SELECT INTO. Its transaction sees other tables than anybody else, until
 * it ends. */
#define PP_TOUCH_DDL (UINT32_C(1) << 31)

/* A text that is exactly one statement, but for `;` and comments. OTHER: any other text. */
enum pp_shape {
	PP_SHAPE_OTHER,
	PP_SHAPE_DEALLOCATE,	 /* DEALLOCATE [PREPARE] name */
	PP_SHAPE_DEALLOCATE_ALL, /* DEALLOCATE [PREPARE] ALL */
	PP_SHAPE_DISCARD_ALL,
	PP_SHAPE_PREPARE, /* PREPARE name ...: its touches are those of EXECUTE, too */
	PP_SHAPE_EXECUTE  /* EXECUTE name [(...)] */
};

struct pp_lexer; /* open below: lives inside the client object, no allocation */
struct pp_watch;

/* `conforming`: standard_conforming_strings as the session has it; false makes every plain '...'
 * with a backslash in it OPAQUE. */
void pp_lexer_init(struct pp_lexer *lx, bool conforming);
/* More names to look for in this text, right after init; NULL or empty: none. Borrowed until
 * finish. */
void pp_lexer_watch(struct pp_lexer *lx, const struct pp_watch *watch);
void pp_lexer_feed(struct pp_lexer *lx, const uint8_t *text, size_t len);
/* Instead of text: the body of a function, in SQL or any language whose strings are SQL. It is
 * searched like that of DO (body.h), and is DYNAMIC if a word in it may change what the server can
 * be asked for. */
void pp_lexer_feed_body(struct pp_lexer *lx, const uint8_t *body, size_t len);
/* The pins the whole text calls for (enum pp_pin), and flags (enum pp_touch). The lexer may then be
 * initialised again. */
uint32_t pp_lexer_finish(struct pp_lexer *lx);

/* In the encodings that are only ever a client's (SJIS, BIG5, GBK, ...) the second byte of a letter
 * may be a backslash, and E'...' ends elsewhere than it seems. `client_encoding` as the server
 * reports it; false: whoever feeds the lexer must add OPAQUE to its answer. */
bool pp_lexer_may_read(const char *client_encoding);

/* All below: valid from finish until the next init. */

/* For errors, log and status: the first words of the statement that caused the first pin, upper
 * case, printable ASCII, e.g. "CREATE TEMP TABLE" or "SELECT SET_CONFIG("; what was wrong if the
 * text could not be followed; "" when no pin. */
const char *pp_lexer_cause(const struct pp_lexer *lx);

/* The settings the text may have touched. Those of SET come with the pin SETTINGS. Those of RESET
 * come with PP_TOUCH_END only (a client without settings has nothing to reset), unless they are
 * custom: even RESET defines a custom setting that was not there. After a DYNAMIC pin only custom
 * names are told: the others must be looked for anyway. */

/* Any setting at all may have been touched: those pg_settings lists and the custom ones known. */
bool pp_lexer_names_all(const struct pp_lexer *lx);
/* Do they decide what names mean: search_path, role, session_authorization, for the transaction at least? */
bool pp_lexer_names_rename(const struct pp_lexer *lx);
/* Has one been set that decides how texts are read: standard_conforming_strings, client_encoding, for the transaction at
 * least? RESET does not count: of one that was never set it changes nothing. */
bool pp_lexer_names_reread(const struct pp_lexer *lx);
/* May a custom setting have been set for the session? DISCARD ALL does not undo that. */
bool pp_lexer_names_custom(const struct pp_lexer *lx);
/* One name after the other, lower case; NULL: begin, no more. ret_local (may be NULL): set until
 * the end of the transaction only; such names are always custom ones. */
const char *pp_lexer_next_name(const struct pp_lexer *lx, const char *previous, bool *ret_local);
/* This one, of them: perhaps it is no setting at all, and may be left out where there is no room. */
bool pp_lexer_name_is_guess(const char *name);

enum pp_shape pp_lexer_shape(const struct pp_lexer *lx);
/* What DEALLOCATE, PREPARE and EXECUTE name, as the server knows it (1 to 63 bytes); "" in any other shape. An
 * unquoted reserved word is not told from a name: to the server it is a syntax error. */
const char *pp_lexer_shape_name(const struct pp_lexer *lx);

#include "session/lexer_state.h"

#endif
