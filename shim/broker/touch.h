/* shim/broker/touch.h - what SQL texts may have done to the session: the lexer's facts, kept until the server can
 * be asked (own.h), or until a prepared text is executed.
 */
#ifndef PP_BROKER_TOUCH_H
#define PP_BROKER_TOUCH_H

#include <stdbool.h>
#include <stdint.h>

#include "session/label.h"
#include "session/lexer.h"
#include "session/nameset.h"

struct pp_touched {
	uint32_t bits; /* enum pp_pin, enum pp_touch */
	bool renames;  /* what a name means: search_path, role, for the transaction at least */
	bool rereads;  /* how texts are read, for the transaction at least */
	char cause[64];
	struct pp_nameset names; /* a leading '~': until the transaction's end only */
};

/* From a lexer that has finished with `bits`. */
void pp_touch_read(struct pp_touched *touch, uint32_t bits, const struct pp_lexer *lexer);

/* The text is executed in a session with `label`: what it cannot change is left out. NULL: a question is under
 * way, and the label not known. */
void pp_touch_add(struct pp_touched *all, const struct pp_touched *text,
		  const struct pp_label *label);

void pp_touch_clear(struct pp_touched *touch);

#endif
