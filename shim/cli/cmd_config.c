#include "cli/cmd.h"

#include <stdio.h>

#include "cli/args.h"
#include "cli/say.h"
#include "cli/settings.h"

/* An env file as `docker --env-file`, `kubectl --from-env-file` and systemd's EnvironmentFile read it: what is behind the
 * first = is the value. Quotes, which a shell would want, the first two take for a part of it. */
static void print(const struct pp_config *config)
{
	char variable[PP_CONFIG_VARIABLE_MAX], value[sizeof config->targets];
	for (unsigned i = 0; pp_config_option_name(i); i++) {
		const char *fallback = pp_config_option_default(i);
		pp_config_option_variable(i, variable);
		pp_config_option_value(config, i, value, sizeof value);
		printf("%s# %s", i ? "\n" : "", pp_config_option_help(i));
		if (*fallback)
			printf(" (default: %s)", fallback);
		printf("\n%s=%s\n", variable, value);
	}
}

int pp_cmd_config(int argc, char **argv)
{
	struct pp_config config;
	struct pp_errctx err;
	const char *dir;
	for (int i = 1; i < argc; i++) {
		if (!pp_args_value(argv, &i, "--dir", &dir))
			return pp_say_usage("config: '%s' is not an option", argv[i]);
		int status = pp_args_set_dir(dir);
		if (status != PP_SAY_OK)
			return status;
	}
	if (pp_settings_load(&config, &err) < 0)
		return pp_say_usage("%s", err.text);
	print(&config);
	return pp_say_end(PP_SAY_OK);
}
