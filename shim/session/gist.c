#include "session/gist.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define WORDS_SHOWN 5

struct gist {
	const uint8_t *at, *end;
	char *to;
	size_t len;
	unsigned words;
	bool cut; /* there was more */
};

/* From INSIDE on: part of a word. */
enum { OTHER, BLANK, DASH, SLASH, INSIDE, LETTER };

static const uint8_t classes[256] = {
	['a' ... 'z'] = LETTER, ['A' ... 'Z'] = LETTER, ['_'] = LETTER, ['0' ... '9'] = INSIDE,
	['.'] = INSIDE,		[' '] = BLANK,		['\t'] = BLANK, ['\n'] = BLANK,
	['\r'] = BLANK,		['\f'] = BLANK,		['('] = BLANK,	[')'] = BLANK,
	[','] = BLANK,		['*'] = BLANK,		['-'] = DASH,	['/'] = SLASH,
};

static bool starts(const struct gist *g, const char *two)
{
	return g->end - g->at >= 2 && g->at[0] == two[0] && g->at[1] == two[1];
}

static void skip_line(struct gist *g)
{
	while (g->at < g->end && *g->at != '\n')
		g->at++;
}

static void skip_comment(struct gist *g)
{
	unsigned depth = 0;
	do {
		if (starts(g, "/*"))
			depth++, g->at++;
		else if (starts(g, "*/"))
			depth--, g->at++;
		g->at++;
	} while (g->at < g->end && depth);
}

/* False: something begins that is not shown. */
static bool find_word(struct gist *g)
{
	while (g->at < g->end && classes[*g->at] != LETTER) {
		uint8_t class = classes[*g->at];
		if (class == BLANK)
			g->at++;
		else if (class == DASH && starts(g, "--"))
			skip_line(g);
		else if (class == SLASH && starts(g, "/*"))
			skip_comment(g);
		else
			return false;
	}
	return g->at < g->end;
}

/* False: it was the last. */
static bool add_word(struct gist *g)
{
	const uint8_t *word = g->at, *p = word;
	while (p < g->end && classes[*p] >= INSIDE)
		p++;
	if (p == g->end && g->cut)
		return false;
	g->at = p;
	size_t len = (size_t)(g->at - word);
	if (g->at < g->end && (*g->at == '\'' || *g->at == '&'))
		return false; /* E'...', U&'...' */
	if (len == 2 && strncasecmp((const char *)word, "to", 2) == 0)
		return false;
	if (g->len)
		g->to[g->len++] = ' ';
	memcpy(g->to + g->len, word, len);
	g->len += len;
	return ++g->words < WORDS_SHOWN;
}

void pp_gist_keep(struct pp_gist *gist, const uint8_t *text, size_t len)
{
	struct gist g = {.at = text, .end = text + len};
	(void)find_word(&g);
	len = (size_t)(g.end - g.at);
	gist->len = (uint8_t)(len < sizeof gist->text ? len : sizeof gist->text);
	memcpy(gist->text, g.at, gist->len);
}

const char *pp_gist_show(const struct pp_gist *gist, char ret_gist[PP_GIST_MAX])
{
	struct gist g = {.at = gist->text,
			 .end = gist->text + gist->len,
			 .to = ret_gist,
			 .cut = gist->len == sizeof gist->text};
	while (find_word(&g) && add_word(&g))
		;
	ret_gist[g.len] = '\0';
	return ret_gist;
}
