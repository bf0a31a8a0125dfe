/* shim/broker/logfile.h - where the log goes, and how large it may become.
 *
 * To standard error if that is a file or the container's log, whose size is its owner's business. A pipe of somebody who waits
 * for its end (`$(psql ... 2>&1)`) must not be held open, nor a terminal, which may be gone tomorrow: then to PODPOOL_DIR/log,
 * and that is bounded. PODPOOL_DIR may be a small volume, and a pod that outgrows its emptyDir is evicted.
 */
#ifndef PP_BROKER_LOGFILE_H
#define PP_BROKER_LOGFILE_H

/* Returns the descriptor: standard error, whatever is behind it now. `dir` is borrowed. */
int pp_logfile_open(const char *dir);

/* Once a second: a file of ours that has grown is set aside as log.old, in the place of the one before. */
void pp_logfile_look(void);

#endif
