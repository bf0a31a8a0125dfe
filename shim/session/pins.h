/* shim/session/pins.h - named reasons why a server may not be returned yet. One row per reason:
 * bit, word, how it ends.
 */
#ifndef PP_SESSION_PINS_H
#define PP_SESSION_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* PROBED: the server can be asked whether it is still there; gone, the pin is lifted.
 * CAPTURED: becomes part of the client's journal and is replayed on whatever server it gets next.
 * DYNAMIC: may have touched anything that is probed or captured; all of it must be looked at.
 * NEXT: until the client's next transaction, or for a moment (broker/nextval.h).
 * CLIENT: until the client leaves; DISCARD ALL takes it away (PostgreSQL docs, DISCARD).
 * CLOSE: until the client leaves, and nothing but ending the session takes it away. */
enum pp_pin_end {
	PP_PIN_END_PROBED,
	PP_PIN_END_CAPTURED,
	PP_PIN_END_DYNAMIC,
	PP_PIN_END_NEXT,
	PP_PIN_END_CLIENT,
	PP_PIN_END_CLOSE
};

#define PP_PINS(X)                                                                                 \
	X(SETTINGS, "set", CAPTURED) /* a setting changed, by whatever way to say it */            \
	X(LISTEN, "listen", PROBED)                                                                \
	X(TEMP, "temp", PROBED)		  /* temporary table, view or sequence */                  \
	X(PREPARE, "prepare", PROBED)	  /* SQL PREPARE, EXECUTE */                               \
	X(STATEMENT, "statement", CLIENT) /* named protocol statement, or an unnamed one kept */   \
	X(HOLD, "hold", PROBED)		  /* WITH HOLD cursor */                                   \
	X(ADVISORY, "advisory", PROBED)	  /* session advisory lock */                              \
	X(SEQUENCE, "sequence", CLIENT)	  /* currval/lastval read: needs its own last value */     \
	X(NEXTVAL, "nextval", NEXT)	  /* a sequence advanced, whose value may be asked for */  \
	X(STATS, "stats", CLIENT)	  /* looks at what its server counts */                    \
	X(SEED, "seed", CLOSE)		  /* setseed */                                            \
	X(PID, "pid", CLOSE)		  /* pg_backend_pid: who was told means this client */     \
	X(LOAD, "load", CLOSE)		  /* LOAD */                                               \
	X(DYNAMIC, "dynamic", DYNAMIC)	  /* DO, CALL, query_to_xml: runs SQL that is not seen */  \
	X(OPAQUE, "opaque", CLOSE)	  /* the lexer cannot tell */                              \
	X(PROTOCOL, "protocol", CLOSE)	  /* message order that cannot be followed for sure */     \
	X(SESSION, "session-mode", CLIENT)

enum pp_pin_bit {
#define X(name, word, end) PP_PIN_BIT_##name,
	PP_PINS(X)
#undef X
		PP_PIN_BIT__COUNT
};

enum pp_pin {
#define X(name, word, end) PP_PIN_##name = 1 << PP_PIN_BIT_##name,
	PP_PINS(X)
#undef X
};

/* Bits above are flags of the lexer (lexer.h). */
_Static_assert(PP_PIN_BIT__COUNT <= 17, "no pin is a flag");

#define PP_PINS_ALL ((UINT32_C(1) << PP_PIN_BIT__COUNT) - 1)

/* The word shown to people for one bit number. */
const char *pp_pins_word(enum pp_pin_bit bit);

/* "set,temp" into text (always terminated, cut to fit); "" for none. */
void pp_pins_text(uint32_t pins, char *text, size_t size);

/* Those of the pins that end so. */
uint32_t pp_pins_that_end(uint32_t pins, enum pp_pin_end end);

/* What the server must be asked about at the end of a transaction that touched this: the PROBED and
 * CAPTURED ones among the pins; all there are of both after a DYNAMIC one. */
uint32_t pp_pins_to_probe(uint32_t pins);

/* Those that no answer of the server can lift: CLIENT and CLOSE. */
uint32_t pp_pins_lasting(uint32_t pins);

/* May a server with these pins be cleaned with DISCARD ALL, or must it be closed? A DYNAMIC pin
 * still there means that nobody has looked: close. Custom settings (pp_lexer_names_custom) stay
 * defined as '' after DISCARD ALL: that is for the caller to know. */
bool pp_pins_may_scrub(uint32_t pins);

#endif
