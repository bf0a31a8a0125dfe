#include "wire/startup.h"

#include <string.h>

#include "wire/reader.h"

#define LENGTH_WORD 4
#define TOTAL_MIN   (LENGTH_WORD + 4) /* the version or request code */
#define TOTAL_MAX   (LENGTH_WORD + PP_STARTUP_LENGTH_MAX)

/* "The value is chosen to contain 1234 in the most significant 16 bits, and 5678 in the least
 * significant 16 bits. (To avoid confusion, this code must not be the same as any protocol version
 * number.)" (55.7) */
#define CODE_CANCEL (UINT32_C(1234) << 16 | 5678)
#define CODE_SSL    (UINT32_C(1234) << 16 | 5679)
#define CODE_GSSENC (UINT32_C(1234) << 16 | 5680)

#define CANCEL_HEAD    12 /* length, code, process id */
#define CANCEL_KEY_MIN 4
#define CANCEL_KEY_MAX 256

/* First byte of a TLS record that carries a handshake; as a length word it would be 369 MB. */
#define TLS_HANDSHAKE 0x16

/* The length word as far as it has come, the missing bytes taken as 0: already too large or not? */
static enum pp_startup_kind check_length(const uint8_t *bytes, size_t len, size_t *ret_total)
{
	uint32_t least = 0;
	for (size_t i = 0; i < LENGTH_WORD; i++)
		least = least << 8 | (i < len ? bytes[i] : 0);
	if (least > TOTAL_MAX || (len >= LENGTH_WORD && least < TOTAL_MIN))
		return PP_STARTUP_BROKEN;
	*ret_total = least;
	return PP_STARTUP_MORE;
}

/* What a packet with this code and this length can still become. */
static enum pp_startup_kind kind_of(uint32_t code, size_t total)
{
	switch (code) {
	case CODE_CANCEL:
		if (total < CANCEL_HEAD + CANCEL_KEY_MIN || total > CANCEL_HEAD + CANCEL_KEY_MAX)
			return PP_STARTUP_BROKEN;
		return PP_STARTUP_CANCEL;
	case CODE_SSL: return total == TOTAL_MIN ? PP_STARTUP_SSL : PP_STARTUP_BROKEN;
	case CODE_GSSENC: return total == TOTAL_MIN ? PP_STARTUP_GSSENC : PP_STARTUP_BROKEN;
	default: return code >> 16 == 3 ? PP_STARTUP_SESSION : PP_STARTUP_VERSION;
	}
}

/* "A zero byte is required as a terminator after the last name/value pair" (55.7), and the server
 * insists that it is the last byte. */
static bool params_are_sound(const uint8_t *params, size_t len)
{
	struct pp_reader r;
	pp_reader_init(&r, params, len);
	for (;;) {
		const char *name = pp_reader_str(&r);
		if (!name)
			return false;
		if (!*name)
			return pp_reader_left(&r) == 0;
		if (!pp_reader_str(&r))
			return false;
	}
}

static bool read_session(uint32_t code, const uint8_t *bytes, struct pp_startup *s)
{
	if (!params_are_sound(bytes + TOTAL_MIN, s->total - TOTAL_MIN))
		return false;
	s->minor = (uint16_t)code;
	s->params = bytes + TOTAL_MIN;
	s->params_len = s->total - TOTAL_MIN - 1;
	return true;
}

static void read_cancel(struct pp_reader *r, struct pp_startup *s)
{
	s->cancel_pid = pp_reader_u32(r);
	s->cancel_key_len = s->total - CANCEL_HEAD;
	s->cancel_key = pp_reader_bytes(r, s->cancel_key_len);
}

static enum pp_startup_kind parse(const uint8_t *bytes, size_t len, struct pp_startup *s)
{
	if (len > 0 && bytes[0] == TLS_HANDSHAKE)
		return PP_STARTUP_TLS;
	size_t total = 0;
	if (check_length(bytes, len, &total) == PP_STARTUP_BROKEN)
		return PP_STARTUP_BROKEN;
	if (len < TOTAL_MIN)
		return PP_STARTUP_MORE;
	struct pp_reader r;
	pp_reader_init(&r, bytes + LENGTH_WORD, len - LENGTH_WORD);
	uint32_t code = pp_reader_u32(&r);
	enum pp_startup_kind kind = kind_of(code, total);
	if (kind == PP_STARTUP_BROKEN)
		return kind;
	if (len < total)
		return PP_STARTUP_MORE;
	s->total = total;
	if (kind == PP_STARTUP_SESSION && !read_session(code, bytes, s))
		return PP_STARTUP_BROKEN;
	if (kind == PP_STARTUP_CANCEL)
		read_cancel(&r, s);
	return kind;
}

enum pp_startup_kind pp_startup_parse(const uint8_t *bytes, size_t len,
				      struct pp_startup *ret_startup)
{
	struct pp_startup s = {0};
	enum pp_startup_kind kind = parse(bytes, len, &s);
	if (kind == PP_STARTUP_BROKEN)
		s = (struct pp_startup){0};
	s.kind = kind;
	*ret_startup = s;
	return kind;
}

bool pp_startup_next(const struct pp_startup *s, size_t *at, const char **ret_name,
		     const char **ret_value)
{
	if (*at >= s->params_len)
		return false;
	const char *name = (const char *)s->params + *at;
	const char *value = name + strlen(name) + 1;
	*at += (size_t)(value - name) + strlen(value) + 1;
	*ret_name = name;
	*ret_value = value;
	return true;
}

const char *pp_startup_find(const struct pp_startup *s, const char *name)
{
	const char *found = NULL, *n, *v;
	for (size_t at = 0; pp_startup_next(s, &at, &n, &v);)
		if (strcmp(n, name) == 0)
			found = v;
	return found;
}
