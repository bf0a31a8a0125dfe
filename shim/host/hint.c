#include "host/hint.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/ask.h"
#include "host/conf.h"
#include "host/launch.h"
#include "host/place.h"
#include "host/real.h"
#include "host/start.h"
#include "host/str.h"
#include "host/sys.h"

/* In libc since glibc 2.34 and in musl; where they are NULL, only the global order is searched. */
extern __typeof__(dladdr) dladdr __attribute__((weak));
extern __typeof__(dladdr1) dladdr1 __attribute__((weak)); /* glibc only */
extern __typeof__(dlsym) dlsym __attribute__((weak));
extern __typeof__(dlclose) dlclose __attribute__((weak));

/* The program itself: its libpq is in the global order. Opening it by its file name would read the file each time. */
static bool is_program(void *caller)
{
	Dl_info info;
	struct link_map *map = NULL;
	return dladdr1 && dladdr1(caller, &info, (void **)&map, RTLD_DL_LINKMAP) && map &&
	       !*map->l_name;
}

/* psycopg2 and others load libpq locally, and two copies may be in one process: RTLD_NEXT finds none
 * or the wrong one. */
static void *find_for(void *caller, const char *name)
{
	Dl_info info;
	pp_real_dlopen_fn open = pp_real_dlopen();
	if (is_program(caller))
		return NULL;
	if (!dladdr || !dlsym || !dlclose || !open || !dladdr(caller, &info) || !info.dli_fname)
		return NULL;
	void *object = open(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	if (!object)
		return NULL;
	void *found = dlsym(object, name);
	dlclose(object); /* the caller keeps it loaded */
	return found;
}

void *pp_hint_next(void *caller, const char *name, void *self)
{
	void *found = find_for(caller, name);
	if (found && found != self)
		return found;
	return pp_real_next(name);
}

static bool has_libpq(void *caller, struct pp_wish_libpq *ret_pq)
{
	*(void **)&ret_pq->parse = pp_hint_next(caller, "PQconninfoParse", NULL);
	*(void **)&ret_pq->defaults = pp_hint_next(caller, "PQconndefaults", NULL);
	*(void **)&ret_pq->free = pp_hint_next(caller, "PQconninfoFree", NULL);
	return ret_pq->parse && ret_pq->defaults && ret_pq->free;
}

static bool is_target_port(unsigned port)
{
	const struct pp_targets *targets = &pp_conf_get()->targets;
	for (unsigned i = 0; i < targets->count; i++)
		if (__builtin_bswap16(targets->item[i].addr.port_be) == port)
			return true;
	return false;
}

static bool has_file(const char *dir, const char *name)
{
	char path[108];
	pp_dir_join(dir, name, path);
	return pp_sys3(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
}

/* Asked first, because finding out what libpq wants costs more than the connect. With a broker, its `hint` says
 * whether it cares; without one, the first connection is about to start one that does. */
static bool is_wanted(void)
{
	char dir[PP_DIR_MAX];
	for (unsigned i = 0;; i++) {
		int err = pp_place_candidate(i, false, dir);
		if (err == PP_ERR_ABSENT)
			return true;
		if (err == 0 && has_file(dir, PP_IPC_SOCK))
			return has_file(dir, PP_IPC_HINT);
	}
}

/* A question that is not asked makes sure that somebody listens. */
static void ensure_broker(void)
{
	int fd = pp_start_dial(pp_sys_now_ms() + PP_LAUNCH_WAIT_MS);
	if (fd >= 0)
		pp_sys1(SYS_close, fd);
}

static bool send_to(const char *dir, const struct pp_ipc_hint *hint)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	pp_dir_join(dir, PP_IPC_HINT, to.sun_path);
	int fd = (int)pp_sys3(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	long r = pp_sys6(SYS_sendto, fd, hint, sizeof *hint, MSG_DONTWAIT | MSG_NOSIGNAL, &to,
			 sizeof to);
	pp_sys1(SYS_close, fd);
	return r == (long)sizeof *hint;
}

/* To every candidate directory there is: a hint that nobody reads costs nothing. False: nobody took it. */
static bool send_hint(const struct pp_wish *wish, enum pp_ipc_sslmode sslmode)
{
	char dir[PP_DIR_MAX];
	bool sent = false;
	struct pp_ipc_hint hint = {.magic = PP_IPC_MAGIC,
				   .version = PP_IPC_VERSION,
				   .sslmode = (uint8_t)sslmode,
				   .tid = (uint32_t)pp_sys0(SYS_gettid)};
	pp_str_copy(hint.host, sizeof hint.host, wish->host);
	for (unsigned i = 0;; i++) {
		int err = pp_place_candidate(i, false, dir);
		if (err == PP_ERR_ABSENT)
			return sent;
		if (err == 0)
			sent |= send_to(dir, &hint);
	}
}

static void give(const struct pp_wish *wish)
{
	enum pp_ipc_sslmode sslmode = pp_wish_sslmode(wish);
	unsigned port;
	if (sslmode != PP_IPC_SSL_ALLOW && sslmode != PP_IPC_SSL_PREFER)
		return;
	if (!pp_wish_is_tcp(wish, &port) || !is_target_port(port))
		return;
	if (send_hint(wish, sslmode))
		return;
	ensure_broker();
	send_hint(wish, sslmode);
}

void pp_hint_conninfo(void *caller, const char *conninfo)
{
	struct pp_wish_libpq pq;
	struct pp_wish wish;
	if (!pp_conf_get()->is_on || !is_wanted() || !has_libpq(caller, &pq))
		return;
	int before = pp_sys_get_errno();
	pp_wish_init(&wish, &pq);
	pp_wish_add_conninfo(&wish, &pq, conninfo);
	give(&wish);
	pp_sys_set_errno(before);
}

void pp_hint_params(void *caller, const char *const *keywords, const char *const *values,
		    int expand_dbname)
{
	struct pp_wish_libpq pq;
	struct pp_wish wish;
	if (!pp_conf_get()->is_on || !keywords || !values || !is_wanted() ||
	    !has_libpq(caller, &pq))
		return;
	int before = pp_sys_get_errno();
	pp_wish_init(&wish, &pq);
	for (; *keywords; keywords++, values++) {
		if (expand_dbname && pp_str_is_equal(*keywords, "dbname"))
			pp_wish_add_conninfo(&wish, &pq, *values);
		else
			pp_wish_set(&wish, *keywords, *values);
	}
	give(&wish);
	pp_sys_set_errno(before);
}

void pp_hint_login(void *caller, const char *host, const char *port, const char *dbname)
{
	struct pp_wish_libpq pq;
	struct pp_wish wish;
	if (!pp_conf_get()->is_on || !is_wanted() || !has_libpq(caller, &pq))
		return;
	int before = pp_sys_get_errno();
	pp_wish_init(&wish, &pq);
	pp_wish_add_conninfo(&wish, &pq, dbname);
	pp_wish_set(&wish, "host", host);
	pp_wish_set(&wish, "port", port);
	give(&wish);
	pp_sys_set_errno(before);
}
