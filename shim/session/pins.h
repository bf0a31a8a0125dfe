/* shim/session/pins.h - named reasons why a server may not be returned yet. One row per reason:
 * bit, word, scrub.
 *
 * SCRUB: DISCARD ALL takes it away (PostgreSQL docs, DISCARD). CLOSE: nothing but ending the
 * session does.
 */
#ifndef PP_SESSION_PINS_H
#define PP_SESSION_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PP_PINS(X)                                                                                 \
	X(SET, "set", true)		   /* SET or RESET-able setting changed for the session */ \
	X(CUSTOM, "custom-setting", false) /* app.x: stays defined as '' after RESET */            \
	X(LISTEN, "listen", true)                                                                  \
	X(TEMP, "temp", true)		/* temporary table, view or sequence */                    \
	X(PREPARE, "prepare", true)	/* SQL PREPARE */                                          \
	X(STATEMENT, "statement", true) /* named protocol statement, or an unnamed one kept */     \
	X(HOLD, "hold", true)		/* WITH HOLD cursor */                                     \
	X(ADVISORY, "advisory", true)	/* session advisory lock */                                \
	X(SEQUENCE, "sequence", true)	/* currval/lastval read: needs its own last value */       \
	X(SEED, "seed", false)		/* setseed */                                              \
	X(LOAD, "load", false)		/* LOAD */                                                 \
	X(OPAQUE, "opaque", false)	/* the lexer cannot tell */                                \
	X(PROTOCOL, "protocol", false)	/* message order that cannot be followed for sure */       \
	X(SESSION, "session-mode", true)

enum pp_pin_bit {
#define X(name, word, scrub) PP_PIN_BIT_##name,
	PP_PINS(X)
#undef X
		PP_PIN_BIT__COUNT
};

enum pp_pin {
#define X(name, word, scrub) PP_PIN_##name = 1 << PP_PIN_BIT_##name,
	PP_PINS(X)
#undef X
};

/* The word shown to people for one bit number. */
const char *pp_pins_word(enum pp_pin_bit bit);

/* "set,temp" into text (always terminated, cut to fit); "" for none. */
void pp_pins_text(uint32_t pins, char *text, size_t size);

/* May a server with these pins be cleaned with DISCARD ALL, or must it be closed? */
bool pp_pins_may_scrub(uint32_t pins);

#endif
