/* shim/broker/proc_line.h - what the kernel says of a process in one line (proc(5)). */
#ifndef PP_BROKER_PROC_LINE_H
#define PP_BROKER_PROC_LINE_H

#include <sys/types.h>

/* The first line of /proc/PID/NAME or, with pid 0, of /proc/NAME; "" when there is none. */
void pp_proc_line(pid_t pid, const char *name, char *text, int size);

/* The fields of /proc/PID/stat behind the process's name, which may hold anything: " S 1 ..."; "" when it is gone. Points into
 * `line`. */
const char *pp_proc_stat(pid_t pid, char line[512]);

#endif
