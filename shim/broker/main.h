/* shim/broker/main.h - `podpool broker --dir DIR`: the process the first pooled connection starts. */
#ifndef PP_BROKER_MAIN_H
#define PP_BROKER_MAIN_H

/* Runs until the drain says finish. Returns the exit status. argv[0] is "broker". */
int pp_broker_main(int argc, char **argv);

#endif
