#include "broker/parent.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/broker.h"
#include "broker/proc_line.h"
#include "broker/process.h"
#include "broker/start.h"

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
	char name[32], where[64];
	snprintf(name, sizeof name, "task/%d/wchan", (int)thread);
	pp_proc_line(pid, name, where, sizeof where);
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
	char stat[512];
	int parent;
	return sscanf(pp_proc_stat(pid, stat), " %*c %d", &parent) == 1 ? parent : 0;
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
		     !pp_process_has_asked(b) && pp_process_is_nobody_but(b, parent) &&
		     does_wait(parent) && is_our_only_parent(parent);
	if (b->awaited && !before)
		pp_log(PP_LOG_INFO, "process %d waits for its children, and we are the last",
		       (int)parent);
}
