#include <string.h>

#include "broker/client.h"
#include "broker/front.h"
#include "session/lexer.h"
#include "session/past.h"

static bool is_news(const struct pp_client *c, uint32_t bits)
{
	return bits & PP_TOUCH_LIBRARIES || (bits & PP_TOUCH_TEMP_PATH && !c->had_temp) ||
	       (bits & PP_TOUCH_SESSIONS && !c->counted);
}

bool pp_front_wants_unused(const struct pp_client *c, const uint8_t *message,
			   const struct pp_frame_head *head)
{
	const uint8_t *text = message + PP_MSG_HEADER, *end = message + head->total;
	struct pp_lexer lexer;
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
