#include "host/pq_files.h"

#include <fcntl.h>

#include "host/next.h"
#include "host/passwd.h"
#include "host/str.h"
#include "host/sys.h"

#define LIBPQ_READS_HOME 150000

bool pp_pq_is_since(void *caller, int since)
{
	int (*version)(void);
	*(void **)&version = pp_next_find(caller, "PQlibVersion", NULL);
	return version && version() >= since;
}

bool pp_pq_is_home(void *caller, const char *home)
{
	return home && (pp_pq_is_since(caller, LIBPQ_READS_HOME) || pp_passwd_is_home(home));
}

/* False: there is no such file. */
static bool read_file(struct pp_wish *wish, struct pp_wish_service *service, const char *folder,
		      const char *name)
{
	char path[1024], bytes[512];
	size_t len = pp_str_len(folder);
	if (len >= sizeof path || !pp_str_copy(path, sizeof path, folder) ||
	    !pp_str_copy(path + len, sizeof path - len, name)) {
		wish->is_doubtful = true;
		return true;
	}
	int fd = (int)pp_sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
	if (fd < 0)
		return false;
	long n;
	while ((n = pp_sys3(SYS_read, fd, bytes, sizeof bytes)) > 0)
		pp_wish_read_service(wish, service, bytes, (size_t)n);
	pp_wish_read_service(wish, service, NULL, 0);
	wish->is_doubtful |= n < 0;
	pp_sys1(SYS_close, fd);
	return true;
}

void pp_pq_add_service(struct pp_wish *wish, void *caller, char *const *envp)
{
	struct pp_wish_service service;
	if (!pp_wish_find_service(wish, envp, &service))
		return;
	if (service.file) {
		if (!read_file(wish, &service, service.file, ""))
			return;
	} else if (!pp_pq_is_home(caller, service.home)) {
		return;
	} else {
		read_file(wish, &service, service.home, "/.pg_service.conf");
	}
	if (!service.is_found && service.folder)
		read_file(wish, &service, service.folder, "/pg_service.conf");
	wish->is_service_read = service.is_found;
}
