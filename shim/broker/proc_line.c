#include "broker/proc_line.h"

#include <stdio.h>
#include <string.h>

void pp_proc_line(pid_t pid, const char *name, char *text, int size)
{
	char path[64];
	text[0] = '\0';
	if (pid)
		snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	else
		snprintf(path, sizeof path, "/proc/%s", name);
	FILE *file = fopen(path, "re");
	if (!file)
		return;
	if (!fgets(text, size, file))
		text[0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	fclose(file);
}

const char *pp_proc_stat(pid_t pid, char line[512])
{
	pp_proc_line(pid, "stat", line, 512);
	const char *name_end = strrchr(line, ')');
	return name_end ? name_end + 1 : "";
}
