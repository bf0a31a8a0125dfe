/* shim/cli/cmd.h - the subcommands, one file each. argv[0] is the subcommand's name, argv[argc] is
 * NULL. Each returns the exit status. */
#ifndef PP_CLI_CMD_H
#define PP_CLI_CMD_H

int pp_cmd_run(int argc, char **argv);
int pp_cmd_status(int argc, char **argv);
int pp_cmd_drain(int argc, char **argv);
int pp_cmd_reload(int argc, char **argv);
int pp_cmd_doctor(int argc, char **argv);
int pp_cmd_config(int argc, char **argv);

#endif
