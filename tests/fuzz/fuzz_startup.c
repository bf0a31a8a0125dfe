/* Any bytes as a first packet: the answer must hold together, and every prefix must agree. */
#include "wire/startup.h"

#include <string.h>

#include "../support/pp_fuzz.h"

static bool is_inside(const void *p, size_t len, const uint8_t *data, size_t size)
{
	const uint8_t *at = p;
	return at >= data && len <= size && at + len <= data + size;
}

static void check_session(const struct pp_startup *s, const uint8_t *data)
{
	size_t at = 0, end = 0;
	const char *name, *value;
	pp_fuzz_check(is_inside(s->params, s->params_len + 1, data, s->total));
	while (pp_startup_next(s, &at, &name, &value)) {
		pp_fuzz_check(is_inside(name, strlen(name) + 1, s->params, s->params_len));
		pp_fuzz_check(is_inside(value, strlen(value) + 1, s->params, s->params_len));
		pp_fuzz_check(*name && at > end);
		pp_fuzz_check(pp_startup_find(s, name) != NULL);
		end = at;
	}
	pp_fuzz_check(end == s->params_len);
}

static void check_whole(const struct pp_startup *s, const uint8_t *data, size_t size)
{
	if (s->kind <= PP_STARTUP_TLS)
		return;
	pp_fuzz_check(s->total >= 8 && s->total <= size);
	pp_fuzz_check(s->total <= PP_STARTUP_LENGTH_MAX + 4);
	if (s->kind == PP_STARTUP_SESSION)
		check_session(s, data);
	if (s->kind == PP_STARTUP_CANCEL)
		pp_fuzz_check(is_inside(s->cancel_key, s->cancel_key_len, data, s->total) &&
			      s->cancel_key_len >= 4 && s->cancel_key_len <= 256);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pp_startup whole, part;
	pp_fuzz_check(pp_startup_parse(data, size, &whole) == whole.kind);
	check_whole(&whole, data, size);
	for (size_t len = 0; len < size; len++) {
		enum pp_startup_kind kind = pp_startup_parse(data, len, &part);
		pp_fuzz_check(kind == part.kind);
		pp_fuzz_check(kind == PP_STARTUP_MORE || kind == whole.kind);
		if (kind > PP_STARTUP_TLS) /* the rest is what follows the packet */
			pp_fuzz_check(part.total == whole.total && len >= whole.total);
	}
	return 0;
}
