#include "host/known.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "host/conf.h"
#include "host/place.h"
#include "host/sys.h"
#include "ipc/codec.h"
#include "ipc/dir.h"
#include "ipc/stamp.h"

#define PAGE_ROUTES 32 /* a pod has few databases; the next page is read when it has more */

/* -1: it does not say, or not in our time (another time namespace). */
static int64_t silence_ms(const struct pp_ipc_route *first)
{
	struct pp_ipc_pulse pulse;
	memcpy(&pulse, first, sizeof pulse);
	return pulse.none.family ? -1 : pp_sys_now_ms() - pulse.at_ms;
}

static bool is_beating(const struct pp_ipc_route *first)
{
	int64_t ms = silence_ms(first);
	return ms >= 0 && ms <= PP_IPC_SILENT_MS;
}

static bool is_elsewhere(const struct pp_ipc_route *first)
{
	struct pp_ipc_pulse pulse;
	memcpy(&pulse, first, sizeof pulse);
	return pp_stamp_is_elsewhere(pulse.netns, pp_conf_get()->netns);
}

/* TOLD: it is to be told now. */
static enum pp_known find_in(int fd, const struct pp_ipc_addr *destination,
			     struct pp_ipc_addr *ret_listening)
{
	struct pp_ipc_route page[PAGE_ROUTES];
	for (long at = 0;;) {
		long n = pp_sys4(SYS_pread64, fd, page, sizeof page, at);
		if (n < (long)sizeof *page || (at == 0 && !is_beating(page)))
			return PP_KNOWN_DOUBTFUL;
		if (at == 0 && is_elsewhere(page))
			return PP_KNOWN_ELSEWHERE;
		for (unsigned i = at == 0; i < (unsigned long)n / sizeof *page; i++) {
			if (memcmp(&page[i].destination, destination, sizeof *destination) != 0)
				continue;
			*ret_listening = page[i].listening;
			return pp_codec_is_ours(ret_listening) ? PP_KNOWN_TOLD : PP_KNOWN_DOUBTFUL;
		}
		at += n;
	}
}

static bool is_of(int fd, uint32_t uid)
{
	struct stat st;
	return pp_sys2(SYS_fstat, fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == uid;
}

/* As whom the broker hears a datagram: as the sender's real user, while it knows who asks by the effective one (unix(7)).
 * Who is two users asks. */
static bool is_one_user(uint32_t *ret_uid)
{
	uint32_t real, saved;
	return pp_sys3(SYS_getresuid, &real, ret_uid, &saved) == 0 && real == *ret_uid;
}

static int open_routes(const char *dir)
{
	char path[108];
	pp_dir_join(dir, PP_IPC_ROUTES, path);
	return (int)pp_sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
}

static enum pp_known look_up(const char *dir, const struct pp_ipc_addr *destination,
			     struct pp_ipc_addr *ret_listening)
{
	uint32_t uid;
	enum pp_known known = PP_KNOWN_DOUBTFUL;
	int fd = open_routes(dir);
	if (fd < 0)
		return known;
	if (is_one_user(&uid) && is_of(fd, uid))
		known = find_in(fd, destination, ret_listening);
	pp_sys1(SYS_close, fd);
	return known;
}

/* Refused when the broker is dead, EAGAIN when it has not caught up: both mean ask. */
static bool tell(const char *dir, const struct pp_ipc_msg *question)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	pp_dir_join(dir, PP_IPC_TELL, to.sun_path);
	int fd = (int)pp_sys3(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	long sent = pp_sys6(SYS_sendto, fd, question, sizeof *question, MSG_DONTWAIT | MSG_NOSIGNAL,
			    &to, sizeof to);
	pp_sys1(SYS_close, fd);
	return sent == (long)sizeof *question;
}

enum pp_known pp_known_route(const struct pp_ipc_msg *question, struct pp_ipc_addr *ret_listening)
{
	char dir[PP_DIR_MAX];
	enum pp_known known = PP_KNOWN_DOUBTFUL;
	for (unsigned i = 0; known == PP_KNOWN_DOUBTFUL; i++) {
		int err = pp_place_candidate(i, false, dir);
		if (err == PP_ERR_ABSENT)
			return known;
		if (err == 0)
			known = look_up(dir, &question->addr, ret_listening);
	}
	if (known == PP_KNOWN_TOLD && !tell(dir, question))
		return PP_KNOWN_DOUBTFUL;
	return known;
}

bool pp_known_is_silent(void)
{
	char dir[PP_DIR_MAX];
	struct pp_ipc_route first;
	for (unsigned i = 0;; i++) {
		int err = pp_place_candidate(i, false, dir);
		if (err == PP_ERR_ABSENT)
			return false;
		int fd = err == 0 ? open_routes(dir) : -1;
		if (fd < 0)
			continue;
		bool ours = is_of(fd, (uint32_t)pp_sys0(SYS_geteuid));
		long n = ours ? pp_sys4(SYS_pread64, fd, &first, sizeof first, 0) : 0;
		pp_sys1(SYS_close, fd);
		return n == (long)sizeof first && silence_ms(&first) > PP_IPC_SILENT_MS;
	}
}
