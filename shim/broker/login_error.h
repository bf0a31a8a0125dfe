/* shim/broker/login_error.h - from libpq's text of a failed login back to the server's own error fields. */
#ifndef PP_BROKER_LOGIN_ERROR_H
#define PP_BROKER_LOGIN_ERROR_H

#include "broker/login.h"

/* `text` as PQerrorMessage gives it under PQERRORS_VERBOSE, perhaps after an earlier attempt (sslmode prefer
 * tries twice): the last "SEVERITY:  SQLSTATE: message" counts. Without one it is a local failure: 08006. */
void pp_login_error_read(struct pp_login_error *error, const char *text);

/* 08006, FATAL, "podpool: ..." with this text. */
void pp_login_error_local(struct pp_login_error *error, const char *text);

#endif
