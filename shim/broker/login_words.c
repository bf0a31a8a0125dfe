#include "broker/login_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/login_connect.h"
#include "broker/secret.h"
#include "broker/wishes.h"

#define PP_LOGIN_KEYWORDS 32
#define PP_LOGIN_NO_FILE  "/nonexistent"

const char *pp_login_setting(const char *settings, size_t len, const char *name)
{
	for (const char *at = settings; at < settings + len;) {
		const char *value = at + strlen(at) + 1;
		if (strcmp(at, name) == 0)
			return value;
		at = value + strlen(value) + 1;
	}
	return NULL;
}

char **pp_login_value(struct pp_login *l, const char *keyword)
{
	for (size_t i = 0; l->keywords[i]; i++)
		if (strcmp(l->keywords[i], keyword) == 0)
			return &l->values[i];
	return NULL;
}

static bool add(struct pp_login *l, const char *keyword, const char *value)
{
	size_t n = 0;
	while (l->keywords[n])
		n++;
	if (n + 1 >= PP_LOGIN_KEYWORDS)
		return false;
	l->values[n] = strdup(value);
	l->keywords[n] = strdup(keyword);
	return l->keywords[n] && l->values[n];
}

/* libpq has a keyword for it. */
static bool has_keyword(const char *name, const char *value)
{
	return strcmp(name, "application_name") == 0 ||
	       (strcmp(name, "client_encoding") == 0 && strcmp(value, "auto") != 0);
}

bool pp_login_needs_options(const char *settings, size_t len)
{
	for (const char *at = settings; at < settings + len;) {
		const char *name = at, *value = name + strlen(name) + 1;
		at = value + strlen(value) + 1;
		if (!has_keyword(name, value))
			return true;
	}
	return false;
}

/* Of the startup parameters libpq sends two by itself; the rest goes through `options`, which the server treats
 * alike (source "client", what RESET returns to), behind what the program itself put there. */
static bool add_settings(struct pp_login *l, const char *settings, size_t len)
{
	char *options = calloc(1, 2 * len + 16);
	if (!options)
		return false;
	char *to = options;
	bool ok = true;
	for (const char *at = settings; ok && at < settings + len;) {
		const char *name = at, *value = name + strlen(name) + 1;
		at = value + strlen(value) + 1;
		if (strcmp(name, "options") == 0)
			continue; /* went first */
		if (has_keyword(name, value)) {
			ok = add(l, name, value);
			continue;
		}
		to += sprintf(to, " -c %s=", name);
		for (; *value; value++) {
			if (*value == '\\' || *value == ' ' || (*value >= '\t' && *value <= '\r'))
				*to++ = '\\';
			*to++ = *value;
		}
		*to = '\0';
	}
	const char *own = pp_login_setting(settings, len, "options");
	l->own_options = own;
	if (ok && asprintf(&l->options, "%s%s", own ? own : "", options) < 0)
		l->options = NULL;
	ok = ok && l->options && add(l, PP_LOGIN_OPTIONS, l->options);
	free(options);
	return ok;
}

static bool replace(char **owned, const char *value)
{
	free(*owned);
	*owned = strdup(value);
	return *owned != NULL;
}

/* The program's own files or none: those in our home are not its. */
static bool add_wish(struct pp_login *l, const char *wish, size_t len)
{
	const char *name, *value;
	bool ok = true;
	for (size_t at = 0; ok && pp_wishes_next(wish, len, &at, &name, &value);) {
		if (strcmp(name, "hostaddr") == 0) {
			l->follows_name = false; /* it is where we go already */
			ok = replace(&l->hosts.hostaddr, value);
		} else if (strcmp(name, "port") == 0) {
			ok = replace(&l->hosts.port, value);
		} else {
			ok = add(l, name, value);
		}
	}
	return ok;
}

static bool add_if_absent(struct pp_login *l, const char *keyword, const char *value)
{
	return pp_login_value(l, keyword) || add(l, keyword, value);
}

/* What a program has not named is not to be found in our home either: a certificate there would let in whoever has none,
 * without a password, and a root would judge servers that nobody asked to be judged. The operator's verify-* has its root
 * there. */
static bool add_no_files(struct pp_login *l, const char *sslmode)
{
	bool is_judged = strncmp(sslmode, "verify-", 7) == 0;
	return add_if_absent(l, "sslcert", PP_LOGIN_NO_FILE) &&
	       add_if_absent(l, "sslkey", PP_LOGIN_NO_FILE) &&
	       (is_judged || add_if_absent(l, "sslrootcert", PP_LOGIN_NO_FILE));
}

/* A server that is gone without a word is noticed as soon as it would notice us (guards.h). tcp_user_timeout is for logins
 * and cancel requests, which take it from here: a SYN that nobody answers occupied a worker for two minutes. Sessions are
 * without it (login_connect.c). */
static bool add_keepalives(struct pp_login *l)
{
	return add(l, "keepalives_idle", "30") && add(l, "keepalives_interval", "10") &&
	       add(l, "keepalives_count", "3") && add(l, "tcp_user_timeout", "10000");
}

/* Everything libpq could take from files or the environment is said here: the broker must never know more than
 * the program told it (the environment has no PG variables, start.c). */
bool pp_login_say(struct pp_login *l, const struct pp_login_wish *wish)
{
	l->keywords = calloc(PP_LOGIN_KEYWORDS, sizeof *l->keywords);
	l->values = calloc(PP_LOGIN_KEYWORDS, sizeof *l->values);
	return l->keywords && l->values && add(l, "hostaddr", wish->address) &&
	       add(l, "port", wish->port) && add(l, "user", wish->user) &&
	       add(l, "dbname", wish->database) &&
	       (!wish->password || add(l, "password", wish->password)) &&
	       add(l, "passfile", PP_LOGIN_NO_FILE) && add(l, "sslmode", wish->sslmode) &&
	       add(l, "gssencmode", "disable") && add_keepalives(l) &&
	       add_wish(l, wish->wish, wish->wish_len) && add_no_files(l, wish->sslmode) &&
	       add_settings(l, wish->settings, wish->settings_len);
}

void pp_login_forget(struct pp_login *l)
{
	for (size_t i = 0; l->keywords && l->values && i < PP_LOGIN_KEYWORDS; i++) {
		free(l->keywords[i]);
		pp_secret_free(&l->values[i]);
	}
	free(l->keywords);
	free(l->values);
	free(l->options);
	free(l->hosts.hostaddr);
	free(l->hosts.port);
}
