/* shim/broker/guards.h - settings that let the database notice a vanished pod (DESIGN 9): which, and who may refuse them.
 *
 * They travel in the startup packet's options, in front of what the program put there: the program's own win, RESET
 * and DISCARD ALL return to them, and their source is "client". A server that does not know one ends the login
 * (42704), a pooler in between may refuse options altogether: then the same login goes on with less. Pure.
 */
#ifndef PP_BROKER_GUARDS_H
#define PP_BROKER_GUARDS_H

#include <stddef.h>
#include <stdint.h>

/* Since PostgreSQL 8.1 (three), 12 and 14. Idle peers; unacknowledged data; a backend that executes. Worst case: 60 s
 * and 70 s executing. tcp_user_timeout also ends a healthy connection whose reader stalls that long: see
 * PP_SIP_MS. */
#define PP_GUARDS(X)                                                                               \
	X(KEEPALIVES_IDLE, "tcp_keepalives_idle", "30")                                            \
	X(KEEPALIVES_INTERVAL, "tcp_keepalives_interval", "10")                                    \
	X(KEEPALIVES_COUNT, "tcp_keepalives_count", "3")                                           \
	X(USER_TIMEOUT, "tcp_user_timeout", "60000")                                               \
	X(CHECK_INTERVAL, "client_connection_check_interval", "10000")

enum pp_guard_bit {
#define X(name, setting, value) PP_GUARD_BIT_##name,
	PP_GUARDS(X)
#undef X
		PP_GUARD_BIT__COUNT
};
#define PP_GUARDS_ALL ((UINT32_C(1) << PP_GUARD_BIT__COUNT) - 1)

#define PP_GUARDS_TEXT_MAX 256

/* "-c name=value ... " for the startup packet, with a blank at the end. */
void pp_guards_options(uint32_t guards, char ret_text[PP_GUARDS_TEXT_MAX]);
/* "name, name" for people. */
void pp_guards_names(uint32_t guards, char ret_text[PP_GUARDS_TEXT_MAX]);

/* A login that asked for these ended with this error: what the next attempt asks for. The same again: the guards are
 * not to blame, the login has failed. */
uint32_t pp_guards_after_refusal(uint32_t asked, const char *sqlstate, const char *message);

/* Which guard "name=value" (pg_db_role_setting) is about; 0 none. */
uint32_t pp_guards_of_setting(const char *setting);

#endif
