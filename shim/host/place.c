#include "host/place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "host/conf.h"
#include "host/sys.h"

/* lstat, because /tmp is everybody's: a link or a directory of somebody else must not be followed.
 */
static bool is_usable(const char *dir, uint32_t uid)
{
	struct stat st;
	if (pp_sys4(SYS_newfstatat, AT_FDCWD, dir, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return S_ISDIR(st.st_mode) && st.st_uid == uid && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int pp_place_candidate(unsigned index, bool may_make, char ret_dir[PP_DIR_MAX])
{
	const struct pp_conf *conf = pp_conf_get();
	uint32_t uid = (uint32_t)pp_sys0(SYS_geteuid);
	int err = pp_dir_candidate(index, conf->dir, conf->runtime_dir, uid, ret_dir);
	if (err == PP_ERR_ABSENT)
		return err;
	if (err < 0)
		return PP_ERR_INVALID;
	if (may_make) {
		long made = pp_sys3(SYS_mkdirat, AT_FDCWD, ret_dir, 0700);
		if (made < 0 && made != -EEXIST)
			return PP_ERR_INVALID;
	}
	return is_usable(ret_dir, uid) ? 0 : PP_ERR_INVALID;
}
