#include "base/num.h"

#include <stddef.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static int parse_digits(const char *text, uint64_t max, uint64_t *ret_value, const char **ret_rest)
{
	uint64_t value = 0;
	const char *p = text;
	if (*p < '0' || *p > '9')
		return PP_ERR_INVALID;
	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');
		if (value > (max - digit) / 10 || digit > max)
			return PP_ERR_RANGE;
		value = value * 10 + digit;
	}
	*ret_value = value;
	*ret_rest = p;
	return 0;
}

int pp_num_parse_u64(const char *text, uint64_t max, uint64_t *ret_value)
{
	const char *rest;
	uint64_t value;
	int r = parse_digits(text, max, &value, &rest);
	if (r < 0)
		return r;
	if (*rest)
		return PP_ERR_INVALID;
	*ret_value = value;
	return 0;
}

static int parse_with_unit(const char *text, const struct unit *units, uint64_t max,
			   uint64_t *ret_value)
{
	const char *rest;
	uint64_t value;
	int r = parse_digits(text, max, &value, &rest);
	if (r < 0)
		return r;
	for (; units->name; units++) {
		if (strcmp(rest, units->name) != 0)
			continue;
		if (value > max / units->factor)
			return PP_ERR_RANGE;
		*ret_value = value * units->factor;
		return 0;
	}
	return PP_ERR_INVALID;
}

int pp_num_parse_duration(const char *text, pp_ms *ret_ms)
{
	static const struct unit units[] = {
		{"", 1000},	{"ms", 1},	{"s", 1000},	 {"m", 60000},
		{"min", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0},
	};
	uint64_t value;
	int r = parse_with_unit(text, units, UINT64_C(365) * 86400000, &value);
	if (r == 0)
		*ret_ms = (pp_ms)value;
	return r;
}

int pp_num_parse_bytes(const char *text, uint64_t *ret_bytes)
{
	static const struct unit units[] = {
		{"", 1},
		{"k", 1000},
		{"M", 1000000},
		{"G", 1000000000},
		{"Ki", UINT64_C(1) << 10},
		{"Mi", UINT64_C(1) << 20},
		{"Gi", UINT64_C(1) << 30},
		{"Ti", UINT64_C(1) << 40},
		{NULL, 0},
	};
	return parse_with_unit(text, units, INT64_MAX, ret_bytes);
}
