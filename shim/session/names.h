/* shim/session/names.h - the names of the settings a text may have touched. Lives inside the lexer.
 *
 * Folded to lower case, as names of settings know no case. What does not fit or is not known makes
 * it "all"; a custom (dotted) name that is lost also pins OPAQUE, as no list of the server's shows
 * such settings.
 */
#ifndef PP_SESSION_NAMES_H
#define PP_SESSION_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PP_LEXER_NAMES_MAX 256
#define PP_LEXER_NAME_MAX  64 /* of one part of a dotted name; servers cut at 63 */

struct pp_lexer;

struct pp_lexer_names {
	uint16_t
		len; /* of the entries: one byte, `l`ocal, `s`ession or `g`uess, then the name and a NUL */
	uint8_t spelled_len;
	bool all;
	bool custom;  /* a custom one for the session, or one of unknown name */
	bool renames; /* they decide what names mean (reading.h), for the transaction at least */
	bool rereads; /* they may decide how texts are read (lexer.h), for the transaction at least */
	bool too_long; /* the name being spelled */
	char text[PP_LEXER_NAMES_MAX];
	char spelled[2 * PP_LEXER_NAME_MAX];
};

void pp_names_init(struct pp_lexer_names *names);

/* A name is spelled in parts, dots included, and then added; pp_names_begin forgets the last one. */
void pp_names_begin(struct pp_lexer *lx);
void pp_names_part(struct pp_lexer *lx, const char *part, size_t len);

/* Is this (lower case, whole) what has been spelled? */
bool pp_names_is(const struct pp_lexer *lx, const char *name);
bool pp_names_is_custom(const struct pp_lexer *lx);

enum pp_names_how {
	PP_NAMES_SET,
	PP_NAMES_SET_LOCAL, /* until the end of the transaction: only custom names matter then */
	PP_NAMES_RESET,
	PP_NAMES_GUESS, /* a custom one that may be no setting at all: where there is no room it is left out */
};

/* Sets the pins and flags that go with the name; `cause` as for pp_cause_pin. */
void pp_names_add(struct pp_lexer *lx, enum pp_names_how how, const char *cause);
/* Any setting that pg_settings lists, or that the client is known to have. No pins. */
void pp_names_add_all(struct pp_lexer *lx);
/* A setting of a name that cannot be known, so perhaps a custom one: OPAQUE too. */
void pp_names_add_unknown(struct pp_lexer *lx, const char *cause);

#endif
