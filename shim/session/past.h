/* shim/session/past.h - texts whose answer depends on what the server's process has done before, which nothing undoes:
 *
 *   a search_path that begins in pg_temp   once there has been a temporary schema, it is no longer made on demand
 *   temp_buffers                           cannot be changed where temporary tables have been used
 *   LOAD, and settings in the name space   what a library refuses or defines depends on whether it has been loaded;
 *   of one that do not exist               plpgsql is the library that is loaded behind everybody's back
 *   pg_stat_database                       counts logins
 *   pg_stat_user_tables and the like       count what a server did, when it gets to report it
 *
 * The lexer finds them and gives PP_TOUCH_TEMP_PATH, PP_TOUCH_LIBRARIES, PP_TOUCH_SESSIONS, PP_PIN_STATS.
 */
#ifndef PP_SESSION_PAST_H
#define PP_SESSION_PAST_H

#include "session/lexer.h"

/* Before a text is read at all: may it be one of these? False is certain, but for names in capitals. */
bool pp_past_may_matter(const uint8_t *text, size_t len);

/* The setting just named (names.h) is in the name space of a library that does not have it. */
bool pp_past_is_refused(const struct pp_lexer *lx);

/* Any identifier: PP_TOUCH_SESSIONS, and PP_PIN_STATS. */
uint32_t pp_past_counted(const char *name, size_t len);

#endif
