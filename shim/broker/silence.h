/* shim/broker/silence.h - servers that the network has lost without a word.
 *
 * An idle connection notices by keepalives (login.c). One with bytes under way is retransmitted by the kernel for a
 * quarter of an hour, and a server that hangs so long is missing in the pool: after the time that also the server grants
 * us (tcp_user_timeout of guards.h) without a single acknowledgement it is lost. TCP_USER_TIMEOUT on our side would
 * end healthy ones, too, whose server does not read for a while (COPY behind a lock).
 */
#ifndef PP_BROKER_SILENCE_H
#define PP_BROKER_SILENCE_H

struct pp_broker;

/* By the clock. */
void pp_silence_look(struct pp_broker *b);

#endif
