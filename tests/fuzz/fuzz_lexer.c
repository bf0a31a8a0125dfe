/* tests/fuzz/fuzz_lexer.c - the lexer gives one answer, however the text is cut. First byte: bit 0
 * standard_conforming_strings, the rest where to cut. */
#include "session/lexer.h"

#include <stdlib.h>
#include <string.h>

#include "session/plain.h"
#include "session/watch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
	if (!truth)
		abort();
}

/* Names that begin with a letter of the second half of the alphabet. */
static uint32_t look_up(void *arg, const char *name, size_t len)
{
	(void)arg;
	require(len < PP_LEXER_WORD_MAX);
	return len > 0 && name[0] > 'm' ? PP_PIN_ADVISORY | PP_TOUCH_END : 0;
}

static void check_names(const struct pp_lexer *lx, uint32_t found)
{
	bool local = true, custom = pp_lexer_names_all(lx) && found & PP_PIN_OPAQUE;
	for (const char *n = NULL; (n = pp_lexer_next_name(lx, n, &local));) {
		require(*n && strlen(n) < PP_LEXER_NAMES_MAX);
		require(!local || strchr(n, '.'));
		require(!local || found & PP_TOUCH_LOCAL);
		custom |= !local && strchr(n, '.');
	}
	require(!pp_lexer_names_custom(lx) || (custom && found & PP_PIN_SETTINGS));
}

static void check_answer(struct pp_lexer *lx, uint32_t found)
{
	uint32_t pins = found & PP_PINS_ALL;
	const char *cause = pp_lexer_cause(lx), *name = pp_lexer_shape_name(lx);
	char text[32];
	require((pins == 0) == (*cause == '\0'));
	require(strlen(cause) < PP_LEXER_CAUSE_MAX);
	require(!(found & PP_TOUCH_DDL) || found & PP_TOUCH_UNSETTLED);
	require(strlen(name) < PP_LEXER_NAME_MAX);
	enum pp_shape shape = pp_lexer_shape(lx);
	bool passed_on = shape == PP_SHAPE_PREPARE || shape == PP_SHAPE_EXECUTE;
	require((*name != '\0') == (passed_on || shape == PP_SHAPE_DEALLOCATE));
	require(!shape || passed_on || !(found & PP_TOUCH_STATEMENTS));
	require(!passed_on || found & PP_PIN_PREPARE);
	check_names(lx, found);
	pp_pins_text(pins, text, sizeof text);
}

static void check_same(const struct pp_lexer *a, const struct pp_lexer *b)
{
	const char *m = NULL, *n = NULL;
	bool m_local = false, n_local = false;
	require(strcmp(pp_lexer_cause(a), pp_lexer_cause(b)) == 0);
	require(pp_lexer_shape(a) == pp_lexer_shape(b));
	require(strcmp(pp_lexer_shape_name(a), pp_lexer_shape_name(b)) == 0);
	require(pp_lexer_names_all(a) == pp_lexer_names_all(b));
	do {
		m = pp_lexer_next_name(a, m, &m_local);
		n = pp_lexer_next_name(b, n, &n_local);
		require((!m && !n) || (m && n && strcmp(m, n) == 0 && m_local == n_local));
	} while (m);
}

/* Whoever has read the image of a text has read the text. */
static void check_image(const struct pp_lexer *whole, uint32_t found, const uint8_t *text,
			size_t len, const struct pp_watch *watch)
{
	struct pp_lexer lx;
	struct pp_plain_image image;
	if (!pp_plain_draw(&image, text, len))
		return;
	require(image.len <= len);
	pp_lexer_init(&lx, true);
	pp_lexer_watch(&lx, watch);
	pp_lexer_feed(&lx, image.text, image.len);
	require(pp_lexer_finish(&lx) == found);
	check_same(&lx, whole);
}

/* Whoever knows the image of one text knows another that has the same, and no other. */
static void check_known(const uint8_t *text, size_t len)
{
	static struct pp_plain plain;
	static uint32_t generation;
	struct pp_plain_image one, other;
	size_t half = len / 2;
	if (half == 0 || !pp_plain_draw(&one, text, half))
		return;
	pp_plain_learn(&plain, ++generation, &one);
	require(pp_plain_knows(&plain, generation, text, half));
	bool is_same = pp_plain_draw(&other, text + half, len - half) && one.len == other.len &&
		       memcmp(one.text, other.text, one.len) == 0;
	require(pp_plain_knows(&plain, generation, text + half, len - half) == is_same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pp_watch watch = {.filter = ~UINT64_C(0xFF), .look_up = look_up};
	struct pp_lexer whole, cut;
	if (size == 0)
		return 0;
	bool conforming = data[0] & 1;
	size_t step = data[0] >> 1;
	const uint8_t *text = data + 1;
	size--;

	pp_lexer_init(&whole, conforming);
	pp_lexer_watch(&whole, size % 4 ? NULL : &watch);
	pp_lexer_feed(&whole, text, size);
	uint32_t found = pp_lexer_finish(&whole);
	check_answer(&whole, found);
	if (conforming)
		check_image(&whole, found, text, size, size % 4 ? NULL : &watch);
	check_known(text, size);

	/* Pieces of step+1, or two pieces around one point. */
	pp_lexer_init(&cut, conforming);
	pp_lexer_watch(&cut, size % 4 ? NULL : &watch);
	for (size_t at = 0; at < size;) {
		size_t len = step < 64 ? step + 1 : at == 0 ? step - 63 : size - at;
		if (len > size - at)
			len = size - at;
		pp_lexer_feed(&cut, text + at, len);
		at += len;
	}
	require(pp_lexer_finish(&cut) == found);
	check_same(&cut, &whole);

	/* Another statement behind never takes a pin or a flag away. */
	pp_lexer_init(&cut, conforming);
	pp_lexer_watch(&cut, size % 4 ? NULL : &watch);
	pp_lexer_feed(&cut, text, size);
	pp_lexer_feed(&cut, (const uint8_t *)"\n;LISTEN a", 10);
	require((pp_lexer_finish(&cut) & found) == found);
	return 0;
}
