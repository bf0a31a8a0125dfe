/* shim/broker/last_fd.h - which descriptors go first when the broker is killed.
 *
 * The kernel closes those of a dead process one by one, the highest number first (task_work since Linux 4.4; seen on 6.18),
 * and some take milliseconds (inotify). What sends programs to our listeners must be gone before these are: who is
 * still told of an address where nobody listens sees a refused connection, and a non-blocking one cannot be spared that.
 * And who finds nobody at the socket must find the lock free, or he starts no broker. So: tell, lock, socket, the rest.
 */
#ifndef PP_BROKER_LAST_FD_H
#define PP_BROKER_LAST_FD_H

/* Numbers that listeners seldom reach; the table of descriptors grows by 8 KiB. */
#define PP_LAST_FD_SOCK 512
#define PP_LAST_FD_LOCK 640
#define PP_LAST_FD_TELL 768

/* The same open file under a number of at least `least`; `fd` itself where there is none. */
int pp_last_fd(int fd, int least);

#endif
