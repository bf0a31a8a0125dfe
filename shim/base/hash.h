/* shim/base/hash.h - the one door to uthash. Its default on a failed allocation is to end the
 * process; here the element is simply not added, and pp_hash users check `hh.tbl` after HASH_ADD.
 */
#ifndef PP_BASE_HASH_H
#define PP_BASE_HASH_H

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#endif
