#include "config/config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "config/value.h"

static const struct {
	const char *name;
	enum pp_value_type type;
	size_t offset, size;
	const char *fallback, *help;
} options[] = {
#define PP_OPTION(NAME, field, type, fallback, help)                                               \
	{#NAME,                                                                                    \
	 PP_VALUE_##type,                                                                          \
	 offsetof(struct pp_config, field),                                                        \
	 sizeof(((struct pp_config *)0)->field),                                                   \
	 fallback,                                                                                 \
	 help},
#include "config/options.def"
#undef PP_OPTION
};

#define OPTION_COUNT (sizeof options / sizeof *options)

PP_STATIC_ASSERT(sizeof(enum pp_config_mode) == sizeof(int), "value.c writes enums as int");

void pp_config_defaults(struct pp_config *config)
{
	struct pp_errctx err;
	memset(config, 0, sizeof *config);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		int r = pp_value_parse(options[i].type, options[i].name, options[i].fallback,
				       (char *)config + options[i].offset, options[i].size, &err);
		pp_assert(r == 0); /* a row of options.def is wrong; the unit test finds it */
		(void)r;
	}
}

/* What holds for one option beyond its type. */
static int check_one(const struct pp_config *config, const char *name, struct pp_errctx *err)
{
	if (config->max_servers < 1)
		return pp_err_set(err, PP_ERR_RANGE, "%s: '0' is not a number from 1 to %d", name,
				  PP_VALUE_U32_MAX);
	if (config->targets[0] == '\0')
		return pp_err_set(err, PP_ERR_INVALID, "%s: '' is not a list of host-or-cidr:port",
				  name);
	if (config->dir[0] != '\0' && config->dir[0] != '/')
		return pp_err_set(err, PP_ERR_INVALID, "%s: '%.40s' is not an absolute path", name,
				  config->dir);
	return 0;
}

int pp_config_set(struct pp_config *config, const char *name, const char *value,
		  struct pp_errctx *err)
{
	char variable[PP_CONFIG_VARIABLE_MAX];
	struct pp_config next = *config;
	unsigned i = 0;
	while (i < OPTION_COUNT && strcasecmp(name, options[i].name) != 0)
		i++;
	if (i == OPTION_COUNT)
		return pp_err_set(err, PP_ERR_ABSENT, "'%.40s' is not an option", name);
	pp_config_option_variable(i, variable);
	int r = pp_value_parse(options[i].type, variable, value, (char *)&next + options[i].offset,
			       options[i].size, err);
	if (r == 0)
		r = check_one(&next, variable, err);
	if (r == 0)
		*config = next;
	return r;
}

int pp_config_check(const struct pp_config *config, struct pp_errctx *err)
{
	if (config->min_servers > config->max_servers)
		return pp_err_set(err, PP_ERR_RANGE,
				  "PODPOOL_MIN_SERVERS: %u is more than PODPOOL_MAX_SERVERS, %u",
				  config->min_servers, config->max_servers);
	return 0;
}

size_t pp_config_print(const struct pp_config *config, char *text, size_t size)
{
	char value[sizeof config->targets];
	size_t len = 0;
	if (size > 0)
		*text = '\0';
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		pp_config_option_value(config, i, value, sizeof value);
		len += (size_t)snprintf(len < size ? text + len : NULL, len < size ? size - len : 0,
					"%s=%s\n", options[i].name, value);
	}
	return len;
}

const char *pp_config_option_name(unsigned index)
{
	return index < OPTION_COUNT ? options[index].name : NULL;
}

const char *pp_config_option_default(unsigned index)
{
	return index < OPTION_COUNT ? options[index].fallback : NULL;
}

const char *pp_config_option_help(unsigned index)
{
	return index < OPTION_COUNT ? options[index].help : NULL;
}

/* One variable turns podpool off as a whole, so it bears the plain name. */
void pp_config_option_variable(unsigned index, char ret_name[PP_CONFIG_VARIABLE_MAX])
{
	const char *name = index < OPTION_COUNT ? options[index].name : "";
	if (strcmp(name, "POOLING") == 0)
		snprintf(ret_name, PP_CONFIG_VARIABLE_MAX, "PODPOOL");
	else
		snprintf(ret_name, PP_CONFIG_VARIABLE_MAX, "PODPOOL_%s", name);
}

size_t pp_config_option_value(const struct pp_config *config, unsigned index, char *text,
			      size_t size)
{
	if (index >= OPTION_COUNT)
		return 0;
	return pp_value_print(options[index].type, (const char *)config + options[index].offset,
			      text, size);
}
