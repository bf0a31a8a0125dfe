/* Any connection string: read within its bounds, and what is written for the broker reads back as pairs. */
#include "host/wish.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool identify(const char *path, char *to, size_t size)
{
	(void)path;
	(void)size;
	strcpy(to, "1.2 ");
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *conninfo = malloc(size + 1), *home[] = {"HOME=/h", NULL}, text[PP_IPC_WISH_MAX];
	struct pp_targets targets;
	struct pp_wish wish;
	memcpy(conninfo, data, size);
	conninfo[size] = '\0';
	if (pp_targets_parse("*:5432", &targets, NULL) < 0)
		abort();
	pp_wish_init(&wish);
	pp_wish_add_conninfo(&wish, conninfo);
	pp_wish_add_environment(&wish, home);
	if (pp_wish_judge(&wish, &targets) == PP_WISH_POOLED) {
		size_t len = pp_wish_write(&wish, text, sizeof text, identify), nuls = 0;
		for (size_t i = 0; i < len; i++)
			nuls += text[i] == '\0';
		if (len && (nuls % 2 || text[len - 1]))
			abort();
	}
	free(conninfo);
	return 0;
}
