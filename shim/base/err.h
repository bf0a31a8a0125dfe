/* shim/base/err.h - typed errors, must-check results, and the place for a human sentence.
 *
 * Functions return 0 or a negative enum pp_err; positive values only where the header says so.
 * Where an operator must act, the last parameter is a caller-owned struct pp_errctx, written only
 * on failure.
 */
#ifndef PP_BASE_ERR_H
#define PP_BASE_ERR_H

#define PP_MUSTCHECK	     __attribute__((warn_unused_result))
#define PP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum pp_err {
	PP_OK = 0,
	PP_ERR_SYS = -1,     /* a system call failed: errno says which way */
	PP_ERR_NOMEM = -2,   /* no memory; the caller's object is unchanged */
	PP_ERR_FULL = -3,    /* a cap was reached; the caller holds back its input */
	PP_ERR_INVALID = -4, /* input breaks its rules; will never become valid */
	PP_ERR_RANGE = -5,   /* a number outside its limits */
	PP_ERR_ABSENT = -6,  /* not there */
	PP_ERR_BUG = -7,     /* our mistake, in rooms that may not abort */
};

struct pp_errctx {
	char text[160]; /* one sentence, NUL-terminated, names what to do */
};

/* A constant string for a code, never NULL. */
const char *pp_err_str(int err);

/* Writes the sentence (cut to fit) and returns `err`, so that failing is one line. ctx may be NULL.
 */
int pp_err_set(struct pp_errctx *ctx, int err, const char *fmt, ...) PP_PRINTF(3, 4);

#endif
