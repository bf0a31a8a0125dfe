/* shim/broker/secret.h - passwords in our memory: wiped when they are given back, and where they came in.
 *
 * A good one lives as long as its pool (further logins need it), and in libpq as long as its connections. What must
 * never happen to our memory is start.c's concern: no part of it is written to a core file.
 */
#ifndef PP_BROKER_SECRET_H
#define PP_BROKER_SECRET_H

/* Wipes, frees, leaves NULL. NULL is fine. */
void pp_secret_free(char **secret);

#endif
