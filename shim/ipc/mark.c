#include "ipc/mark.h"

#include "ipc/fnv.h"

#define MARK	  UINT32_C(0x40000000)
#define BOUND	  UINT32_C(0x08000000)
#define MODE_BITS 24
#define HASH_MASK UINT32_C(0x00ffffff)

uint32_t pp_mark_make(enum pp_ipc_sslmode mode, bool is_bound, const char *text, size_t len)
{
	uint64_t hash = pp_fnv(PP_FNV_START, text, len);
	return MARK | (is_bound ? BOUND : 0) | (uint32_t)mode << MODE_BITS |
	       (uint32_t)((hash >> 32 ^ hash) & HASH_MASK);
}

enum pp_ipc_sslmode pp_mark_sslmode(uint32_t mark)
{
	return (enum pp_ipc_sslmode)(mark >> MODE_BITS & 7);
}

bool pp_mark_is_bound(uint32_t mark)
{
	return mark & BOUND;
}

bool pp_mark_is_demand(uint32_t mark)
{
	return pp_mark_is_bound(mark) || pp_mark_sslmode(mark) > PP_IPC_SSL_PREFER;
}

bool pp_mark_is_mark(uint32_t value)
{
	enum pp_ipc_sslmode mode = pp_mark_sslmode(value);
	return (value & ~(BOUND | UINT32_C(7) << MODE_BITS | HASH_MASK)) == MARK &&
	       mode != PP_IPC_SSL_UNKNOWN && mode <= PP_IPC_SSL_VERIFY_FULL;
}

void pp_mark_write(uint32_t mark, char ret_text[PP_MARK_TEXT_MAX])
{
	ret_text[PP_MARK_TEXT_MAX - 1] = '\0';
	for (int i = PP_MARK_TEXT_MAX - 2; i >= 0; i--, mark /= 10)
		ret_text[i] = (char)('0' + mark % 10);
}

uint32_t pp_mark_read(const char *text)
{
	uint64_t value = 0;
	size_t i = 0;
	for (; i < PP_MARK_TEXT_MAX - 1 && text[i] >= '0' && text[i] <= '9'; i++)
		value = value * 10 + (unsigned)(text[i] - '0');
	if (i != PP_MARK_TEXT_MAX - 1 || text[i] || value > UINT32_MAX)
		return 0;
	return pp_mark_is_mark((uint32_t)value) ? (uint32_t)value : 0;
}

/* The three letters in the middle count the mode in capitals, a tunnel counts seven. Nobody else writes a small f
 * and a capital E, or "fals" with capitals in it. */
void pp_mark_word(enum pp_mark_kind kind, enum pp_ipc_sslmode mode, char ret_word[PP_MARK_WORD_MAX])
{
	static const char small[] = "false";
	unsigned bits = kind == PP_MARK_TUNNEL ? 7 : (unsigned)mode;
	for (int i = 0; i < PP_MARK_WORD_MAX; i++)
		ret_word[i] = small[i];
	for (int i = 0; i < 3; i++)
		if (bits & 1u << i)
			ret_word[i + 1] = (char)(small[i + 1] - 0x20);
	ret_word[4] = kind == PP_MARK_PLAIN ? '\0' : 'E';
}

/* In how far `word` is "fals" with capitals in the middle; false: it is something else. */
static bool read_bits(const char *word, unsigned *ret_bits)
{
	static const char small[] = "fals";
	*ret_bits = 0;
	for (int i = 0; i < 4; i++) {
		if (word[i] == small[i])
			continue;
		if (i == 0 || word[i] != small[i] - 0x20)
			return false;
		*ret_bits |= 1u << (i - 1);
	}
	return true;
}

enum pp_mark_kind pp_mark_read_word(const char *word, enum pp_ipc_sslmode *ret_mode)
{
	unsigned bits;
	if (!read_bits(word, &bits))
		return PP_MARK_NONE;
	bool is_plain = !word[4];
	if (!is_plain && (word[4] != 'E' || word[5]))
		return PP_MARK_NONE;
	if (bits < PP_IPC_SSL_DISABLE || (is_plain && bits > PP_IPC_SSL_PREFER))
		return PP_MARK_NONE;
	bool is_tunnel = bits > PP_IPC_SSL_VERIFY_FULL;
	*ret_mode = is_tunnel ? PP_IPC_SSL_UNKNOWN : (enum pp_ipc_sslmode)bits;
	if (is_tunnel)
		return PP_MARK_TUNNEL;
	return is_plain ? PP_MARK_PLAIN : PP_MARK_WISH;
}

static const char *const names[] = {"",	       "disable",   "allow",	  "prefer",
				    "require", "verify-ca", "verify-full"};

enum pp_ipc_sslmode pp_mark_sslmode_of(const char *name)
{
	for (int mode = PP_IPC_SSL_DISABLE; mode <= PP_IPC_SSL_VERIFY_FULL; mode++) {
		int i = 0;
		while (name[i] && name[i] == names[mode][i])
			i++;
		if (name[i] == names[mode][i])
			return (enum pp_ipc_sslmode)mode;
	}
	return PP_IPC_SSL_UNKNOWN;
}

const char *pp_mark_sslmode_name(enum pp_ipc_sslmode mode)
{
	return names[mode];
}
