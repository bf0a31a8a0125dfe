/* Target lists: any text parses or names its bad item; what parsed can be matched. */
#include "ipc/target.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void match(const struct pp_targets *targets)
{
	for (unsigned i = 0; i < targets->count; i++) {
		const struct pp_target *t = &targets->item[i];
		if (!t->addr.port_be)
			abort();
		if (t->kind == PP_TARGET_CIDR && t->addr.ip[0] != 127 &&
		    pp_targets_match(targets, &t->addr) != PP_TARGET_YES)
			abort(); /* an address is in its own network */
		if (t->kind == PP_TARGET_NAME && !memchr(t->name, 0, sizeof t->name))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pp_targets targets;
	const char *bad = NULL;
	char *text = malloc(size + 1);
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	int r = pp_targets_parse(text, &targets, &bad);
	if (r == 0)
		match(&targets);
	else if (bad < text || bad > text + strlen(text))
		abort();
	free(text);
	return 0;
}
