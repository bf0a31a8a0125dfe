/* What hides other text (docs 4.1), against a second reader of the same rules: one that has the whole text before it,
 * and follows the server's scanner, not the lexer. */
#include "session/lexer.h"

#include "lexer_facts.h"

static bool is_ident_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static bool is_ident(char c)
{
	return is_ident_start(c) || (c >= '0' && c <= '9') || c == '$';
}

/* 4.1.2.1: "Two string constants that are only separated by whitespace with at least one newline are concatenated";
 * a line comment is whitespace there. The quote that goes on, or NULL. */
static const char *continued(const char *p)
{
	bool newline = false;
	for (;; p++) {
		if (p[0] == '-' && p[1] == '-')
			p += strcspn(p, "\n");
		if (*p == '\n')
			newline = true;
		else if (*p != ' ')
			return *p == '\'' && newline ? p : NULL;
	}
}

/* Behind the opening quote. NULL: it does not end. */
static const char *skip_string(const char *p, bool escapes)
{
	while (*p) {
		if (escapes && p[0] == '\\')
			p += p[1] ? 2 : 1;
		else if (*p != '\'')
			p++;
		else if (p[1] == '\'')
			p += 2;
		else if (continued(p + 1))
			p = continued(p + 1) + 1;
		else
			return p + 1;
	}
	return NULL;
}

static const char *skip_quoted(const char *p)
{
	for (; (p = strchr(p, '"')); p += 2)
		if (p[1] != '"')
			return p + 1;
	return NULL;
}

/* 4.1.5: "these block comments nest". */
static const char *skip_comment(const char *p)
{
	for (int depth = 1; *p; p++) {
		if (p[0] == '/' && p[1] == '*') {
			depth++;
			p++;
		} else if (p[0] == '*' && p[1] == '/') {
			p++;
			if (--depth == 0)
				return p + 1;
		}
	}
	return NULL;
}

/* 4.1.2.4. At the first dollar. Behind the last one, or behind the first if it opens nothing. */
static const char *skip_dollar(const char *p)
{
	size_t tag = 1;
	if (is_ident_start(p[1]))
		while (is_ident(p[tag]) && p[tag] != '$')
			tag++;
	if (p[tag] != '$')
		return p + 1;
	char closing[32];
	snprintf(closing, sizeof closing, "%.*s", (int)tag + 1, p);
	const char *end = strstr(p + tag + 1, closing);
	return end ? end + strlen(closing) : NULL;
}

/* Is everything closed that is opened in this text? */
static bool is_closed(const char *p)
{
	while (p && *p) {
		if (p[0] == '-' && p[1] == '-') {
			p += strcspn(p, "\n");
		} else if (p[0] == '/' && p[1] == '*') {
			p = skip_comment(p + 2);
		} else if (is_ident_start(*p)) {
			const char *begin = p;
			while (is_ident(*p))
				p++;
			if (p - begin == 1 && (*begin == 'E' || *begin == 'e') && *p == '\'')
				p = skip_string(p + 1, true);
		} else if (*p == '\'') {
			p = skip_string(p + 1, false);
		} else if (*p == '"') {
			p = skip_quoted(p + 1);
		} else if (*p == '$') {
			p = skip_dollar(p);
		} else {
			p++;
		}
	}
	return p != NULL;
}

static const char *const pieces[] = {"'",  "E'", "\"", "$$", "$a$", "/*",  "*/",
				     "--", "\n", "\\", "x",  " ",   "U&'", "B'"};
#define PIECES ((int)(sizeof pieces / sizeof *pieces))

/* Behind the text a statement that pins, unless it is hidden: then something is open, and the text OPAQUE. */
static void put_together(char text[64], int n, unsigned which)
{
	strcpy(text, "SELECT ");
	for (; n > 0; n--, which /= PIECES)
		strcat(text, pieces[which % PIECES]);
	strcat(text, "\n;LISTEN a");
}

static void check(const char *text, uint32_t found)
{
	uint32_t expected = is_closed(text) ? PP_PIN_LISTEN : PP_PIN_OPAQUE;
	ck_assert_msg((found & PP_PINS_ALL) == expected, "<%s>: %x, not %x", text,
		      found & PP_PINS_ALL, expected);
}

static unsigned all_of(int n)
{
	unsigned count = 1;
	while (n-- > 0)
		count *= PIECES;
	return count;
}

START_TEST(test_quotes_every_text_of_three_pieces_however_it_is_cut)
{
	char text[64];
	for (int n = 0; n <= 3; n++)
		for (unsigned i = 0; i < all_of(n); i++) {
			put_together(text, n, i);
			check(text, facts_of_text(text).found);
		}
}
END_TEST

START_TEST(test_quotes_every_text_of_five_pieces)
{
	char text[64];
	for (unsigned i = 0; i < all_of(5); i++) {
		struct pp_lexer lx;
		put_together(text, 5, i);
		pp_lexer_init(&lx, true);
		pp_lexer_feed(&lx, (const uint8_t *)text, strlen(text));
		check(text, pp_lexer_finish(&lx));
	}
}
END_TEST

/* Each by hand from the documentation, so that the two readers are not wrong together. */
START_TEST(test_quotes_as_documented)
{
	static const struct {
		const char *text;
		bool closed;
	} table[] = {
		{"'Dianne''s horse'", true},
		{"'foo'\n'bar'", true},
		{"E'it\\'s'", true},
		{"'it\\'s'", false},
		{"E'a' \n '\\''", true},	 /* goes on as E */
		{"E'a' '\\''", false},		 /* no newline: not one constant */
		{"E'a' --x\n '\\''", true},	 /* a comment with its newline */
		{"E'a' /* x */\n '\\''", false}, /* a block comment is none of it */
		{"U&'d\\0061t\\+000061'", true},
		{"U&'\\'", true},
		{"B'1''0'", true},
		{"$$Dianne's horse$$", true},
		{"$SomeTag$Dianne's horse$SomeTag$", true},
		{"$function$ $q$ ' $q$ $function$", true},
		{"$function$ $q$ ' $function$", true},
		{"$SomeTag$ $sometag$", false}, /* tags are case sensitive */
		{"$a$ $$a$", true},
		{"x$a$ '", false},    /* part of the identifier */
		{"$1$ '' $1$", true}, /* no tag: parameters */
		{"\"a\"\"b'\"", true},
		{"\"a", false},
		{"/* a /* b */ ' */", true},
		{"/* a /* b */", false},
		{"/*/ */", true},
		{"-- '", true},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char text[80];
		snprintf(text, sizeof text, "SELECT %s\n;LISTEN a", table[i].text);
		ck_assert_msg(is_closed(text) == table[i].closed, "the reader: %s", text);
		check(text, facts_of_text(text).found);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session/quotes");
	TCase *c = tcase_create("quotes");
	tcase_set_timeout(c, 60);
	tcase_add_test(c, test_quotes_as_documented);
	tcase_add_test(c, test_quotes_every_text_of_three_pieces_however_it_is_cut);
	tcase_add_test(c, test_quotes_every_text_of_five_pieces);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
