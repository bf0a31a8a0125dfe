#include "cgroup/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cgroup/levels.h"

#define BUF_BYTES    16384 /* memory.stat is 1 to 2 KiB, meminfo 1.5 KiB */
#define CHECK_EVERY  32	   /* samples between two looks at /proc/self/cgroup */
#define V1_HIERARCHY "hierarchical_memory_limit"

struct counts {
	uint64_t kills, throttles, stalls;
};

struct pp_cgroup_files {
	int root_fd;
	int meminfo_fd, node_pressure_fd;
	unsigned samples;
	struct pp_levels levels;
	struct counts counts; /* as the files said last */
	struct counts before; /* in the cgroups where we were before */
	bool moved;	      /* since then */
	char buf[BUF_BYTES];
};

int pp_cgroup_files_open(const char *root, struct pp_cgroup_files **ret_files)
{
	struct pp_cgroup_files *f = calloc(1, sizeof *f);
	if (!f)
		return PP_ERR_NOMEM;
	f->root_fd = open(*root ? root : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	f->meminfo_fd = pp_levels_open(f->root_fd, "proc/meminfo");
	f->node_pressure_fd = pp_levels_open(f->root_fd, "proc/pressure/memory");
	pp_levels_init(&f->levels);
	pp_levels_find(&f->levels, f->root_fd, f->buf, sizeof f->buf);
	*ret_files = f;
	return 0;
}

void pp_cgroup_files_close(struct pp_cgroup_files *files)
{
	if (!files)
		return;
	pp_levels_finish(&files->levels);
	if (files->meminfo_fd >= 0)
		close(files->meminfo_fd);
	if (files->node_pressure_fd >= 0)
		close(files->node_pressure_fd);
	if (files->root_fd >= 0)
		close(files->root_fd);
	free(files);
}

static int64_t read_number(struct pp_cgroup_files *f, int fd, int64_t absent)
{
	int64_t value = absent;
	if (pp_levels_read(fd, f->buf, sizeof f->buf) && !pp_parse_number(f->buf, &value))
		value = absent;
	return value;
}

struct reading {
	int64_t limit, working_set, hierarchical_limit;
	const char *limit_file;
};

/* cgroup-v2.rst: going over memory.high never invokes the OOM killer but throttles and reclaims
 * heavily; for planning it is the limit. Working set as kubelet's: usage - inactive_file, on v1
 * total_inactive_file, because usage there includes the children. */
static struct reading read_limit(struct pp_cgroup_files *f, const struct pp_level *level)
{
	struct reading r = {.limit = read_number(f, level->limit_fd, PP_SAMPLE_NO_LIMIT),
			    .limit_file = f->levels.names->limit};
	int64_t high = read_number(f, level->high_fd, PP_SAMPLE_NO_LIMIT);
	if (high < r.limit) {
		r.limit = high;
		r.limit_file = f->levels.names->high;
	}
	return r;
}

/* A limit of the machine's size limits nothing: v1's "no limit", or a careless manifest. */
static bool is_limit(const struct pp_sample *s, int64_t limit)
{
	return limit != PP_SAMPLE_NO_LIMIT &&
	       (s->node_total_bytes < 0 || limit < s->node_total_bytes);
}

/* memory.stat is dear to read, the more processors and groups below the dearer: not of levels that limit nothing. */
static bool read_usage(struct pp_cgroup_files *f, const struct pp_level *level, struct reading *r)
{
	int64_t usage = read_number(f, level->usage_fd, -1);
	int64_t inactive = 0;
	if (usage < 0)
		return false;
	r->hierarchical_limit = PP_SAMPLE_NO_LIMIT;
	if (pp_levels_read(level->stat_fd, f->buf, sizeof f->buf)) {
		if (!pp_parse_field(f->buf, "total_inactive_file", &inactive))
			(void)pp_parse_field(f->buf, "inactive_file", &inactive);
		(void)pp_parse_field(f->buf, V1_HIERARCHY, &r->hierarchical_limit);
	}
	r->working_set = usage > inactive ? usage - inactive : 0;
	return true;
}

static void consider(struct pp_sample *s, const struct reading *r, int above)
{
	if (!is_limit(s, r->limit))
		return;
	s->levels++;
	int64_t headroom = r->limit - r->working_set;
	if (s->limit_bytes != PP_SAMPLE_NO_LIMIT && headroom >= s->headroom_bytes)
		return;
	s->limit_bytes = r->limit;
	s->working_set_bytes = r->working_set;
	s->headroom_bytes = headroom;
	s->limit_file = r->limit_file;
	s->limit_above = above;
}

static bool sample_levels(struct pp_cgroup_files *f, struct pp_sample *s)
{
	int64_t lowest = PP_SAMPLE_NO_LIMIT;
	struct reading hidden = {
		.limit = PP_SAMPLE_NO_LIMIT, .working_set = -1, .limit_file = V1_HIERARCHY};
	for (int i = 0; i < f->levels.count; i++) {
		struct reading r = read_limit(f, &f->levels.level[i]);
		if (i > 0 && !is_limit(s, r.limit))
			continue;
		if (!read_usage(f, &f->levels.level[i], &r)) {
			if (i == 0)
				return false;
			continue;
		}
		if (i == 0) {
			hidden.limit = r.hierarchical_limit;
			hidden.working_set = r.working_set;
		}
		if (r.limit < lowest)
			lowest = r.limit;
		consider(s, &r, i);
	}
	/* v1 shows an ancestor's limit here that the mount may hide: the pod's. Its usage is hidden
	 * too, our own is the least it can be. */
	if (hidden.limit < lowest)
		consider(s, &hidden, 0);
	if (s->limit_bytes == PP_SAMPLE_NO_LIMIT)
		s->working_set_bytes = hidden.working_set;
	s->own_working_set_bytes = hidden.working_set;
	s->version = f->levels.version;
	return f->levels.count > 0;
}

static uint64_t field_or_zero(const char *text, const char *name)
{
	int64_t value = 0;
	(void)pp_parse_field(text, name, &value);
	return (uint64_t)value;
}

/* Of the own cgroup only: they count children too (memory.events is hierarchical), but what happens
 * to siblings in the node's upper levels is not about us. */
static struct counts read_counts(struct pp_cgroup_files *f)
{
	struct counts c = f->counts;
	if (pp_levels_read(f->levels.events_fd, f->buf, sizeof f->buf)) {
		c.kills = field_or_zero(f->buf, "oom") + field_or_zero(f->buf, "oom_kill");
		c.throttles = field_or_zero(f->buf, "high");
	}
	if (pp_levels_read(f->levels.pressure_fd, f->buf, sizeof f->buf))
		(void)pp_parse_pressure(f->buf, &c.stalls);
	return c;
}

/* What another cgroup has counted before we came is nothing that has happened to us: we go on from where the last one
 * stood. */
static void sample_events(struct pp_cgroup_files *f, struct pp_sample *s)
{
	struct counts now = read_counts(f);
	if (f->moved) {
		f->before.kills += f->counts.kills - now.kills;
		f->before.throttles += f->counts.throttles - now.throttles;
		f->before.stalls += f->counts.stalls - now.stalls;
		f->moved = false;
	}
	f->counts = now;
	s->kill_events = f->before.kills + now.kills;
	s->throttle_events = f->before.throttles + now.throttles;
	s->stall_total_us = f->before.stalls + now.stalls;
}

static void sample_node(struct pp_cgroup_files *f, struct pp_sample *s)
{
	if (pp_levels_read(f->meminfo_fd, f->buf, sizeof f->buf)) {
		(void)pp_parse_meminfo(f->buf, "MemTotal", &s->node_total_bytes);
		(void)pp_parse_meminfo(f->buf, "MemAvailable", &s->node_available_bytes);
	}
	if (pp_levels_read(f->node_pressure_fd, f->buf, sizeof f->buf))
		(void)pp_parse_pressure(f->buf, &s->node_stall_total_us);
}

static void find_again(struct pp_cgroup_files *f)
{
	pp_levels_finish(&f->levels);
	pp_levels_find(&f->levels, f->root_fd, f->buf, sizeof f->buf);
	f->moved = true;
}

static struct pp_sample blank(void)
{
	return (struct pp_sample){.limit_bytes = PP_SAMPLE_NO_LIMIT,
				  .working_set_bytes = -1,
				  .own_working_set_bytes = -1,
				  .headroom_bytes = PP_SAMPLE_NO_LIMIT,
				  .node_available_bytes = -1,
				  .node_total_bytes = -1};
}

void pp_cgroup_files_sample(struct pp_cgroup_files *files, struct pp_sample *ret_sample)
{
	struct pp_sample s = blank();
	if (++files->samples % CHECK_EVERY == 0 &&
	    pp_levels_moved(&files->levels, files->root_fd, files->buf, sizeof files->buf))
		find_again(files);
	sample_node(files, &s);
	struct pp_sample node = s;
	/* A removed cgroup answers ENODEV: we have been moved. */
	if (!sample_levels(files, &s) && files->levels.count > 0) {
		find_again(files);
		s = node;
		(void)sample_levels(files, &s);
	}
	sample_events(files, &s);
	*ret_sample = s;
}
