/* shim/ipc/dir.h - where the unix socket lives: the candidates for PODPOOL_DIR, in order. Pure,
 * freestanding.
 *
 * The same list is walked by the shim (raw system calls), the broker and the command line (libc); all then ask
 * lstat(2) and pp_dir_is_usable().
 */
#ifndef PP_IPC_DIR_H
#define PP_IPC_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PP_DIR_MAX 92 /* so that DIR "/" name fits sun_path (108, unix(7)) with room to spare */

/* Candidate `index` (0, 1, 2...) for this environment: `dir_env` (PODPOOL_DIR) when set, then podpool-UID in it (a
 * volume is everybody's: an emptyDir is root's, 0777; pp_dir_may_hold); else $XDG_RUNTIME_DIR/podpool, /dev/shm/podpool-UID, /tmp/podpool-UID. NULL or "" means
 * unset. 0; PP_ERR_ABSENT when index is past the end; PP_ERR_RANGE when that one is too long (try
 * the next). */
PP_MUSTCHECK int pp_dir_candidate(unsigned index, const char *dir_env, const char *xdg_runtime_dir,
				  uint32_t uid, char ret_path[PP_DIR_MAX]);

/* What lstat says of a candidate: a real directory, of this user, writable by nobody else? /tmp is everybody's: a
 * link or a directory of somebody else must not be followed. */
bool pp_dir_is_usable(uint32_t mode, uint32_t owner, uint32_t uid);

/* And of a directory in which one of our own may be made: of root, or ours, whoever may write into it. */
bool pp_dir_may_hold(uint32_t mode, uint32_t owner, uint32_t uid);

/* "DIR/name" into ret_path (108 bytes as sun_path). `dir` shorter than PP_DIR_MAX and names of this
 * treaty always fit. */
void pp_dir_join(const char *dir, const char *name, char ret_path[108]);

#endif
