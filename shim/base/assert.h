/* shim/base/assert.h - documentation that is checked: for our own bugs, never for input.
 * Only for rooms that never enter an application (everything but ipc, host and hooks). */
#ifndef PP_BASE_ASSERT_H
#define PP_BASE_ASSERT_H

#include <assert.h>

#define pp_assert(expr)	 assert(expr)
#define pp_not_reached() assert(!"not reached")
#define PP_STATIC_ASSERT _Static_assert

#endif
