/* shim/cgroup/words.h - the governor's reasons in words: one row each, an operator reads them. */
#ifndef PP_CGROUP_WORDS_H
#define PP_CGROUP_WORDS_H

#include <stddef.h>
#include <stdint.h>

struct pp_verdict;

enum pp_words {
	PP_WORDS_MAX_SERVERS, /* the operator's ceiling */
	PP_WORDS_MEMORY,      /* what is free divided by what a server costs */
	PP_WORDS_GROWING,     /* memory allows more; clients must wait before it is tried */
	PP_WORDS_AWAITED,     /* they do; what is at work must end first, to show what it costs */
	PP_WORDS_UNSEEN, /* there is room, but no work has ended yet that shows what it costs */
	PP_WORDS_FLAT,	 /* high but still: what it has carried stays, a few more are tried */
	PP_WORDS_GROWTH, /* the program itself grows, or its work is not what it was */
	PP_WORDS_EVENT,	 /* the kernel killed or throttled */
	PP_WORDS_STALL,	 /* PSI */
	PP_WORDS_NODE,	 /* no limit visible */
	PP_WORDS__COUNT
};

/* Cut to `size`. surprise: bytes that memory rose of late above what was expected. */
void pp_words_write(enum pp_words words, const struct pp_verdict *verdict, int64_t surprise,
		    char *ret_text, size_t size);
/* What sets the limit: the file, and how many levels above the own cgroup it is. NULL: nothing. */
void pp_words_limit(const char *file, int above, char *ret_text, size_t size);

#endif
