/* shim/host/peer.h - getpeername(2): a pooled connection shows the destination the program asked
 * for.
 */
#ifndef PP_HOST_PEER_H
#define PP_HOST_PEER_H

#include <sys/socket.h>

/* As getpeername(2). The kernel is asked first, so "not connected" stays ENOTCONN; only an address
 * of the broker's own is translated, and left as it is when the broker does not know it. */
int pp_host_getpeername(int fd, struct sockaddr *addr, socklen_t *len);

#endif
