/* shim/broker/pressure.h - what the broker gives up when memory is short, beside the cap. */
#ifndef PP_BROKER_PRESSURE_H
#define PP_BROKER_PRESSURE_H

#include <stdint.h>

struct pp_broker;

/* After each verdict. While the working set is in the reserve, bounds the kernel's buffers of the connections at work (on
 * cgroup v2 they are charged to the pod, and grow by themselves to 6 MiB each). For the life of the socket: Linux has no
 * way back to automatic sizes. */
void pp_pressure_obey(struct pp_broker *b);

/* `events`: sample.h's kill_events. Nobody else tells why a program that was there is not there any more. */
void pp_pressure_note_kills(struct pp_broker *b, uint64_t events);

#endif
