#include "config/parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ini.h>

#define PREFIX	   "PODPOOL_"
#define NAME_SHOWN 60

/* What inih reads from and reports to. It asks for one line at a time, so the lines are counted
 * here; its own answer only tells the first line that is not ini at all. */
struct ini_text {
	const char *next, *end;
	int line;
	struct pp_config config;
	uint32_t seen; /* options, by index */
	int bad_line;  /* 0: none yet */
	int result;
	struct pp_errctx why;
};

static int refuse_line(struct ini_text *ini, int result, const char *why)
{
	if (ini->bad_line == 0) {
		ini->bad_line = ini->line;
		ini->result = result;
		if (why)
			pp_err_set(&ini->why, result, "%s", why);
	}
	return 0; /* what inih takes for an error */
}

/* fgets over memory. A line that inih would cut in two, or at a NUL, is an error instead. */
static char *read_line(char *line, int size, void *ini_)
{
	struct ini_text *ini = ini_;
	if (ini->next == ini->end || ini->bad_line)
		return NULL;
	const char *newline = memchr(ini->next, '\n', (size_t)(ini->end - ini->next));
	size_t len = (size_t)((newline ? newline + 1 : ini->end) - ini->next);
	ini->line++;
	if (len >= (size_t)size)
		refuse_line(ini, PP_ERR_RANGE, "the line is too long");
	else if (memchr(ini->next, '\0', len))
		refuse_line(ini, PP_ERR_INVALID, "the line has a NUL byte");
	if (ini->bad_line)
		return NULL;
	memcpy(line, ini->next, len);
	line[len] = '\0';
	ini->next += len;
	return line;
}

static int take(void *ini_, const char *section, const char *name, const char *value)
{
	struct ini_text *ini = ini_;
	unsigned i = 0;
	if (ini->bad_line)
		return 0;
	if (*section && strcmp(section, "podpool") != 0)
		return refuse_line(ini, PP_ERR_INVALID, "the only section is [podpool]");
	while (pp_config_option_name(i) && strcasecmp(name, pp_config_option_name(i)) != 0)
		i++;
	/* Also how inih shows an indented line, which many take for a new value. */
	if (pp_config_option_name(i) && (ini->seen & (UINT32_C(1) << i)))
		return refuse_line(ini, PP_ERR_INVALID, "the option is given a second time");
	int r = pp_config_set(&ini->config, name, value, &ini->why);
	if (r < 0)
		return refuse_line(ini, r, NULL);
	ini->seen |= UINT32_C(1) << i;
	return 1;
}

int pp_parse_ini(const char *text, size_t len, const char *file, struct pp_config *config,
		 struct pp_errctx *err)
{
	struct ini_text ini = {.next = text, .end = text + len, .config = *config};
	int bad = ini_parse_stream(read_line, &ini, take, &ini);
	if (bad > 0 && (ini.bad_line == 0 || bad < ini.bad_line))
		return pp_err_set(err, PP_ERR_INVALID, "%.80s line %d: not `name = value`", file,
				  bad);
	if (ini.bad_line)
		return pp_err_set(err, ini.result, "%.60s line %d: %s", file, ini.bad_line,
				  ini.why.text);
	if (bad < 0)
		return pp_err_set(err, PP_ERR_NOMEM, "%.80s: out of memory", file);
	*config = ini.config;
	return 0;
}

/* Of a long path, its end says which one. */
static const char *name_to_show(const char *file)
{
	size_t len = strlen(file);
	return len > NAME_SHOWN ? file + len - NAME_SHOWN : file;
}

static int load_file(const char *file, struct pp_config *config, struct pp_errctx *err)
{
	FILE *stream = fopen(file, "re");
	if (!stream)
		return pp_err_set(err, PP_ERR_SYS, "PODPOOL_CONFIG: cannot open %.80s: %s", file,
				  strerror(errno));
	int r = PP_ERR_NOMEM;
	char *text = malloc(PP_PARSE_FILE_MAX + 1);
	if (!text)
		goto out;
	size_t len = fread(text, 1, PP_PARSE_FILE_MAX + 1, stream);
	if (ferror(stream))
		r = pp_err_set(err, PP_ERR_SYS, "PODPOOL_CONFIG: cannot read %.80s: %s", file,
			       strerror(errno));
	else if (len > PP_PARSE_FILE_MAX)
		r = pp_err_set(err, PP_ERR_RANGE, "PODPOOL_CONFIG: %.80s is longer than %d bytes",
			       file, PP_PARSE_FILE_MAX);
	else
		r = pp_parse_ini(text, len, name_to_show(file), config, err);
out:
	if (!text)
		pp_err_set(err, r, "PODPOOL_CONFIG: out of memory");
	free(text);
	fclose(stream);
	return r;
}

/* As getenv: the first one counts. */
static const char *find(char *const *environ_, const char *name)
{
	size_t len = strlen(name);
	for (; environ_ && *environ_; environ_++)
		if (strncmp(*environ_, name, len) == 0 && (*environ_)[len] == '=')
			return *environ_ + len + 1;
	return NULL;
}

static bool is_known(const char *assignment)
{
	char variable[PP_CONFIG_VARIABLE_MAX];
	size_t len = strcspn(assignment, "=");
	if (len == strlen("PODPOOL_CONFIG") && strncmp(assignment, "PODPOOL_CONFIG", len) == 0)
		return true;
	for (unsigned i = 0; pp_config_option_name(i); i++) {
		pp_config_option_variable(i, variable);
		if (strlen(variable) == len && strncmp(assignment, variable, len) == 0)
			return true;
	}
	return false;
}

static void warn_unknown(char *const *environ_, void (*warn)(const char *text))
{
	char text[160];
	for (; environ_ && *environ_; environ_++) {
		if (strncmp(*environ_, PREFIX, strlen(PREFIX)) != 0 || is_known(*environ_))
			continue;
		snprintf(text, sizeof text, "%.*s is not an option of this version; ignored",
			 (int)strcspn(*environ_, "="), *environ_);
		warn(text);
	}
}

/* What programs go by (host/conf.c), who know nothing of files: said there alone it only misleads. */
static void warn_of_program(unsigned i, const struct pp_config *config,
			    void (*warn)(const char *text))
{
	static const char *const of_programs[] = {"POOLING", "TARGETS", "DIR", "FAIL", "PID1_EXIT"};
	char value[sizeof config->targets], fallback[sizeof config->targets],
		variable[PP_CONFIG_VARIABLE_MAX], text[160];
	struct pp_config defaults;
	bool is_of_programs = false;
	for (size_t k = 0; k < sizeof of_programs / sizeof *of_programs; k++)
		is_of_programs |= strcmp(pp_config_option_name(i), of_programs[k]) == 0;
	if (!is_of_programs)
		return;
	pp_config_defaults(&defaults);
	pp_config_option_value(config, i, value, sizeof value);
	pp_config_option_value(&defaults, i, fallback, sizeof fallback);
	if (strcmp(value, fallback) == 0)
		return;
	pp_config_option_variable(i, variable);
	snprintf(text, sizeof text,
		 "%s is in the file only: programs do not read it; set it in their environment as "
		 "well",
		 variable);
	warn(text);
}

static void warn_of_programs(char *const *environ_, const struct pp_config *config,
			     void (*warn)(const char *text))
{
	char variable[PP_CONFIG_VARIABLE_MAX];
	for (unsigned i = 0; pp_config_option_name(i); i++) {
		pp_config_option_variable(i, variable);
		const char *value = find(environ_, variable);
		if (!value || !*value)
			warn_of_program(i, config, warn);
	}
}

int pp_config_load(char *const *environ_, struct pp_config *ret_config,
		   void (*warn)(const char *text), struct pp_errctx *err)
{
	char variable[PP_CONFIG_VARIABLE_MAX];
	struct pp_config config;
	const char *file = find(environ_, "PODPOOL_CONFIG");
	int r = 0;
	pp_config_defaults(&config);
	if (file && *file)
		r = load_file(file, &config, err);
	for (unsigned i = 0; r == 0 && pp_config_option_name(i); i++) {
		pp_config_option_variable(i, variable);
		const char *value = find(environ_, variable);
		if (value && *value) /* empty is unset, as the shim reads it */
			r = pp_config_set(&config, pp_config_option_name(i), value, err);
	}
	if (r == 0)
		r = pp_config_check(&config, err);
	if (r < 0)
		return r;
	if (warn) {
		warn_unknown(environ_, warn);
		warn_of_programs(environ_, &config, warn);
	}
	*ret_config = config;
	return 0;
}
