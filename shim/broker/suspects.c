#include "broker/suspects.h"

#include <stdlib.h>
#include <string.h>

#include "session/lexer.h"

#define NAME_LEN_MAX 63 /* NAMEDATALEN - 1 */
/* Longer chains of views on views are cut by nobody, so by us: the last links are then missed. */
#define ROUNDS_MAX 100
/* What a name may bring with it. SETTINGS without names would mean all of them: DYNAMIC says that already. PID: too many
 * write down who did something, and few are asked for it. */
#define BITS                                                                                       \
	((PP_PINS_ALL & ~(PP_PIN_SETTINGS | PP_PIN_PID)) | PP_TOUCH_END | PP_TOUCH_STATEMENTS |    \
	 PP_TOUCH_PREPARES | PP_TOUCH_CODE | PP_TOUCH_DEFAULTS | PP_TOUCH_NOTIFIES)

struct row {
	uint32_t name, bits; /* name: its hash */
	uint64_t filter;
	uint32_t words_at, words;
};

/* Open addressing; hash 0 is an empty place. */
struct place {
	uint32_t hash, bits;
};

struct pp_suspects {
	struct row *rows;
	uint32_t *words; /* hashes */
	size_t rows_count, rows_size, words_count, words_size;
	struct place *places;
	size_t size, count; /* size: a power of two */
	struct pp_nameset settings;
	uint32_t recent[256]; /* words of this body seen last, by their low bits */
	bool full;
};

/* FNV-1a of the name in lower case (ASCII), as bodies give it. */
static uint32_t hash_of(const char *name, size_t len)
{
	uint32_t hash = 2166136261u;
	if (len > NAME_LEN_MAX)
		len = NAME_LEN_MAX;
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)name[i];
		hash = (hash ^ (c >= 'A' && c <= 'Z' ? c | 0x20u : c)) * 16777619u;
	}
	return hash ? hash : 1;
}

struct pp_suspects *pp_suspects_new(void)
{
	struct pp_suspects *found = calloc(1, sizeof *found);
	if (found)
		pp_nameset_init(&found->settings);
	return found;
}

static void free_rows(struct pp_suspects *found)
{
	free(found->rows);
	free(found->words);
	found->rows = NULL;
	found->words = NULL;
	found->rows_count = found->rows_size = found->words_count = found->words_size = 0;
}

void pp_suspects_free(struct pp_suspects *found)
{
	if (!found)
		return;
	free_rows(found);
	free(found->places);
	free(found);
}

/* Room for one more of `count`; PP_ERR_FULL, PP_ERR_NOMEM. */
static int grow(void *array_, size_t element, size_t count, size_t *size, size_t max)
{
	void **array = array_;
	if (count >= max)
		return PP_ERR_FULL;
	if (count < *size)
		return 0;
	size_t more = *size ? 2 * *size : 64;
	void *grown = realloc(*array, more * element);
	if (!grown)
		return PP_ERR_NOMEM;
	*array = grown;
	*size = more;
	return 0;
}

/* pp_watch.look_up while a body is read: nothing is known yet, but every word is seen. */
static uint32_t note_word(void *arg, const char *name, size_t len)
{
	struct pp_suspects *found = arg;
	uint32_t hash = hash_of(name, len), *recent = &found->recent[hash & 255];
	if (*recent == hash || len == 0)
		return 0;
	*recent = hash;
	found->full |= grow(&found->words, sizeof *found->words, found->words_count,
			    &found->words_size, PP_SUSPECTS_WORDS_MAX) < 0;
	if (!found->full)
		found->words[found->words_count++] = hash;
	return 0;
}

static uint32_t judge(struct pp_suspects *found, const uint8_t *text, size_t len)
{
	struct pp_lexer lexer;
	const struct pp_watch all = {.filter = ~UINT64_C(0), .look_up = note_word, .arg = found};
	memset(found->recent, 0, sizeof found->recent);
	pp_lexer_init(&lexer, true);
	pp_lexer_watch(&lexer, &all);
	pp_lexer_feed_body(&lexer, text, len);
	uint32_t bits = pp_lexer_finish(&lexer);
	if (!(bits & PP_PIN_DYNAMIC)) /* it speaks of settings, and sets none */
		return bits;
	for (const char *it = NULL; (it = pp_lexer_next_name(&lexer, it, NULL));)
		if (pp_lexer_name_is_guess(it))
			pp_nameset_add_guess(&found->settings, it);
		else
			pp_nameset_add(&found->settings, it);
	return bits;
}

static uint32_t bits_of(struct pp_suspects *found, enum pp_suspects_kind kind, const uint8_t *text,
			size_t len)
{
	static const uint32_t calls =
		PP_PIN_SEED | PP_PIN_SEQUENCE | PP_PIN_ADVISORY | PP_TOUCH_NOTIFIES;
	switch (kind) {
	case PP_SUSPECT_BODY: return judge(found, text, len);
	case PP_SUSPECT_EXPRESSION: return judge(found, text, len) & ~PP_TOUCH_CODE;
	case PP_SUSPECT_FOREIGN: return (judge(found, text, len) & calls) | PP_PIN_DYNAMIC;
	case PP_SUSPECT_KEEPING: return PP_PIN_OPAQUE;
	case PP_SUSPECT_UNREADABLE: return PP_PIN_DYNAMIC;
	case PP_SUSPECT_MACHINE: return PP_PIN_LOAD;
	case PP_SUSPECT_LEADS_TO: note_word(found, (const char *)text, len); return 0;
	}
	return PP_PIN_DYNAMIC;
}

static uint64_t filter_of(const char *name, size_t len)
{
	char lower[NAME_LEN_MAX];
	struct pp_watch watch = {0};
	if (len == 0)
		return 0;
	pp_watch_add(&watch, name, len);
	if (len > sizeof lower)
		len = sizeof lower;
	for (size_t i = 0; i < len; i++)
		lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20 : name[i]);
	pp_watch_add(&watch, lower, len);
	return watch.filter;
}

int pp_suspects_add(struct pp_suspects *found, enum pp_suspects_kind kind, const char *name,
		    size_t name_len, const uint8_t *text, size_t text_len)
{
	int r = grow(&found->rows, sizeof *found->rows, found->rows_count, &found->rows_size,
		     PP_SUSPECTS_ROWS_MAX);
	if (r < 0)
		return r;
	size_t at = found->words_count;
	if (kind == PP_SUSPECT_LEADS_TO)
		memset(found->recent, 0, sizeof found->recent);
	uint32_t bits = bits_of(found, kind, text, text_len) & BITS;
	found->rows[found->rows_count++] = (struct row){
		.name = hash_of(name, name_len),
		.bits = bits,
		.filter = filter_of(name, name_len),
		.words_at = (uint32_t)at,
		.words = (uint32_t)(found->words_count - at),
	};
	return found->full ? PP_ERR_FULL : 0;
}

static struct place *place_of(const struct pp_suspects *found, uint32_t hash)
{
	size_t at = hash & (found->size - 1);
	while (found->places[at].hash && found->places[at].hash != hash)
		at = (at + 1) & (found->size - 1);
	return &found->places[at];
}

static int make_places(struct pp_suspects *found, size_t count)
{
	found->size = 16;
	while (found->size < 2 * count)
		found->size *= 2;
	found->places = calloc(found->size, sizeof *found->places);
	return found->places ? 0 : PP_ERR_NOMEM;
}

/* What a row's words do, its name does. */
static bool spread(struct pp_suspects *found)
{
	bool changed = false;
	for (size_t i = 0; i < found->rows_count; i++) {
		struct row *row = &found->rows[i];
		struct place *own = place_of(found, row->name);
		uint32_t bits = own->bits | row->bits;
		for (uint32_t w = 0; w < row->words; w++)
			bits |= place_of(found, found->words[row->words_at + w])->bits;
		changed |= bits != own->bits;
		own->bits = bits;
	}
	return changed;
}

/* Only what is suspected is kept. */
static int keep(struct pp_suspects *found, struct pp_watch *watch)
{
	struct place *all = found->places;
	size_t size = found->size;
	for (size_t i = 0; i < found->rows_count; i++)
		if (place_of(found, found->rows[i].name)->bits)
			watch->filter |= found->rows[i].filter;
	watch->always |= place_of(found, hash_of("", 0))->bits;
	for (size_t i = 0; i < size; i++)
		found->count += all[i].bits != 0;
	if (make_places(found, found->count) < 0) {
		found->places = all;
		found->size = size;
		return PP_ERR_NOMEM;
	}
	for (size_t i = 0; i < size; i++)
		if (all[i].bits)
			*place_of(found, all[i].hash) = all[i];
	free(all);
	return 0;
}

static uint32_t look_up(void *arg, const char *name, size_t len)
{
	return place_of(arg, hash_of(name, len))->bits;
}

int pp_suspects_finish(struct pp_suspects *found, struct pp_watch *ret_watch)
{
	if (make_places(found, found->rows_count) < 0)
		return PP_ERR_NOMEM;
	for (size_t i = 0; i < found->rows_count; i++)
		place_of(found, found->rows[i].name)->hash = found->rows[i].name;
	for (int round = 0; spread(found) && round < ROUNDS_MAX; round++)
		;
	*ret_watch = (struct pp_watch){.look_up = look_up, .arg = found};
	int r = keep(found, ret_watch);
	free_rows(found);
	return r;
}

size_t pp_suspects_count(const struct pp_suspects *found)
{
	return found->count;
}

const struct pp_nameset *pp_suspects_settings(const struct pp_suspects *found)
{
	return &found->settings;
}
