/* shim/broker/congestion.h - connections within one host. */
#ifndef PP_BROKER_CONGESTION_H
#define PP_BROKER_CONGESTION_H

/* There is no congestion within a host: where the node's default is bbr, it would estimate and pace even there, at both
 * ends' expense. A listener's choice goes to the sockets it accepts (tcp(7)). Any failure is ignored: the default works. */
void pp_congestion_none(int fd);

/* The same if the connected socket fd stays within this host; else the node's choice stands. */
void pp_congestion_none_if_local(int fd);

#endif
