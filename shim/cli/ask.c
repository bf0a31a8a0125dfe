#include "cli/ask.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "ipc/codec.h"
#include "ipc/dir.h"

#define PATIENCE_S 10 /* for each read: a broker answers in its next round */
#define NO_ANSWER  "the broker does not answer: "

static const char *reason(void)
{
	return errno == EAGAIN ? "no word in 10 seconds" : strerror(errno);
}

/* The rule of the shim: a directory of somebody else is a trap. */
static bool is_usable(const char *dir)
{
	struct stat st;
	return lstat(dir, &st) == 0 && pp_dir_is_usable(st.st_mode, st.st_uid, geteuid());
}

/* So is a socket of somebody else. */
static bool is_ours(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof peer;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.uid == geteuid();
}

static int fail(int fd, struct pp_errctx *err, int code, const char *what, const char *why)
{
	close(fd);
	return pp_err_set(err, code, "%s%s", what, why);
}

/* PP_ERR_ABSENT: nobody listens there. Not so a broker that hangs: when its backlog is full, connect(2) says EAGAIN after our
 * patience, and what it holds is pooled none the less. */
static int dial(const char *dir, int *ret_fd, struct pp_errctx *err)
{
	struct timeval patience = {.tv_sec = PATIENCE_S};
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char path[108];
	pp_dir_join(dir, PP_IPC_SOCK, path);
	memcpy(addr.sun_path, path, sizeof addr.sun_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return pp_err_set(err, PP_ERR_SYS, "no socket: %s", strerror(errno));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0) {
		bool absent = errno == ENOENT || errno == ECONNREFUSED;
		return fail(fd, err, absent ? PP_ERR_ABSENT : PP_ERR_SYS, NO_ANSWER, reason());
	}
	if (!is_ours(fd))
		return fail(fd, err, PP_ERR_INVALID,
			    "the broker's socket is another user's: ", path);
	*ret_fd = fd;
	return 0;
}

static int find_broker(int *ret_fd, struct pp_errctx *err)
{
	char dir[PP_DIR_MAX], looked[120] = "";
	const char *given = getenv("PODPOOL_DIR");
	bool has_own_dir = given && is_usable(given); /* then none was made in it */
	int r = 0;
	for (unsigned i = 0; r != PP_ERR_ABSENT; i++) {
		r = pp_dir_candidate(i, given, getenv("XDG_RUNTIME_DIR"), geteuid(), dir);
		if (r < 0 || (i > 0 && has_own_dir))
			continue;
		int dialled = is_usable(dir) ? dial(dir, ret_fd, err) : PP_ERR_ABSENT;
		if (dialled != PP_ERR_ABSENT)
			return dialled;
		size_t len = strlen(looked);
		snprintf(looked + len, sizeof looked - len, "%s%s", len ? ", " : "", dir);
	}
	return pp_err_set(err, PP_ERR_ABSENT, "no broker is running (looked in %s)",
			  *looked ? looked : "no directory");
}

static int read_answer(int fd, struct pp_buf *answer, struct pp_errctx *err)
{
	char piece[65536];
	for (;;) {
		ssize_t n = read(fd, piece, sizeof piece);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return pp_err_set(err, PP_ERR_SYS, NO_ANSWER "%s", reason());
		if (n == 0)
			return pp_buf_append(answer, "", 1, PP_ASK_ANSWER_MAX + 1);
		int r = pp_buf_append(answer, piece, (size_t)n, PP_ASK_ANSWER_MAX);
		if (r < 0)
			return pp_err_set(err, r, "the broker's answer: %s", pp_err_str(r));
	}
}

/* Everything the broker answers to one question, with a NUL behind it. */
static int ask(enum pp_ipc_op op, struct pp_buf *answer, struct pp_errctx *err)
{
	struct pp_ipc_msg question;
	int fd = -1, r = find_broker(&fd, err);
	if (r < 0)
		return r;
	pp_codec_init(&question, op);
	if (send(fd, &question, sizeof question, MSG_NOSIGNAL) != sizeof question)
		r = pp_err_set(err, PP_ERR_SYS, "the broker hung up: %s", strerror(errno));
	else
		r = read_answer(fd, answer, err);
	close(fd);
	return r;
}

static int ask_for_text(enum pp_ipc_op op, char **ret_text, size_t *ret_len, struct pp_errctx *err)
{
	struct pp_buf answer = {0};
	int r = ask(op, &answer, err);
	if (r == 0 && !(*ret_text = strdup((const char *)pp_buf_bytes(&answer))))
		r = pp_err_set(err, PP_ERR_NOMEM, "out of memory");
	if (r == 0)
		*ret_len = pp_buf_len(&answer) - 1;
	pp_buf_finish(&answer);
	return r;
}

int pp_ask_status(char **ret_text, size_t *ret_len, struct pp_errctx *err)
{
	return ask_for_text(PP_IPC_STATUS, ret_text, ret_len, err);
}

int pp_ask_reload(char **ret_text, struct pp_errctx *err)
{
	size_t len;
	return ask_for_text(PP_IPC_RELOAD, ret_text, &len, err);
}

int pp_ask_drain(struct pp_errctx *err)
{
	struct pp_buf bytes = {0};
	struct pp_ipc_msg answer;
	int r = ask(PP_IPC_DRAIN, &bytes, err);
	if (r == 0 &&
	    (pp_codec_read_msg(pp_buf_bytes(&bytes), pp_buf_len(&bytes) - 1, &answer) < 0 ||
	     (answer.op != PP_IPC_OK && answer.op != PP_IPC_NOW)))
		r = pp_err_set(err, PP_ERR_INVALID,
			       "the broker is of a version that knows no drain");
	if (r == 0)
		r = answer.op == PP_IPC_NOW;
	pp_buf_finish(&bytes);
	return r;
}
