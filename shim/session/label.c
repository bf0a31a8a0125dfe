#include "session/label.h"

#include <string.h>

#include "session/label_walk.h"

const char *pp_label_get(struct pp_label label, const char *name)
{
	PP_LABEL_FOREACH (label, it)
		if (strcmp(it.name, name) == 0)
			return it.value;
	return NULL;
}

bool pp_label_is_custom(const char *name)
{
	return strchr(name, '.') != NULL;
}

bool pp_label_ends_with_transaction(const char *name)
{
	return strcmp(name, "transaction_isolation") == 0 ||
	       strcmp(name, "transaction_read_only") == 0 ||
	       strcmp(name, "transaction_deferrable") == 0;
}

bool pp_label_is_value_of(const char *value, const char *raw)
{
	for (; *raw; raw++) {
		unsigned char c = (unsigned char)*raw;
		char octal[] = {'\\', (char)('0' + (c >> 6)), (char)('0' + (c >> 3 & 7)),
				(char)('0' + (c & 7)), '\0'};
		const char doubled[] = "\\\\", plain[] = {*raw, '\0'};
		const char *said = c >= 0x80 ? octal : c == '\\' ? doubled : plain;
		if (strncmp(value, said, strlen(said)) != 0)
			return false;
		value += strlen(said);
	}
	return *value == '\0';
}

static int append(char bytes[PP_LABEL_MAX], size_t *len, const char *name, const char *value)
{
	size_t name_len = strlen(name) + 1, value_len = strlen(value) + 1;
	if (name_len + value_len > PP_LABEL_MAX - *len)
		return PP_ERR_FULL;
	memcpy(bytes + *len, name, name_len);
	memcpy(bytes + *len + name_len, value, value_len);
	*len += name_len + value_len;
	return 0;
}

int pp_label_with(struct pp_label label, const char *name, const char *value,
		  char bytes[PP_LABEL_MAX], size_t *ret_len)
{
	size_t len = 0;
	bool placed = value == NULL;
	int r = 0;
	PP_LABEL_FOREACH (label, it) {
		int order = strcmp(it.name, name);
		if (!placed && order >= 0) {
			r |= append(bytes, &len, name, value);
			placed = true;
		}
		if (order != 0)
			r |= append(bytes, &len, it.name, it.value);
	}
	if (!placed)
		r |= append(bytes, &len, name, value);
	*ret_len = len;
	return r ? PP_ERR_FULL : 0;
}

size_t pp_label_reset(struct pp_label label, char bytes[PP_LABEL_MAX])
{
	size_t len = 0;
	PP_LABEL_FOREACH (label, it)
		if (pp_label_is_custom(it.name))
			(void)!append(bytes, &len, it.name, ""); /* no longer than it was */
	return len;
}

bool pp_label_covers(struct pp_label wide, struct pp_label narrow)
{
	PP_LABEL_FOREACH (narrow, it)
		if (pp_label_is_custom(it.name) && !pp_label_get(wide, it.name))
			return false;
	return true;
}

/* Names in `a` that `b` has not, or has with another value. */
static uint32_t missing(struct pp_label a, struct pp_label b, bool count_other_values)
{
	uint32_t n = 0;
	PP_LABEL_FOREACH (a, it) {
		const char *value = pp_label_get(b, it.name);
		n += !value || (count_other_values && strcmp(value, it.value) != 0);
	}
	return n;
}

uint32_t pp_label_distance(struct pp_label a, struct pp_label b)
{
	return missing(a, b, true) + missing(b, a, false);
}
