/* shim/cli/settings.h - the settings as the shim and the broker will read them, checked by both
 * rooms that know them. */
#ifndef PP_CLI_SETTINGS_H
#define PP_CLI_SETTINGS_H

#include "config/config.h"

/* From the environment of this process; PP_ERR_*, with a sentence in err. */
PP_MUSTCHECK int pp_settings_load(struct pp_config *ret_config, struct pp_errctx *err);

/* Puts NAME=VALUE (a variable or a key of the file, any case) into the environment. */
PP_MUSTCHECK int pp_settings_put(const char *assignment, struct pp_errctx *err);

/* A relative PODPOOL_CONFIG of ours becomes absolute: the broker may have been started elsewhere. Links stay what they are: those
 * of a ConfigMap lead to another file when it changes. */
PP_MUSTCHECK int pp_settings_fix_file(struct pp_errctx *err);

#endif
