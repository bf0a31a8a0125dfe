/* shim/cli/args.h - options of a subcommand: `--name VALUE` or `--name=VALUE`. */
#ifndef PP_CLI_ARGS_H
#define PP_CLI_ARGS_H

#include <stdbool.h>

/* Is argv[*at] this option? Then *ret_value is its value, NULL when it has none, and *at its last
 * word. */
bool pp_args_value(char **argv, int *at, const char *name, const char **ret_value);

/* Is the word an option at all? `--` and `-` are not. */
bool pp_args_is_option(const char *word);

/* --dir D is PODPOOL_DIR for this process and its children. A status of say.h. */
int pp_args_set_dir(const char *dir);

#endif
