/* What a text means for those behind it, until its transaction's end or until its answer is complete. */
#include "broker/client.h"
#include "broker/database.h"
#include "broker/front.h"
#include "broker/server.h"
#include "session/reading.h"

bool pp_front_is_alone(const struct pp_server *s)
{
	return s->defines || (s->pins | s->touch.bits) & PP_PIN_TEMP;
}

struct pp_plans_env pp_front_env(const struct pp_server *s)
{
	return (struct pp_plans_env){s->client->label, s->client->epoch, s->renames,
				     pp_front_is_alone(s)};
}

/* Most of what a session with temporary objects makes and drops are those: they are no news to others. */
static void note_definition(struct pp_server *s, uint32_t bits)
{
	s->defines = true;
	if (!((bits | s->pins | s->touch.bits) & PP_PIN_TEMP))
		s->database->plans.defined_at = s->broker->now;
}

void pp_front_definitions_over(struct pp_server *s)
{
	if (s->defines)
		note_definition(s, 0);
	s->defines = false;
}

/* Until the transaction's end, or until the server has been asked what became of it. */
static void note_unsettled(struct pp_server *s, uint32_t bits, bool renames)
{
	const uint32_t unseen = PP_PIN_DYNAMIC | PP_PIN_OPAQUE | PP_PIN_PREPARE;
	s->unsettled |= (bits & PP_TOUCH_UNSETTLED) != 0;
	if (bits & PP_TOUCH_DDL)
		note_definition(s, bits);
	s->renames |= renames || bits & unseen;
}

/* What was set, in this transaction or before, may be reset. */
static bool resets_reading(const struct pp_server *s, const struct pp_touched *text)
{
	for (const char *const *it = pp_reading_words; *it; it++) {
		bool is_meant = text->names.all || pp_nameset_has(&text->names, *it);
		if (is_meant && (s->rereads || pp_label_get(pp_labels_view(s->label), *it)))
			return true;
	}
	return false;
}

/* ROLLBACK brings back what its transaction has changed, COMMIT what was changed for it alone. */
static void note_reading(struct pp_server *s, const struct pp_touched *text)
{
	/* DO and CALL; what every text may do while nobody knows what functions do is not enough to doubt those behind it. */
	const uint32_t code = PP_PIN_DYNAMIC | PP_TOUCH_END | PP_TOUCH_UNSETTLED;
	bool runs_code = (text->bits & code) == code || text->bits & PP_PIN_PREPARE;
	bool rereads = text->rereads || resets_reading(s, text);
	s->reading_doubtful |= rereads || (s->rereads && text->bits & PP_TOUCH_END);
	s->strings_doubtful |= runs_code || (text->names.all && s->own.kind == PP_OWN_PROBE);
	s->rereads |= rereads;
}

void pp_front_note(struct pp_server *s, const struct pp_touched *text)
{
	note_unsettled(s, text->bits, text->renames);
	note_reading(s, text);
}

void pp_front_note_lexed(struct pp_server *s, uint32_t bits)
{
	bool rereads = pp_lexer_names_reread(&s->lexer);
	note_unsettled(s, bits, pp_lexer_names_rename(&s->lexer));
	s->reading_doubtful |= rereads;
	s->rereads |= rereads;
}

bool pp_front_reads_as_ever(const struct pp_server *s)
{
	return !s->rereads && !s->strings_doubtful && !s->reading_doubtful;
}

void pp_front_is_answered(struct pp_server *s)
{
	if (pp_tx_is_busy(&s->tx) || pp_tx_is_in_batch(&s->tx))
		return;
	s->strings_doubtful = s->reading_doubtful = false;
	s->rereads &= s->tx.status != PP_TX_IDLE;
}
