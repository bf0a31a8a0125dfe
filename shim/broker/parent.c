#include "broker/parent.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/broker.h"
#include "broker/process.h"
#include "broker/start.h"

/* Who was answered connects at once. */
#define PP_PARENT_ASKED_MS 1000

static bool read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* The next entry that is a number; 0 at the end. */
static pid_t next_pid(DIR *dir)
{
	struct dirent *entry;
	while ((entry = readdir(dir)))
		if (isdigit((unsigned char)*entry->d_name))
			return atoi(entry->d_name);
	return 0;
}

/* In which function of the kernel it sleeps; "0" where nobody says. gcc may have added ".constprop.0". */
static bool is_in_wait(pid_t pid, pid_t thread)
{
	char path[64], where[64];
	snprintf(path, sizeof path, "/proc/%d/task/%d/wchan", (int)pid, (int)thread);
	if (!read_file(path, where, sizeof where))
		return false;
	where[strcspn(where, ".")] = '\0';
	return strcmp(where, "do_wait") == 0 || strcmp(where, "kernel_wait4") == 0 ||
	       strcmp(where, "kernel_waitid") == 0;
}

static bool does_wait(pid_t pid)
{
	char path[32];
	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	DIR *threads = opendir(path);
	bool waits = false;
	pid_t thread;
	while (threads && !waits && (thread = next_pid(threads)))
		waits = is_in_wait(pid, thread);
	if (threads)
		closedir(threads);
	return waits;
}

static pid_t parent_of(pid_t pid)
{
	char path[32], stat[512];
	int parent;
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	if (!read_file(path, stat, sizeof stat))
		return 0;
	const char *name_end = strrchr(stat, ')'); /* the name may hold anything */
	return name_end && sscanf(name_end, ") %*c %d", &parent) == 1 ? parent : 0;
}

/* Not /proc/PID/task/TID/children: not every kernel has it. */
static bool is_our_only_parent(pid_t pid)
{
	DIR *all = opendir("/proc");
	bool is_only = all != NULL;
	pid_t child;
	while (is_only && (child = next_pid(all)))
		is_only = child == getpid() || parent_of(child) != pid;
	if (all)
		closedir(all);
	return is_only;
}

void pp_parent_look(struct pp_broker *b)
{
	pid_t parent = getppid();
	bool before = b->awaited;
	b->awaited = pp_start_is_by_program() && b->clients.count == 0 &&
		     b->now - b->asked_at >= PP_PARENT_ASKED_MS &&
		     pp_process_is_nobody_but(b, parent) && does_wait(parent) &&
		     is_our_only_parent(parent);
	if (b->awaited && !before)
		pp_log(PP_LOG_INFO, "process %d waits for its children, and we are the last",
		       (int)parent);
}
