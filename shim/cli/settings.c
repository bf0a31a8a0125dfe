#include "cli/settings.h"

#include <stdlib.h>
#include <string.h>

#include "cli/say.h"
#include "ipc/target.h"

#define PREFIX "PODPOOL_"

extern char **environ;

int pp_settings_load(struct pp_config *ret_config, struct pp_errctx *err)
{
	struct pp_config config;
	struct pp_targets targets;
	const char *bad = "";
	int r = pp_config_load(environ, &config, pp_say_warning, err);
	if (r < 0)
		return r;
	r = pp_targets_parse(config.targets, &targets, &bad);
	if (r == PP_ERR_FULL)
		return pp_err_set(err, r, "PODPOOL_TARGETS: more than %d destinations",
				  PP_TARGET_MAX);
	if (r < 0)
		return pp_err_set(err, r, "PODPOOL_TARGETS: '%.60s' is not host-or-cidr:port", bad);
	*ret_config = config;
	return 0;
}

int pp_settings_put(const char *assignment, struct pp_errctx *err)
{
	char variable[PP_CONFIG_VARIABLE_MAX];
	const char *name = assignment, *equals = strchr(assignment, '=');
	if (!equals)
		return pp_err_set(err, PP_ERR_INVALID, "'%.60s' is not NAME=VALUE", assignment);
	if (strncasecmp(name, PREFIX, strlen(PREFIX)) == 0)
		name += strlen(PREFIX);
	size_t len = (size_t)(equals - name);
	for (unsigned i = 0; pp_config_option_name(i); i++) {
		const char *option = pp_config_option_name(i);
		if (strlen(option) != len || strncasecmp(name, option, len) != 0)
			continue;
		pp_config_option_variable(i, variable);
		if (setenv(variable, equals + 1, 1) < 0)
			return pp_err_set(err, PP_ERR_NOMEM, "out of memory");
		return 0;
	}
	return pp_err_set(err, PP_ERR_ABSENT, "'%.*s' is not an option", len < 60 ? (int)len : 60,
			  name);
}
