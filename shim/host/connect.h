/* shim/host/connect.h - connect(2) with the pool in mind.
 */
#ifndef PP_HOST_CONNECT_H
#define PP_HOST_CONNECT_H

#include <sys/socket.h>

/* As connect(2), errno included. The same descriptor, so flags, options and epoll registrations
 * made before stay what they were. */
int pp_host_connect(int fd, const struct sockaddr *addr, socklen_t len);

#endif
