#include "cli/doctor.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHIM	    "libpodpool.so"
#define ENVIRON_MAX (1 << 20)

bool pp_doctor_find_shim(const char *list, char ret_path[PATH_MAX])
{
	ret_path[0] = '\0';
	while (list && *list) {
		size_t len = strcspn(list, ": \n");
		const char *name = memrchr(list, '/', len);
		name = name ? name + 1 : list;
		if (len < PATH_MAX && (size_t)(list + len - name) == strlen(SHIM) &&
		    strncmp(name, SHIM, strlen(SHIM)) == 0) {
			memcpy(ret_path, list, len);
			ret_path[len] = '\0';
			return true;
		}
		list += len + (list[len] != '\0');
	}
	return false;
}

static void path_of(pid_t pid, const char *name, char ret_path[64])
{
	snprintf(ret_path, 64, "/proc/%d/%s", (int)pid, name);
}

/* With a NUL behind it, the caller frees it; NULL with errno. */
static char *read_all(pid_t pid, const char *name, size_t *ret_len)
{
	char path[64];
	path_of(pid, name, path);
	FILE *file = fopen(path, "re");
	char *text = file ? malloc(ENVIRON_MAX + 1) : NULL;
	*ret_len = 0;
	if (text)
		*ret_len = fread(text, 1, ENVIRON_MAX, file);
	if (text)
		text[*ret_len] = '\0';
	if (file)
		fclose(file);
	return text;
}

/* Is the library in its memory? */
static bool is_mapped(pid_t pid)
{
	char path[64], line[PATH_MAX + 128];
	bool found = false;
	path_of(pid, "maps", path);
	FILE *maps = fopen(path, "re");
	while (maps && !found && fgets(line, sizeof line, maps)) {
		line[strcspn(line, "\n")] = '\0';
		const char *name = strrchr(line, '/');
		found = name && strncmp(name + 1, SHIM, strlen(SHIM)) == 0;
	}
	if (maps)
		fclose(maps);
	return found;
}

/* The kernel told the loader not to trust the environment. */
static bool is_secure(pid_t pid)
{
	size_t len;
	char *bytes = read_all(pid, "auxv", &len);
	bool secure = false;
	for (size_t at = 0; bytes && at + sizeof(Elf64_auxv_t) <= len; at += sizeof(Elf64_auxv_t)) {
		Elf64_auxv_t entry;
		memcpy(&entry, bytes + at, sizeof entry);
		secure |= entry.a_type == AT_SECURE && entry.a_un.a_val;
	}
	free(bytes);
	return secure;
}

static bool leads(const char *variable)
{
	return strncmp(variable, "PODPOOL", 7) == 0 ||
	       strncmp(variable, "XDG_RUNTIME_DIR=", 16) == 0;
}

static void forget_ours(void)
{
	for (char **at = environ; *at;) {
		char name[256];
		size_t len = strcspn(*at, "=");
		if (leads(*at) && (*at)[len] && len < sizeof name) {
			snprintf(name, sizeof name, "%.*s", (int)len, *at);
			unsetenv(name);
			at = environ; /* they have moved */
		} else {
			at++;
		}
	}
}

/* What leads its shim leads us; its LD_PRELOAD is only looked at. */
static void take_environment(const char *bytes, size_t len, const char **ret_preload)
{
	forget_ours();
	*ret_preload = NULL;
	for (const char *at = bytes; at < bytes + len; at += strlen(at) + 1) {
		if (strncmp(at, "LD_PRELOAD=", 11) == 0)
			*ret_preload = at + 11;
		if (leads(at) && strchr(at, '='))
			putenv(strdup(at)); /* until we end */
	}
}

static void explain_absence(struct pp_doctor *d, pid_t pid, bool known)
{
	if (is_secure(pid))
		pp_doctor_bad(d, "take setuid bits and file capabilities off the program",
			      "the kernel started it in secure mode (setuid or capabilities): "
			      "LD_PRELOAD was ignored");
	else if (!known)
		pp_doctor_bad(d, "set LD_PRELOAD in the pod's environment",
			      SHIM " is not loaded in process %d", (int)pid);
	else if (!*d->shim)
		pp_doctor_bad(d,
			      "set LD_PRELOAD in the pod's environment (env -i, sudo and su take "
			      "it away), or start it with `podpool run`",
			      "it was started without " SHIM " in LD_PRELOAD");
	else
		pp_doctor_bad(d, "the file must be there, and readable, when the program starts",
			      "LD_PRELOAD named %s, but the loader did not load it", d->shim);
}

static void look_into(struct pp_doctor *d, pid_t pid)
{
	size_t len;
	const char *preload = NULL;
	char *environment = read_all(pid, "environ", &len);
	if (!environment) {
		pp_doctor_bad(d, "run the doctor as root, or as the program's user",
			      "cannot look into process %d: %s", (int)pid, strerror(errno));
		return;
	}
	/* setproctitle writes over it */
	bool known = len == 0 || memchr(environment, '=', len);
	if (known)
		take_environment(environment, len, &preload);
	else
		pp_doctor_note(
			"start the doctor with the variables that the process was started with",
			"process %d has overwritten its environment: settings and directory "
			"below are ours",
			(int)pid);
	pp_doctor_find_shim(preload, d->shim);
	if (is_mapped(pid))
		pp_doctor_ok("the library is loaded in process %d", (int)pid);
	else if (d->is_reachable)
		explain_absence(d, pid, known);
	free(environment);
}

static bool is_same_namespace(pid_t pid, const char *name)
{
	char path[64];
	struct stat ours, its;
	path_of(pid, name, path);
	if (stat(path, &its) < 0)
		return true; /* cannot be known */
	path_of(getpid(), name, path);
	return stat(path, &ours) == 0 && ours.st_ino == its.st_ino;
}

/* The directory must be its user's. */
static void become_its_user(pid_t pid)
{
	char path[64];
	struct stat st;
	path_of(pid, "", path);
	if (stat(path, &st) < 0 || st.st_uid == geteuid())
		return;
	if (setegid(st.st_gid) < 0 || seteuid(st.st_uid) < 0)
		pp_doctor_note("run the doctor as root, or as that user",
			       "process %d is uid %u's: what is said below of directory and broker "
			       "is ours",
			       (int)pid, st.st_uid);
}

void pp_doctor_process(struct pp_doctor *d, pid_t pid)
{
	char path[64], exe[PATH_MAX];
	path_of(pid, "exe", path);
	ssize_t n = readlink(path, exe, sizeof exe - 1);
	if (n < 0) {
		bool gone = errno == ENOENT;
		pp_doctor_bad(d,
			      gone ? "look for its number again"
				   : "run the doctor as root, or as the program's user",
			      gone ? "there is no process %d" : "cannot look into process %d",
			      (int)pid);
		return;
	}
	exe[n] = '\0';
	unsigned before = d->bad;
	pp_doctor_file(d, path, exe, true);
	if (d->bad > before && is_mapped(pid))
		d->bad = before; /* it is in, whatever the file looks like now */
	look_into(d, pid);
	if (!is_same_namespace(pid, "ns/mnt"))
		pp_doctor_note("run the doctor in its container",
			       "process %d sees other files than we do: what is said below may be "
			       "another place",
			       (int)pid);
	become_its_user(pid);
}

void pp_doctor_environment(struct pp_doctor *d)
{
	if (!d->is_reachable)
		return;
	if (!pp_doctor_find_shim(getenv("LD_PRELOAD"), d->shim))
		pp_doctor_note(
			"set it in the pod's environment, or start the program with `podpool run`",
			"LD_PRELOAD does not name " SHIM " here");
	else if (access(d->shim, R_OK) < 0)
		pp_doctor_bad(d, "mount or install it there, readable", "LD_PRELOAD names %s: %s",
			      d->shim, strerror(errno));
	else
		pp_doctor_ok("LD_PRELOAD names %s", d->shim);
}
