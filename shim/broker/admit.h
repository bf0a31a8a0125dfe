/* shim/broker/admit.h - who may come in: the password question, and waiting for the database's judgement (DESIGN 3.5). */
#ifndef PP_BROKER_ADMIT_H
#define PP_BROKER_ADMIT_H

#include <stdbool.h>

#include "broker/database.h"
#include "broker/login.h"
#include "wire/startup.h"

/* A client in STARTUP has sent a StartupMessage for the pool. */
void pp_admit_start(struct pp_client *c, const struct pp_startup *startup);

/* Input of a client in PASSWORD. */
void pp_admit_input(struct pp_client *c);

/* The password the next login must use: of the first applicant that needs a judgement, or the known one. NULL: none. Where
 * sessions wait in line, wrong ones take turns with the known one. */
const char *pp_admit_next_password(struct pp_database *db);

/* The server was full: whoever can do without a login comes in. */
void pp_admit_retry(struct pp_database *db);

/* Applicants that waited for this login come in, get the server's own error, or are asked for a password. */
void pp_admit_login_over(struct pp_server *s, const struct pp_login *login, bool ok);

/* Applicants came or went: tells the pool whether a login is wanted for their sake. */
void pp_admit_recount(struct pp_database *db);

#endif
