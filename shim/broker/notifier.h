/* shim/broker/notifier.h - whose notification is it? The pid in a NotificationResponse is a server's, while a program
 * knows another client by the pid that one was told at login (BackendKeyData).
 *
 * A pid that is none of this broker's servers' at the same destination stays as it is. Of a server of ours nobody says
 * which of those who have been lent it notified; so it remembers who last ended a transaction on it that may have
 * (PP_TOUCH_NOTIFIES, or a text that cannot be known), beyond its own end. The other end hears when it is idle, before
 * or after the notifier hears its own CommandComplete:
 *   - while a transaction that may notify has not been answered to its end, it is that one's;
 *   - else whoever it remembers, though it has been lent on since; else whoever has it, or had it last;
 *   - never the listener itself: what that one has sent since LISTEN came from the server it has. The pid stays.
 * It stays as well when the notifier has asked for pg_backend_pid() on that server, which is its own from then on
 * (PP_PIN_PID): it, and whoever it gave the number to, looks for that one.
 * Two who notify over the same server one right after the other may be taken for each other.
 */
#ifndef PP_BROKER_NOTIFIER_H
#define PP_BROKER_NOTIFIER_H

#include <stdint.h>

/* Closed servers that are remembered: a listener may have been in a transaction for long. */
#define PP_NOTIFIER_GONE_MAX 256

struct pp_client;
struct pp_route;
struct pp_server;

/* In the broker, zeroed. */
struct pp_notifiers {
	uint32_t next; /* in gone, a ring */
	struct {
		const struct pp_route *route; /* only compared; NULL none */
		uint32_t pid, told;
	} gone[PP_NOTIFIER_GONE_MAX];
};

/* A transaction of this lent server's client is over, well or badly. */
void pp_notifier_transaction_over(struct pp_server *s);
/* It was taken from this client. */
void pp_notifier_detached(struct pp_server *s, const struct pp_client *c);
/* It is being closed, and lent to nobody. */
void pp_notifier_lost(struct pp_server *s);

/* A NotificationResponse on its way to the client of `hearing`: its body, of at least 4 bytes, names who that one knows. */
void pp_notifier_name(const struct pp_server *hearing, uint8_t *body);

#endif
