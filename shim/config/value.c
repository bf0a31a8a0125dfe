#include "config/value.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/num.h"

/* Enum values are the positions in these lists; config.h and base/log.h have the same order. */
static const char *const mode_words[] = {"transaction", "session", NULL};
static const char *const lend_words[] = {"last", "rotate", NULL};
static const char *const fail_words[] = {"open", "closed", NULL};
static const char *const client_tls_words[] = {"tunnel", "refuse", "terminate", NULL};
static const char *const log_words[] = {"error", "warning", "info", "debug", NULL};
static const char *const sslmode_words[] = {"disable",	 "allow",	"prefer", "require",
					    "verify-ca", "verify-full", NULL};

static const char *const *words_of(enum pp_value_type type)
{
	switch (type) {
	case PP_VALUE_MODE: return mode_words;
	case PP_VALUE_LEND: return lend_words;
	case PP_VALUE_FAIL: return fail_words;
	case PP_VALUE_CLIENT_TLS: return client_tls_words;
	case PP_VALUE_LOG: return log_words;
	case PP_VALUE_SSLMODE: return sslmode_words;
	default: return NULL;
	}
}

static int refuse(struct pp_errctx *err, int code, const char *name, const char *text,
		  const char *allowed)
{
	return pp_err_set(err, code, "%s: '%.40s%s' is not %s", name, text,
			  strlen(text) > 40 ? "..." : "", allowed);
}

static int parse_word(const char *const *words, const char *name, const char *text, int *ret_index,
		      struct pp_errctx *err)
{
	char allowed[100] = "one of ";
	for (int i = 0; words[i]; i++) {
		if (strcmp(text, words[i]) == 0) {
			*ret_index = i;
			return 0;
		}
		size_t len = strlen(allowed);
		snprintf(allowed + len, sizeof allowed - len, "%s%s", i ? ", " : "", words[i]);
	}
	return refuse(err, PP_ERR_INVALID, name, text, allowed);
}

static int parse_text(const char *name, const char *text, char *field, size_t size,
		      struct pp_errctx *err)
{
	size_t len = strlen(text);
	if (len >= size)
		return pp_err_set(err, PP_ERR_RANGE, "%s: longer than %zu characters", name,
				  size - 1);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
			return pp_err_set(err, PP_ERR_INVALID,
					  "%s: a control character is not allowed", name);
	memcpy(field, text, len + 1);
	return 0;
}

/* The shim, which cannot complain, reads the same words (host/conf.c). */
static int parse_bool(const char *name, const char *text, bool *ret_value, struct pp_errctx *err)
{
	static const char *const yes[] = {"on", "1", "true", "yes"};
	static const char *const no[] = {"off", "0", "false", "no"};
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
			*ret_value = strcmp(text, yes[i]) == 0;
			return 0;
		}
	return refuse(err, PP_ERR_INVALID, name, text, "on or off");
}

static int parse_number(enum pp_value_type type, const char *name, const char *text, void *field,
			struct pp_errctx *err)
{
	uint64_t number = 0;
	pp_ms ms = 0;
	uint32_t small;
	int r = PP_ERR_BUG;
	const char *allowed = "";
	switch (type) {
	case PP_VALUE_U32:
		r = pp_num_parse_u64(text, PP_VALUE_U32_MAX, &number);
		allowed = "a number from 0 to 10000";
		break;
	case PP_VALUE_DURATION:
		r = pp_num_parse_duration(text, &ms);
		allowed = "a duration up to 365d, such as 250ms, 30s, 5m, 1h (a bare number is "
			  "seconds)";
		break;
	default:
		r = *text ? pp_num_parse_bytes(text, &number) : 0;
		allowed = "a size, such as 512Mi, 1Gi or plain bytes";
		break;
	}
	if (r < 0)
		return refuse(err, r, name, text, allowed);
	small = (uint32_t)number;
	if (type == PP_VALUE_U32)
		memcpy(field, &small, sizeof small);
	else if (type == PP_VALUE_DURATION)
		memcpy(field, &ms, sizeof ms);
	else
		memcpy(field, &number, sizeof number);
	return 0;
}

int pp_value_parse(enum pp_value_type type, const char *name, const char *text, void *field,
		   size_t size, struct pp_errctx *err)
{
	const char *const *words = words_of(type);
	int index = 0;
	if (type == PP_VALUE_TEXT)
		return parse_text(name, text, field, size, err);
	if (type == PP_VALUE_BOOL)
		return parse_bool(name, text, field, err);
	if (!words)
		return parse_number(type, name, text, field, err);
	int r = parse_word(words, name, text, &index, err);
	if (r < 0)
		return r;
	if (type == PP_VALUE_SSLMODE)
		snprintf(field, size, "%s", words[index]);
	else
		memcpy(field, &index, sizeof index);
	return 0;
}

static size_t print_duration(pp_ms ms, char *text, size_t size)
{
	static const struct {
		pp_ms factor;
		const char *unit;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
	size_t i = 0;
	while (ms % units[i].factor != 0 || (ms == 0 && units[i].factor != 1000))
		i++;
	return (size_t)snprintf(text, size, "%" PRId64 "%s", ms / units[i].factor, units[i].unit);
}

size_t pp_value_print(enum pp_value_type type, const void *field, char *text, size_t size)
{
	uint64_t number;
	uint32_t small;
	pp_ms ms;
	int index;
	switch (type) {
	case PP_VALUE_U32:
		memcpy(&small, field, sizeof small);
		return (size_t)snprintf(text, size, "%" PRIu32, small);
	case PP_VALUE_DURATION:
		memcpy(&ms, field, sizeof ms);
		return print_duration(ms, text, size);
	case PP_VALUE_BYTES:
		memcpy(&number, field, sizeof number);
		return (size_t)(number ? snprintf(text, size, "%" PRIu64, number)
				       : snprintf(text, size, "%s", ""));
	case PP_VALUE_TEXT:
	case PP_VALUE_SSLMODE: return (size_t)snprintf(text, size, "%s", (const char *)field);
	case PP_VALUE_BOOL:
		return (size_t)snprintf(text, size, "%s", *(const bool *)field ? "on" : "off");
	default: memcpy(&index, field, sizeof index); break;
	}
	return (size_t)snprintf(text, size, "%s", words_of(type)[index]);
}
