#include "host/host.h"

#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <sys/stat.h>

#include "host/action.h"
#include "host/conf.h"
#include "host/elf.h"
#include "host/real.h"
#include "host/sys.h"

/* In libc or the loader since long before glibc 2.17, and in musl. */
extern __typeof__(dl_iterate_phdr) dl_iterate_phdr __attribute__((weak));

/* Finds the object this function is in: the shim itself, under the name it was loaded by. */
static int find_shim(struct dl_phdr_info *info, size_t size, void *ret_name)
{
	(void)size;
	if (!pp_elf_is_shim(info))
		return 0;
	*(const char **)ret_name = info->dlpi_name;
	return 1;
}

static void find_broker(struct pp_conf *conf)
{
	char cwd[PP_CONF_PATH_MAX];
	const char *name = NULL;
	if (!dl_iterate_phdr || !dl_iterate_phdr(find_shim, &name) || !name)
		return;
	if (pp_sys2(SYS_getcwd, cwd, sizeof cwd) < 0)
		cwd[0] = '\0';
	pp_conf_set_broker(conf, name, cwd);
}

static uint64_t find_network(void)
{
	struct stat st;
	return pp_sys4(SYS_newfstatat, AT_FDCWD, "/proc/self/ns/net", &st, 0) == 0 ? st.st_ino : 0;
}

void pp_host_start(char *const *envp)
{
	struct pp_conf *conf = pp_conf_get_for_start();
	pp_real_resolve();
	if (pp_conf_read(conf, envp) < 0 || !conf->is_on)
		return;
	find_broker(conf);
	pp_conf_set_network(conf, find_network());
	pp_action_start();
}
