#include "cli/settings.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/say.h"
#include "ipc/target.h"

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

static bool is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

int pp_settings_put(const char *assignment, struct pp_errctx *err)
{
	char variable[PP_CONFIG_VARIABLE_MAX];
	const char *equals = strchr(assignment, '=');
	if (!equals)
		return pp_err_set(err, PP_ERR_INVALID, "'%.60s' is not NAME=VALUE", assignment);
	size_t len = (size_t)(equals - assignment);
	for (unsigned i = 0; pp_config_option_name(i); i++) {
		pp_config_option_variable(i, variable);
		if (!is_word(assignment, len, variable) &&
		    !is_word(assignment, len, pp_config_option_name(i)))
			continue;
		if (setenv(variable, equals + 1, 1) < 0)
			return pp_err_set(err, PP_ERR_NOMEM, "out of memory");
		return 0;
	}
	return pp_err_set(err, PP_ERR_ABSENT, "'%.*s' is not an option", len < 60 ? (int)len : 60,
			  assignment);
}

int pp_settings_fix_file(struct pp_errctx *err)
{
	const char *file = getenv("PODPOOL_CONFIG");
	char *here, *path;
	if (!file || !*file || *file == '/')
		return 0;
	if (!(here = getcwd(NULL, 0)))
		return pp_err_set(err, PP_ERR_SYS,
				  "PODPOOL_CONFIG: '%.60s' is relative to what is gone", file);
	int r = asprintf(&path, "%s/%s", here, file) < 0 ? PP_ERR_NOMEM : 0;
	free(here);
	if (r < 0)
		return pp_err_set(err, r, "out of memory");
	if (setenv("PODPOOL_CONFIG", path, 1) < 0)
		r = pp_err_set(err, PP_ERR_NOMEM, "out of memory");
	free(path);
	return r;
}
