/* shim/base/log.h - one line, one write(2); level 0 and 1 rooms never log, level 2 logs each
 * failure once. */
#ifndef PP_BASE_LOG_H
#define PP_BASE_LOG_H

#include "base/err.h"

enum pp_log_level { PP_LOG_ERROR, PP_LOG_WARNING, PP_LOG_INFO, PP_LOG_DEBUG };

/* Lines above `level` are dropped. The descriptor is borrowed; -1 drops everything. */
void pp_log_init(int fd, enum pp_log_level level);
void pp_log_set_level(enum pp_log_level level);

/* Writes "podpool[pid]: level: text\n", cut to 1 KiB and cleaned (clean.h). Where that would block - a
 * pipe, a terminal that was stopped - it is left out, and the next line says how many were. Keeps
 * errno. */
void pp_log(enum pp_log_level level, const char *fmt, ...) PP_PRINTF(2, 3);

#endif
