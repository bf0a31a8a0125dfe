/* tests/fuzz/fuzz_config.c - an ini file is taken whole or not at all, and what was taken can be
 * printed and read again. */
#include "config/parse.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
	if (!truth)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pp_config config, before, again;
	struct pp_errctx err = {{0}};
	char text[8192], text2[8192];
	pp_config_defaults(&config);
	before = config;
	if (pp_parse_ini((const char *)data, size, "file", &config, &err) < 0) {
		require(err.text[0] != '\0' && strlen(err.text) < sizeof err.text);
		require(memcmp(&config, &before, sizeof config) == 0);
		return 0;
	}
	require(pp_config_print(&config, text, sizeof text) < sizeof text);
	pp_config_defaults(&again);
	strcpy(text2, text);
	for (char *next, *line = text2; *line; line = next) {
		next = strchr(line, '\n');
		*next++ = '\0';
		char *value = strchr(line, '=');
		*value++ = '\0';
		require(pp_config_set(&again, line, value, &err) == 0);
	}
	pp_config_print(&again, text2, sizeof text2);
	require(strcmp(text, text2) == 0);
	return 0;
}
