#include <string.h>

#include "broker/client.h"
#include "broker/database.h"
#include "broker/front.h"
#include "broker/hidden.h"
#include "session/lexer.h"
#include "session/past.h"

static bool is_news(const struct pp_client *c, uint32_t bits)
{
	return bits & PP_TOUCH_LIBRARIES || (bits & PP_TOUCH_TEMP_PATH && !c->had_temp) ||
	       (bits & PP_TOUCH_SESSIONS && !c->counted);
}

/* Was it read before, and nothing was in it? Most texts were: this is shorter than to search them. */
static bool is_known(const struct pp_client *c, const uint8_t *message,
		     const struct pp_frame_head *head)
{
	struct pp_database *db = c->database;
	size_t len = head->total - PP_MSG_HEADER; /* with its end, if it has one */
	if (head->type == PP_FRONT_PARSE)
		return pp_unnamed_is_said_again(&c->unnamed, message, head->total);
	return head->type == PP_FRONT_QUERY && len > 0 &&
	       pp_plain_knows(&db->plain, db->hidden->generation, message + PP_MSG_HEADER, len - 1);
}

bool pp_front_wants_unused(const struct pp_client *c, const uint8_t *message,
			   const struct pp_frame_head *head)
{
	const uint8_t *text = message + PP_MSG_HEADER, *end = message + head->total;
	struct pp_lexer lexer;
	if (is_known(c, message, head))
		return false;
	if (head->type == PP_FRONT_PARSE) { /* its name comes first */
		const uint8_t *nul = memchr(text, 0, (size_t)(end - text));
		text = nul ? nul + 1 : end;
	} else if (head->type != PP_FRONT_QUERY) {
		return false;
	}
	const uint8_t *nul = memchr(text, 0, (size_t)(end - text));
	size_t len = (size_t)((nul ? nul : end) - text);
	if (!pp_past_may_matter(text, len))
		return false;
	pp_lexer_init(&lexer, true);
	pp_lexer_feed(&lexer, text, len);
	return is_news(c, pp_lexer_finish(&lexer));
}
