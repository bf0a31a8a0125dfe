/* shim/broker/credentials.h - datagram sockets in PODPOOL_DIR whose senders cannot lie about who they are
 * (SCM_CREDENTIALS, unix(7)). */
#ifndef PP_BROKER_CREDENTIALS_H
#define PP_BROKER_CREDENTIALS_H

#include <stddef.h>
#include <sys/types.h>

struct pp_broker;

/* Binds DIR/name, 0600, non-blocking. -1 with errno. */
int pp_credentials_socket(const char *dir, const char *name);

/* One datagram: its length (cut to size), 0 for one that is not from our user, -1 when there is none. */
ssize_t pp_credentials_receive(struct pp_broker *b, int fd, void *bytes, size_t size,
			       pid_t *ret_pid);

#endif
