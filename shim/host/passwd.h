/* shim/host/passwd.h - is this directory the one /etc/passwd knows for a user? Pure but for the last function.
 *
 * libpq before 15 looks for ~ there and not in HOME. Without allocation and locks that getpwuid() has; who is known
 * elsewhere (LDAP) is not known here.
 */
#ifndef PP_HOST_PASSWD_H
#define PP_HOST_PASSWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pp_passwd {
	uint32_t uid;
	const char *home;      /* borrowed */
	bool is_over, is_same; /* found; and it is that directory */
	unsigned field;	       /* of the current line */
	uint64_t number;       /* what was read of the third */
	bool is_number, is_user;
	const char *rest; /* of home, to be read in the sixth; NULL: it is another */
};

void pp_passwd_init(struct pp_passwd *p, uint32_t uid, const char *home);
void pp_passwd_read(struct pp_passwd *p, const char *bytes, size_t len);

/* Reads /etc/passwd for the effective user. */
bool pp_passwd_is_home(const char *home);

#endif
