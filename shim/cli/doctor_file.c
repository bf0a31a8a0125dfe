#include "cli/doctor.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SCRIPTS_MAX 4 /* a script's interpreter may be a script */
#define HEADERS_MAX 64
#define NOTES_MAX   4096
#define BLANKS	    " \t\n"

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#else
#define OUR_MACHINE EM_AARCH64
#endif

struct facts {
	bool is_elf, is_64, is_our_machine, has_interpreter, is_go;
};

/* The Go linker leaves a note by this name in every program. */
static bool has_go_note(int fd, const Elf64_Phdr *segment)
{
	_Alignas(Elf64_Nhdr) char bytes[NOTES_MAX];
	size_t size = segment->p_filesz < sizeof bytes ? segment->p_filesz : sizeof bytes;
	ssize_t n = pread(fd, bytes, size, (off_t)segment->p_offset);
	for (size_t at = 0; n > 0 && at + sizeof(Elf64_Nhdr) + 4 <= (size_t)n;) {
		const Elf64_Nhdr *note = (const void *)(bytes + at);
		if (note->n_namesz == 4 && memcmp(note + 1, "Go\0", 4) == 0)
			return true;
		size_t len = sizeof *note + (((size_t)note->n_namesz + 3) & ~(size_t)3) +
			     (((size_t)note->n_descsz + 3) & ~(size_t)3);
		at += len;
	}
	return false;
}

static void read_elf(int fd, struct facts *f)
{
	Elf64_Ehdr head;
	Elf64_Phdr segments[HEADERS_MAX];
	if (pread(fd, &head, sizeof head, 0) != sizeof head ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
		return;
	f->is_elf = true;
	f->is_64 = head.e_ident[EI_CLASS] == ELFCLASS64;
	f->is_our_machine = f->is_64 && head.e_machine == OUR_MACHINE;
	if (!f->is_64 || head.e_phnum > HEADERS_MAX || head.e_phentsize != sizeof *segments)
		return;
	size_t size = head.e_phnum * sizeof *segments;
	if (pread(fd, segments, size, (off_t)head.e_phoff) != (ssize_t)size)
		return;
	for (unsigned i = 0; i < head.e_phnum; i++) {
		f->has_interpreter |= segments[i].p_type == PT_INTERP;
		f->is_go |= segments[i].p_type == PT_NOTE && has_go_note(fd, &segments[i]);
	}
}

/* Would the kernel, if we started it, give it other ids or capabilities than ours? What it never gives it for makes no
 * difference: a mount with nosuid, and no_new_privs (a pod's allowPrivilegeEscalation: false). */
static bool is_privileged(int fd)
{
	const mode_t setgid = S_ISGID | S_IXGRP; /* without the latter it is about locks */
	struct stat st;
	struct statvfs mount;
	if (fstat(fd, &st) < 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ||
	    (fstatvfs(fd, &mount) == 0 && mount.f_flag & ST_NOSUID))
		return false;
	return ((st.st_mode & S_ISUID) && st.st_uid != geteuid()) ||
	       ((st.st_mode & setgid) == setgid && st.st_gid != getegid()) ||
	       (geteuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0);
}

static void judge(struct pp_doctor *d, const struct facts *f, const char *shown)
{
	unsigned before = d->bad;
	if (!f->is_elf)
		pp_doctor_bad(d, "name the program itself", "%s is neither a program nor a script",
			      shown);
	else if (!f->is_our_machine)
		pp_doctor_bad(d, "only programs of the machine podpool was built for are reached",
			      "%s is a program for another kind of processor", shown);
	else if (!f->has_interpreter && f->is_go)
		pp_doctor_bad(d,
			      "nothing can be preloaded into it; a pooler beside it is another way",
			      "%s is a Go program: it talks to the kernel by itself", shown);
	else if (!f->has_interpreter)
		pp_doctor_bad(d, "take a dynamically linked build of it",
			      "%s is statically linked: nothing can be preloaded into it", shown);
	else if (f->is_go)
		pp_doctor_note("connections made in Go itself are not pooled",
			       "%s is a Go program with C in it (cgo): only what the C part "
			       "connects is reached",
			       shown);
	else
		pp_doctor_ok("%s is dynamically linked: a library can be preloaded", shown);
	d->is_reachable = d->bad == before;
}

static void judge_fd(struct pp_doctor *d, int fd, const char *shown, bool runs)
{
	struct facts f = {0};
	read_elf(fd, &f);
	judge(d, &f, shown);
	if (!runs && d->is_reachable && is_privileged(fd)) {
		pp_doctor_bad(d,
			      geteuid() == 0 ? "take the bits and capabilities off the file"
					     : "take the bits and capabilities off the file, or "
					       "let root start it",
			      "%s is setuid, setgid or has file capabilities: the loader ignores "
			      "LD_PRELOAD",
			      shown);
		d->is_reachable = false;
	}
}

void pp_doctor_file(struct pp_doctor *d, const char *path, const char *shown, bool runs)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		pp_doctor_note("run the doctor as root, or as the owner", "cannot read %s: %s",
			       shown, strerror(errno));
		return;
	}
	judge_fd(d, fd, shown, runs);
	close(fd);
}

/* As execvp: a name with a slash is a path. */
static bool find_in_path(const char *name, char ret_path[PATH_MAX])
{
	const char *list = getenv("PATH");
	if (strchr(name, '/'))
		return snprintf(ret_path, PATH_MAX, "%s", name) < PATH_MAX &&
		       access(ret_path, X_OK) == 0;
	for (list = list ? list : "/usr/bin:/bin"; *list;) {
		size_t len = strcspn(list, ":");
		if (snprintf(ret_path, PATH_MAX, "%.*s/%s", (int)len, list, name) < PATH_MAX &&
		    access(ret_path, X_OK) == 0)
			return true;
		list += len + (list[len] == ':');
	}
	return false;
}

/* Of what follows env: the command, behind options (those with a word of their own, too) and variables. */
static char *skip_env(char **rest)
{
	char *word = strtok_r(NULL, BLANKS, rest);
	for (; word && (*word == '-' || strchr(word, '=')); word = strtok_r(NULL, BLANKS, rest))
		if (strcmp(word, "-u") == 0 || strcmp(word, "-C") == 0)
			(void)strtok_r(NULL, BLANKS, rest);
	return word;
}

/* "#!/usr/bin/env python3": the word that is run in the end. False: no script. */
static bool read_interpreter(const char *path, char ret_name[PATH_MAX])
{
	char line[256] = "", *word, *rest = line + 2;
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	bool ok = fgets(line, sizeof line, file) && strncmp(line, "#!", 2) == 0;
	fclose(file);
	if (!ok || !(word = strtok_r(rest, BLANKS, &rest)))
		return false;
	size_t len = strlen(word);
	bool is_env = len >= 4 && strcmp(word + len - 4, "/env") == 0;
	char *next = is_env ? skip_env(&rest) : NULL;
	snprintf(ret_name, PATH_MAX, "%s", next ? next : word);
	return true;
}

void pp_doctor_command(struct pp_doctor *d, const char *name)
{
	char path[PATH_MAX], next[PATH_MAX];
	for (int i = 0; i < SCRIPTS_MAX; i++) {
		if (!find_in_path(name, path)) {
			pp_doctor_bad(d, "look at PATH and at the file's mode",
				      "%s: no such command", name);
			d->is_reachable = false;
			return;
		}
		if (!read_interpreter(path, next))
			break;
		pp_doctor_ok("%s is a script, run by %s", path, next);
		name = next;
	}
	pp_doctor_file(d, path, path, false);
}
