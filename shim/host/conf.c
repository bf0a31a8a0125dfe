#include "host/conf.h"

#include <stddef.h>

#include "host/str.h"
#include "ipc/stamp.h"

static struct pp_conf process_conf; /* written by the constructor only */

const struct pp_conf *pp_conf_get(void)
{
	return &process_conf;
}

struct pp_conf *pp_conf_get_for_start(void)
{
	return &process_conf;
}

static bool is_any(const char *value, const char *const *words)
{
	for (; *words; words++)
		if (pp_str_is_equal(value, *words))
			return true;
	return false;
}

static bool is_yes(const char *value)
{
	static const char *const words[] = {"1", "on", "true", "yes", NULL};
	return is_any(value, words);
}

static bool is_no(const char *value)
{
	static const char *const words[] = {"0", "off", "false", "no", NULL};
	return is_any(value, words);
}

static char *keep(struct pp_conf *conf, const char *text)
{
	char *kept = conf->text + conf->text_used;
	if (!pp_str_copy(kept, sizeof conf->text - conf->text_used, text))
		return NULL;
	conf->text_used += (unsigned)pp_str_len(kept) + 1;
	return kept;
}

/* The broker gets these and nothing else: no LD_PRELOAD, no secrets of the program. It must not pool itself, and
 * /etc/ld.so.preload is for everybody: there the shim obeys PODPOOL=off. */
static bool is_for_broker(const char *entry)
{
	return pp_str_after(entry, "PODPOOL_") || pp_str_after(entry, "PATH=") ||
	       pp_str_after(entry, "HOME=");
}

static int give_broker(struct pp_conf *conf, const char *entry, const char **ret_kept)
{
	if (conf->env_count == PP_CONF_ENV_MAX)
		return PP_ERR_FULL;
	char *kept = keep(conf, entry);
	if (!kept)
		return PP_ERR_FULL;
	conf->env[conf->env_count++] = kept;
	*ret_kept = kept;
	return 0;
}

static int read_entry(struct pp_conf *conf, const char *entry, bool *is_off,
		      const char **ret_targets)
{
	const char *value;
	if (is_for_broker(entry)) {
		int err = give_broker(conf, entry, &entry); /* what follows may point into it */
		if (err < 0)
			return err;
	}
	if ((value = pp_str_after(entry, "PODPOOL=")))
		*is_off = is_no(value);
	else if ((value = pp_str_after(entry, "PODPOOL_TARGETS=")))
		*ret_targets = *value ? value : *ret_targets;
	else if ((value = pp_str_after(entry, "PODPOOL_DIR=")))
		conf->dir = *value ? value : NULL;
	else if ((value = pp_str_after(entry, "PODPOOL_FAIL=")))
		conf->is_fail_closed = pp_str_is_equal(value, "closed");
	else if ((value = pp_str_after(entry, "PODPOOL_PID1_EXIT=")))
		conf->is_pid1_exit = is_yes(value);
	else if ((value = pp_str_after(entry, "XDG_RUNTIME_DIR=")))
		conf->runtime_dir = *value ? keep(conf, value) : NULL;
	return 0;
}

int pp_conf_read(struct pp_conf *conf, char *const *envp)
{
	bool is_off = false;
	const char *targets = "*:5432", *mark;
	int err = give_broker(conf, "PODPOOL=off", &mark);
	for (; err == 0 && envp && *envp; envp++)
		err = read_entry(conf, *envp, &is_off, &targets);
	if (err < 0 || is_off)
		return err;
	err = pp_targets_parse(targets, &conf->targets, NULL);
	conf->is_on = err == 0;
	return err;
}

void pp_conf_set_network(struct pp_conf *conf, uint64_t netns)
{
	conf->netns = netns;
	conf->stamp = pp_stamp_make(netns, &conf->targets);
}

static bool append(struct pp_conf *conf, size_t *len, const char *text)
{
	bool fits = pp_str_copy(conf->broker + *len, sizeof conf->broker - *len, text);
	*len += pp_str_len(conf->broker + *len);
	return fits;
}

void pp_conf_set_broker(struct pp_conf *conf, const char *shim_path, const char *cwd)
{
	size_t len = 0;
	bool fits = true;
	if (*shim_path != '/')
		fits = append(conf, &len, cwd) && append(conf, &len, "/");
	fits = fits && append(conf, &len, shim_path);
	while (len > 0 && conf->broker[len - 1] != '/')
		len--;
	conf->broker[len] = '\0';
	fits = fits && len > 0 && append(conf, &len, "../bin/podpool");
	if (!fits)
		conf->broker[0] = '\0';
}
