/* shim/host/start.h - a connection to the broker, starting one where there is none.
 */
#ifndef PP_HOST_START_H
#define PP_HOST_START_H

#include <stdint.h>

#include "base/err.h"

/* A connected socket (the caller's to close), or negative: no broker can be had, go direct. *deadline_ms is until when
 * the answer is worth waiting for: not for long where the broker seems to hang. */
PP_MUSTCHECK int pp_start_dial(int64_t *deadline_ms);

#endif
