/* shim/host/place.h - finds (or makes) the directory of the broker's socket.
 *
 * The first candidate of ipc/dir.h that can be used. The effective user is asked each time: php-fpm changes it after start.
 */
#ifndef PP_HOST_PLACE_H
#define PP_HOST_PLACE_H

#include <stdbool.h>

#include "base/err.h"
#include "ipc/dir.h"

/* Candidate `index`: 0; PP_ERR_ABSENT after the last; PP_ERR_INVALID when this one cannot be used
 * (not there, not ours: try the next). With `may_make` a missing one is made, 0700. */
PP_MUSTCHECK int pp_place_candidate(unsigned index, bool may_make, char ret_dir[PP_DIR_MAX]);

#endif
