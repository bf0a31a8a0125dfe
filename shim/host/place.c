#include "host/place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "host/conf.h"
#include "host/sys.h"

static bool look(const char *path, struct stat *ret_st)
{
	return pp_sys4(SYS_newfstatat, AT_FDCWD, path, ret_st, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool make(const char *path)
{
	long made = pp_sys3(SYS_mkdirat, AT_FDCWD, path, 0700);
	return made == 0 || made == -EEXIST;
}

int pp_place_candidate(unsigned index, bool may_make, char ret_dir[PP_DIR_MAX])
{
	const struct pp_conf *conf = pp_conf_get();
	uint32_t uid = (uint32_t)pp_sys0(SYS_geteuid);
	struct stat st;
	int err = pp_dir_candidate(index, conf->dir, conf->runtime_dir, uid, ret_dir);
	if (err == PP_ERR_ABSENT)
		return err;
	if (err < 0)
		return PP_ERR_INVALID;
	if (conf->dir && index > 0 &&
	    !(look(conf->dir, &st) && pp_dir_may_hold(st.st_mode, st.st_uid, uid)))
		return PP_ERR_INVALID;
	if (may_make && !make(ret_dir))
		return PP_ERR_INVALID;
	return look(ret_dir, &st) && pp_dir_is_usable(st.st_mode, st.st_uid, uid) ? 0
										  : PP_ERR_INVALID;
}
