/* shim/base/num.h - strict parsing of what people write in settings. The whole text must be used.
 */
#ifndef PP_BASE_NUM_H
#define PP_BASE_NUM_H

#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

/* Decimal digits only. PP_ERR_INVALID for anything else, PP_ERR_RANGE above `max`. */
PP_MUSTCHECK int pp_num_parse_u64(const char *text, uint64_t max, uint64_t *ret_value);

/* 250ms, 30s, 5min (5m), 1h, 1d; a bare number is seconds, as in pgbouncer. At most 365 days. */
PP_MUSTCHECK int pp_num_parse_duration(const char *text, pp_ms *ret_ms);

/* Kubernetes quantities: 512Mi, 1Gi, 64Ki, 500M, 1G, 128k, plain bytes. */
PP_MUSTCHECK int pp_num_parse_bytes(const char *text, uint64_t *ret_bytes);

#endif
