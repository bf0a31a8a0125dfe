#include "cli/args.h"

#include <stdlib.h>
#include <string.h>

#include "cli/say.h"

bool pp_args_value(char **argv, int *at, const char *name, const char **ret_value)
{
	size_t len = strlen(name);
	if (strncmp(argv[*at], name, len) != 0)
		return false;
	if (argv[*at][len] == '=') {
		*ret_value = argv[*at] + len + 1;
		return true;
	}
	if (argv[*at][len] != '\0')
		return false;
	*ret_value = argv[*at + 1];
	if (*ret_value)
		++*at;
	return true;
}

bool pp_args_is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0' && strcmp(word, "--") != 0;
}

int pp_args_set_dir(const char *dir)
{
	if (!dir || !*dir)
		return pp_say_usage("--dir needs a directory");
	if (setenv("PODPOOL_DIR", dir, 1) < 0)
		return pp_say_failed("out of memory");
	return PP_SAY_OK;
}
