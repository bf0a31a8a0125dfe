/* shim/ipc/dir.h - where the unix socket lives: the candidates for PODPOOL_DIR, in order. Pure,
 * freestanding.
 *
 * The same list is walked by the shim (raw system calls) and by the command line (libc); both then
 * require that the directory is a real directory, owned by the effective user, and not writable by
 * others.
 */
#ifndef PP_IPC_DIR_H
#define PP_IPC_DIR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PP_DIR_MAX 92 /* so that DIR "/" name fits sun_path (108, unix(7)) with room to spare */

/* Candidate `index` (0, 1, 2...) for this environment: `dir_env` (PODPOOL_DIR) when set is the only
 * one; else $XDG_RUNTIME_DIR/podpool, /dev/shm/podpool-UID, /tmp/podpool-UID. NULL or "" means
 * unset. 0; PP_ERR_ABSENT when index is past the end; PP_ERR_RANGE when that one is too long (try
 * the next). */
PP_MUSTCHECK int pp_dir_candidate(unsigned index, const char *dir_env, const char *xdg_runtime_dir,
				  uint32_t uid, char ret_path[PP_DIR_MAX]);

/* "DIR/name" into ret_path (108 bytes as sun_path). `dir` shorter than PP_DIR_MAX and names of this
 * treaty always fit. */
void pp_dir_join(const char *dir, const char *name, char ret_path[108]);

#endif
