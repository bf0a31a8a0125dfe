#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

const char *pp_err_str(int err)
{
	switch (err) {
	case PP_OK: return "ok";
	case PP_ERR_SYS: return "system call failed";
	case PP_ERR_NOMEM: return "out of memory";
	case PP_ERR_FULL: return "limit reached";
	case PP_ERR_INVALID: return "invalid";
	case PP_ERR_RANGE: return "out of range";
	case PP_ERR_ABSENT: return "absent";
	case PP_ERR_BUG: return "internal error";
	}
	return "unknown error";
}

int pp_err_set(struct pp_errctx *ctx, int err, const char *fmt, ...)
{
	if (ctx) {
		va_list args;
		va_start(args, fmt);
		vsnprintf(ctx->text, sizeof ctx->text, fmt, args);
		va_end(args);
	}
	return err;
}
