/* shim/broker/login_words.h - what a login says to libpq: the keywords and values (docs 34.1.2) of what the program wished,
 * and nothing that libpq would take from files or the environment instead.
 */
#ifndef PP_BROKER_LOGIN_WORDS_H
#define PP_BROKER_LOGIN_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "broker/login.h"

/* Fills keywords, values, options and hosts. False: out of memory, or more keywords than there is room for. */
bool pp_login_say(struct pp_login *login, const struct pp_login_wish *wish);

/* Frees them, values wiped; also after pp_login_say() failed, or was never called. */
void pp_login_forget(struct pp_login *login);

/* Where the value of a libpq keyword is kept, to be read or replaced (owned). NULL: it is not said. */
char **pp_login_value(struct pp_login *login, const char *keyword);

/* Are there settings that our login can only say in `options`? */
bool pp_login_needs_options(const char *settings, size_t len);
/* The value of a name in "name\0value\0..." or NULL. */
const char *pp_login_setting(const char *settings, size_t len, const char *name);

#endif
