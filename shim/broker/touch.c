#include "broker/touch.h"

#include <stdio.h>
#include <string.h>

#define LOCAL '~'

void pp_touch_clear(struct pp_touched *touch)
{
	touch->bits = 0;
	touch->renames = touch->rereads = false;
	touch->cause[0] = '\0';
	pp_nameset_init(&touch->names);
}

void pp_touch_read(struct pp_touched *touch, uint32_t bits, const struct pp_lexer *lexer)
{
	char name[1 + 2 * PP_LEXER_NAME_MAX];
	bool local;
	pp_touch_clear(touch);
	touch->bits = bits;
	touch->renames = pp_lexer_names_rename(lexer);
	touch->rereads = pp_lexer_names_reread(lexer);
	strncpy(touch->cause, pp_lexer_cause(lexer), sizeof touch->cause - 1);
	touch->cause[sizeof touch->cause - 1] = '\0';
	touch->names.all = pp_lexer_names_all(lexer);
	for (const char *it = NULL; (it = pp_lexer_next_name(lexer, it, &local));) {
		snprintf(name, sizeof name, "%s%s", local ? "~" : "", it);
		pp_nameset_add(&touch->names, name);
	}
}

/* A setting that is only reset, and was never set, is what it was; a custom one that is there stays there after
 * a local change. */
static bool may_change(const struct pp_touched *text, const char *name,
		       const struct pp_label *label)
{
	if (!label)
		return true;
	if (*name == LOCAL)
		return !pp_label_get(*label, name + 1);
	if (text->bits & (PP_PIN_SETTINGS | PP_PIN_DYNAMIC) || pp_label_is_custom(name))
		return true;
	return pp_label_get(*label, name) != NULL;
}

void pp_touch_add(struct pp_touched *all, const struct pp_touched *text,
		  const struct pp_label *label)
{
	bool resets_nothing = label && label->len == 0 && pp_nameset_is_empty(&all->names) &&
			      !(text->bits & (PP_PIN_SETTINGS | PP_PIN_DYNAMIC));
	if (!all->cause[0])
		memcpy(all->cause, text->cause, sizeof all->cause);
	all->bits |= text->bits;
	all->names.all |= text->names.all && !resets_nothing;
	all->names.lost |= text->names.lost;
	for (const char *it = NULL; (it = pp_nameset_next(&text->names, it));)
		if (may_change(text, it, label) || pp_nameset_has(&all->names, it))
			pp_nameset_add(&all->names, *it == LOCAL ? it + 1 : it);
}
