/* shim/broker/prepared.h - what the server says of prepared statements
 * (front_statements.c is the other direction.)
 */
#ifndef PP_BROKER_PREPARED_H
#define PP_BROKER_PREPARED_H

#include <stddef.h>
#include <stdint.h>

struct pp_server;

/* A CommandComplete's tag that begins with D: DEALLOCATE, DEALLOCATE ALL and DISCARD ALL count. */
void pp_prepared_tag(struct pp_server *s, const char *tag);
/* An ErrorResponse's body: statements that are not what we think (26000) are prepared again. */
void pp_prepared_error(struct pp_server *s, const uint8_t *body, size_t len);
/* ReadyForQuery while a DEALLOCATE was under way: it has happened by now, or never will. */
void pp_prepared_ready(struct pp_server *s);

#endif
