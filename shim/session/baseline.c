#include "session/baseline.h"

#include <string.h>

struct setting {
	const char *name, *value; /* name NULL: the end */
	char kind;		  /* enum pp_baseline_kind */
};

static struct setting at(struct pp_baseline baseline, const char *name)
{
	if (baseline.len == 0 || name >= baseline.bytes + baseline.len)
		return (struct setting){0};
	const char *kind = name + strlen(name) + 1;
	return (struct setting){name, kind + 1, *kind};
}

static struct setting next(struct pp_baseline baseline, struct setting previous)
{
	return at(baseline, previous.value + strlen(previous.value) + 1);
}

static struct setting find(struct pp_baseline baseline, const char *name)
{
	struct setting it = at(baseline, baseline.bytes);
	while (it.name && strcmp(it.name, name) != 0)
		it = next(baseline, it);
	return it;
}

const char *pp_baseline_get(struct pp_baseline baseline, const char *name)
{
	struct setting it = find(baseline, name);
	return it.kind == PP_BASELINE_REFUSED ? NULL : it.value;
}

bool pp_baseline_refuses(struct pp_baseline baseline, const char *name)
{
	struct setting it = at(baseline, baseline.bytes);
	while (it.kind == PP_BASELINE_REFUSED && strcmp(it.name, name) != 0)
		it = next(baseline, it);
	return it.kind == PP_BASELINE_REFUSED;
}

int pp_baseline_add(char bytes[PP_BASELINE_MAX], size_t *len, const char *name, const char *value,
		    enum pp_baseline_kind kind)
{
	size_t name_len = strlen(name) + 1, value_len = strlen(value) + 1;
	if (name_len + 1 + value_len > PP_BASELINE_MAX - *len)
		return PP_ERR_FULL;
	memcpy(bytes + *len, name, name_len);
	bytes[*len + name_len] = (char)kind;
	memcpy(bytes + *len + name_len + 1, value, value_len);
	*len += name_len + 1 + value_len;
	return 0;
}

/* What the older session has for it; NULL: the same, or unknown. */
static const char *kept_value(struct setting old, struct setting now)
{
	if (old.kind != PP_BASELINE_ROLE && now.kind != PP_BASELINE_ROLE)
		return NULL;
	if (old.kind == PP_BASELINE_REFUSED || now.kind == PP_BASELINE_REFUSED)
		return NULL; /* its rights have changed */
	if (old.name && now.name && strcmp(old.value, now.value) == 0)
		return NULL;
	if (old.name)
		return old.value;
	return pp_label_is_custom(now.name) ? "" : NULL;
}

static int keep(const char *name, const char *value, char bytes[PP_LABEL_MAX], size_t *len)
{
	char before[PP_LABEL_MAX];
	struct pp_label label = {before, *len};
	if (!value)
		return 0;
	memcpy(before, bytes, *len);
	return pp_label_get(label, name) ? 0 : pp_label_with(label, name, value, bytes, len);
}

int pp_baseline_keep(struct pp_baseline old, struct pp_baseline now, struct pp_label kept,
		     char bytes[PP_LABEL_MAX], size_t *ret_len)
{
	int r = 0;
	memcpy(bytes, kept.len ? kept.bytes : "", kept.len);
	*ret_len = kept.len;
	if (!old.len || !now.len)
		return 0;
	for (struct setting it = at(old, old.bytes); it.name && r == 0; it = next(old, it))
		r = keep(it.name, kept_value(it, find(now, it.name)), bytes, ret_len);
	for (struct setting it = at(now, now.bytes); it.name && r == 0; it = next(now, it))
		r = keep(it.name, kept_value(find(old, it.name), it), bytes, ret_len);
	return r;
}
