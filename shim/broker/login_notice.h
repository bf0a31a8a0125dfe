/* shim/broker/login_notice.h - what the server remarks while it logs a session in (a collation of another version, a
 * default that means nothing any more): said to every client of the pool, as to every session of its own. */
#ifndef PP_BROKER_LOGIN_NOTICE_H
#define PP_BROKER_LOGIN_NOTICE_H

struct pg_conn;
struct pp_login;

/* From here on into login->notices, which begin anew; those that find no room are lost. */
void pp_login_notice_begin(struct pp_login *login, struct pg_conn *conn);
/* What is remarked from here on was not said to a client. */
void pp_login_notice_end(struct pg_conn *conn);

#endif
