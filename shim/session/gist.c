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
};

static bool is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_inside_word(uint8_t c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '.';
}

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
	while (g->at < g->end && !is_letter(*g->at)) {
		if (starts(g, "--"))
			skip_line(g);
		else if (starts(g, "/*"))
			skip_comment(g);
		else if (*g->at && strchr(" \t\n\r\f(),*", *g->at))
			g->at++;
		else
			return false;
	}
	return g->at < g->end;
}

/* False: it was the last. */
static bool add_word(struct gist *g)
{
	const uint8_t *word = g->at;
	while (g->at < g->end && is_inside_word(*g->at))
		g->at++;
	size_t len = (size_t)(g->at - word);
	if (g->at < g->end && (*g->at == '\'' || *g->at == '&'))
		return false; /* E'...', U&'...' */
	if (len == 2 && strncasecmp((const char *)word, "to", 2) == 0)
		return false;
	if (g->len + 1 + len >= PP_GIST_MAX)
		return false;
	if (g->len)
		g->to[g->len++] = ' ';
	memcpy(g->to + g->len, word, len);
	g->len += len;
	return ++g->words < WORDS_SHOWN;
}

void pp_gist_take(const uint8_t *text, size_t len, char ret_gist[PP_GIST_MAX])
{
	struct gist g = {.at = text, .end = text + len, .to = ret_gist};
	while (find_word(&g) && add_word(&g))
		;
	ret_gist[g.len] = '\0';
}
