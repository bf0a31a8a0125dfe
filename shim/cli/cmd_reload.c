#include "cli/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/ask.h"
#include "cli/say.h"

static int judge(const char *words)
{
	if (strcmp(words, "ok") == 0)
		return PP_SAY_OK;
	if (strncmp(words, "ok, but ", 8) == 0) {
		pp_say_warning(words + 8);
		return PP_SAY_OK;
	}
	if (*words == '\0' || strncmp(words, "POOL", 4) == 0)
		return pp_say_failed("the broker is of a version that knows no reload");
	return pp_say_failed("the settings stay as they were: %s", words);
}

int pp_cmd_reload(int argc, char **argv)
{
	struct pp_errctx err;
	const char *dir;
	char *words;
	for (int i = 1; i < argc; i++) {
		int status = PP_SAY_OK;
		if (pp_args_value(argv, &i, "--dir", &dir))
			status = pp_args_set_dir(dir);
		else
			status = pp_say_usage("reload: '%s' is not an option", argv[i]);
		if (status != PP_SAY_OK)
			return status;
	}
	if (pp_ask_reload(&words, &err) < 0)
		return pp_say_failed("%s", err.text);
	int status = judge(words);
	free(words);
	return status;
}
