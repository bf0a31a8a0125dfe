#include "cgroup/words.h"

#include <inttypes.h>
#include <stdio.h>

#include "cgroup/governor.h"

struct mib {
	char text[32];
};

static struct mib mib(int64_t bytes)
{
	struct mib m;
	int64_t tenths = bytes / (INT64_C(1) << 20) * 10 +
			 bytes % (INT64_C(1) << 20) * 10 / (INT64_C(1) << 20);
	snprintf(m.text, sizeof m.text, "%" PRId64 ".%" PRId64 " MiB", tenths / 10, tenths % 10);
	return m;
}

void pp_words_write(enum pp_words words, const struct pp_verdict *verdict, int64_t surprise,
		    char *ret_text, size_t size)
{
	int64_t left = verdict->limit_bytes - verdict->working_set_bytes;
	struct mib free = mib(left > 0 ? left : 0), limit = mib(verdict->limit_bytes);
	struct mib cost = mib(verdict->cost_bytes), above = mib(surprise > 0 ? surprise : 0);
	switch (words) {
	case PP_WORDS_MAX_SERVERS: snprintf(ret_text, size, "PODPOOL_MAX_SERVERS"); return;
	case PP_WORDS_MEMORY:
		snprintf(ret_text, size, "memory: %s free of %s, %s per server at work", free.text,
			 limit.text, cost.text);
		return;
	case PP_WORDS_GROWING:
		snprintf(ret_text, size,
			 "more when clients wait: %s free of %s, %s per server at work", free.text,
			 limit.text, cost.text);
		return;
	case PP_WORDS_AWAITED:
		snprintf(
			ret_text, size,
			"more when what is at work has ended: %s free of %s, %s per server at work",
			free.text, limit.text, cost.text);
		return;
	case PP_WORDS_UNSEEN:
		snprintf(ret_text, size,
			 "what the work costs is not seen yet: %s free of %s, one more at a time",
			 free.text, limit.text);
		return;
	case PP_WORDS_FLAT:
		snprintf(ret_text, size,
			 "memory is high but still, what was carried stays: %s free of %s",
			 free.text, limit.text);
		return;
	case PP_WORDS_GROWTH:
		snprintf(ret_text, size,
			 "memory rose %s above what the work explains: %s free of %s", above.text,
			 free.text, limit.text);
		return;
	case PP_WORDS_EVENT:
		if (verdict->limit_bytes == 0) {
			snprintf(ret_text, size,
				 "the kernel killed for want of memory, no limit visible: halved");
			return;
		}
		snprintf(ret_text, size, "the kernel hit the memory limit: halved, %s free of %s",
			 free.text, limit.text);
		return;
	case PP_WORDS_STALL:
		snprintf(ret_text, size, "tasks stall for memory (PSI): %s free of %s", free.text,
			 limit.text);
		return;
	case PP_WORDS_NODE:
		snprintf(ret_text, size,
			 "no memory limit visible: governed by node pressure; set limits.memory");
		return;
	case PP_WORDS__COUNT: break;
	}
	snprintf(ret_text, size, "unknown");
}

void pp_words_limit(const char *file, int above, char *ret_text, size_t size)
{
	snprintf(ret_text, size, "%s", file ? file : "");
	if (file && above > 0)
		snprintf(ret_text, size, "%s, %d level%s up", file, above, above > 1 ? "s" : "");
}
