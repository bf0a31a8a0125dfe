/* shim/broker/reload.h - the settings: read at the start, and again on SIGHUP, `podpool reload` or when the file that
 * PODPOOL_CONFIG names has changed (a ConfigMap). A bad file is refused whole, and the old settings stay.
 */
#ifndef PP_BROKER_RELOAD_H
#define PP_BROKER_RELOAD_H

#include <sys/stat.h>

#include "base/clock.h"
#include "base/err.h"

struct pp_broker;

/* In the broker: which version of the file was read, and when it was last looked at. */
struct pp_reload {
	struct stat seen; /* zeroed: there was none */
	pp_ms looked_at;
};

/* At the start, before anything uses a setting. err names the line or the variable, and the reason. */
PP_MUSTCHECK int pp_reload_first(struct pp_broker *b, struct pp_errctx *err);

/* Again. 0: the new settings are in force; err->text is "" or says which one needs a new broker. Otherwise nothing has
 * changed, and err says why. Both are logged. */
PP_MUSTCHECK int pp_reload_now(struct pp_broker *b, struct pp_errctx *err);

/* The janitor's: has the file changed? At most one look a second. */
void pp_reload_watch(struct pp_broker *b);

#endif
