#include "cli/doctor.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/answer.h"
#include "cli/ask.h"
#include "ipc/dir.h"

static bool may_make_in(const char *path)
{
	char parent[PP_DIR_MAX];
	snprintf(parent, sizeof parent, "%s", path);
	char *slash = strrchr(parent, '/');
	if (!slash)
		return false;
	slash[slash == parent] = '\0';
	return eaccess(parent, W_OK | X_OK) == 0;
}

/* NULL: it can be used. Else why not. */
static const char *why_not(const char *dir, unsigned index, char text[120])
{
	struct stat st;
	const char *given = getenv("PODPOOL_DIR");
	if (given && *given && index > 0 &&
	    !(lstat(given, &st) == 0 && pp_dir_may_hold(st.st_mode, st.st_uid, geteuid())))
		return "it would be in a directory that is not root's and not ours";
	if (lstat(dir, &st) < 0 && errno == ENOENT)
		return may_make_in(dir) ? NULL : "it is not there and cannot be made";
	if (lstat(dir, &st) < 0)
		return strerror(errno);
	if (!S_ISDIR(st.st_mode))
		return "it is not a directory (a link is not followed)";
	if (st.st_uid != geteuid()) {
		snprintf(text, 120, "it belongs to uid %u, and we are %u", st.st_uid, geteuid());
		return text;
	}
	if (!pp_dir_is_usable(st.st_mode, st.st_uid, geteuid())) {
		snprintf(text, 120, "others can write to it (mode %03o)", st.st_mode & 0777);
		return text;
	}
	return eaccess(dir, W_OK | X_OK) == 0 ? NULL : "it cannot be written to";
}

void pp_doctor_place(struct pp_doctor *d)
{
	char dir[PP_DIR_MAX], text[120];
	int r = 0;
	for (unsigned i = 0; r != PP_ERR_ABSENT; i++) {
		r = pp_dir_candidate(i, getenv("PODPOOL_DIR"), getenv("XDG_RUNTIME_DIR"), geteuid(),
				     dir);
		const char *why = r < 0 ? "its path is too long" : why_not(dir, i, text);
		if (r == 0 && !why) {
			pp_doctor_ok("the socket's directory is %s", dir);
			return;
		}
		if (r == 0)
			pp_doctor_note("see below", "%s cannot hold the socket: %s", dir, why);
	}
	pp_doctor_bad(d,
		      "PODPOOL_DIR must be a directory of the program's user that nobody else "
		      "writes to, or a volume of root",
		      "there is no directory for the broker's socket");
}

static void look_for_executable(struct pp_doctor *d)
{
	char broker[PATH_MAX + 32];
	const char *slash = strrchr(d->shim, '/');
	if (!slash) {
		pp_doctor_ok("no broker runs; the first pooled connection starts one");
		return;
	}
	snprintf(broker, sizeof broker, "%.*s/../bin/podpool", (int)(slash - d->shim), d->shim);
	if (access(broker, X_OK) == 0)
		pp_doctor_ok("no broker runs; the first pooled connection starts %s", broker);
	else
		pp_doctor_bad(
			d, "the library looks for it there: install the whole tree, lib/ and bin/",
			"no broker runs, and %s cannot be started: %s", broker, strerror(errno));
}

static void judge(const json_t *root)
{
	const json_t *totals = json_object_get(root, "totals");
	const char *state = json_string_value(json_object_get(root, "state"));
	const json_t *identity = json_object_get(root, "identity");
	pp_doctor_ok("a broker answers: pid %lld, %lld clients, %lld servers",
		     (long long)pp_answer_number(root, "pid"),
		     (long long)pp_answer_number(totals, "clients"),
		     (long long)pp_answer_number(totals, "servers"));
	if (state && strcmp(state, "run") != 0)
		pp_doctor_note("it was told that the pod ends; the next one starts when it is gone",
			       "the broker is leaving (%s)", state);
	if (json_is_false(identity))
		pp_doctor_note("allow NETLINK_SOCK_DIAG (a seccomp or gVisor rule forbids it): TLS "
			       "of libpq programs is not pooled, and SIGTERM does not know whose "
			       "transaction is open",
			       "the broker cannot ask the kernel whose a connection is");
	if (pp_answer_number(totals, "tunnels") > 0)
		pp_doctor_note(
			"let the program connect with sslmode=disable, or set "
			"PODPOOL_CLIENT_TLS=terminate: the broker itself speaks TLS with the "
			"server",
			"%lld connections are carried but not pooled: they speak TLS themselves, "
			"or a protocol that cannot be pooled (replication, GSSAPI)",
			(long long)pp_answer_number(totals, "tunnels"));
	if (pp_answer_number(totals, "refused") > 0)
		pp_doctor_note("the log says why: they were another user's, or there were too many",
			       "%lld connections were refused",
			       (long long)pp_answer_number(totals, "refused"));
}

void pp_doctor_broker(struct pp_doctor *d)
{
	struct pp_errctx err;
	char *answer;
	size_t len;
	int r = pp_ask_status(&answer, &len, &err);
	if (r == PP_ERR_ABSENT) {
		look_for_executable(d);
		return;
	}
	if (r < 0) {
		pp_doctor_bad(d,
			      r == PP_ERR_SYS
				      ? "programs connect directly, after a tenth of a second: "
					"look at its log; end it, and the next connection "
					"starts another"
				      : "look at its log",
			      "%s", err.text);
		return;
	}
	json_t *root = json_loadb(answer, len, 0, NULL);
	free(answer);
	if (root)
		judge(root);
	else
		pp_doctor_bad(d, "look at its log", "the broker's answer cannot be read");
	json_decref(root);
}
