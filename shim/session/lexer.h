/* shim/session/lexer.h - what does this SQL text do to the session? Streaming, pure, no grammar.
 *
 * The room session: what a client's session is made of. Knows SQL's lexical structure (docs 4.1)
 * and the first words of statements; must not know the protocol, sockets, pools. Fed in pieces of
 * any size (a Query may be 1 GiB; nothing is held but one word), it answers which pins the text
 * calls for.
 *
 * It reads: -- and nested block comments, 'x', E'x', U&'x', B'', X'', "ident", $tag$ bodies
 * (skipped, opaque to us), ; and parentheses (a CREATE FUNCTION ... BEGIN ATOMIC body contains
 * semicolons that end nothing: the words after them are classified all the same, which can only pin
 * too much). Per statement: class by its first words, plus names followed by `(`, anywhere.
 * Unterminated quotes or comments at the end: OPAQUE. Never too few pins for a statement it names;
 * hidden state inside functions is not its business.
 */
#ifndef PP_SESSION_LEXER_H
#define PP_SESSION_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session/pins.h"

#define PP_LEXER_WORD_MAX 64 /* NAMEDATALEN; longer words match no keyword */
#define PP_LEXER_TAG_MAX  64 /* $tag$; longer: the whole text is OPAQUE */

struct pp_lexer; /* open below: lives inside the client object, no allocation */

/* `conforming`: standard_conforming_strings as the session has it; false makes every plain '...'
 * with a backslash in it OPAQUE. */
void pp_lexer_init(struct pp_lexer *lx, bool conforming);
void pp_lexer_feed(struct pp_lexer *lx, const uint8_t *text, size_t len);
/* The pins the whole text calls for. The lexer may then be initialised again. */
uint32_t pp_lexer_finish(struct pp_lexer *lx);

/* In the encodings that are only ever a client's (SJIS, BIG5, GBK, ...) the second byte of a letter
 * may be a backslash, and E'...' ends elsewhere than it seems. `client_encoding` as the server
 * reports it; false: whoever feeds the lexer must add OPAQUE to its answer. */
bool pp_lexer_may_read(const char *client_encoding);

/* For errors, log and status: the first words of the statement that caused the first pin, upper
 * case, printable ASCII, e.g. "CREATE TEMP TABLE" or "SELECT SET_CONFIG("; what was wrong if the
 * text could not be followed; "" when no pin. Valid from finish until the next init. */
const char *pp_lexer_cause(const struct pp_lexer *lx);

/* The helper who owns this room completes the struct; keep it below 512 bytes. */
#include "session/lexer_state.h"

#endif
