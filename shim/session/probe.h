/* shim/session/probe.h - the question put to a server at a transaction's end: what became of the state
 * this transaction may have touched?
 *
 * One SELECT, names qualified so that no search_path leads it astray. Its answer is rows of three
 * texts: ('pin', word, '') for state that exists (pins.h), ('setting', name, value as in a label or NULL) for each
 * setting asked for, ('prepared', name, text or NULL if it is too long) for what SQL has prepared. Asked by name, a setting that was reset tells its value like one that was set; asked
 * for all, those that were reset are not among the answers. Where the facts come from: pg_depend of the temporary schema, pg_cursors,
 * pg_locks, pg_listening_channels(), pg_prepared_statements, pg_settings (docs 54, 9.27).
 */
#ifndef PP_SESSION_PROBE_H
#define PP_SESSION_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "session/label.h"
#include "session/nameset.h"

/* Longer than any question: names and label have their caps. */
#define PP_PROBE_MAX (32 * 1024)

/* Of what SQL has prepared: texts shorter than this, so many. */
#define PP_PROBE_TEXT "4000"
#define PP_PROBE_ROWS "65"

/* pins: which of the PROBED kinds to ask for. names->all: every setting the session has changed, the
 * identity, and the custom names of `label` besides those in names. PP_ERR_FULL. */
PP_MUSTCHECK int pp_probe_sql(uint32_t pins, const struct pp_nameset *names, struct pp_label label,
			      char *text, size_t size);

/* What is known of the session while its answer is read. */
struct pp_probe {
	uint32_t pins; /* found */
	bool failed;   /* a row that makes no sense, or a label too long */
	size_t len;
	char bytes[PP_LABEL_MAX]; /* the label as it becomes */
};

/* Begins with the settings known so far; with names->all only the custom ones are kept. */
void pp_probe_begin(struct pp_probe *probe, const struct pp_nameset *names, struct pp_label label);

/* Who a session is that has just logged in. */
struct pp_probe_login {
	const char *user;
	const char *role; /* as in labels: "none", or the role's default */
};

/* One row. value NULL: SQL NULL. */
void pp_probe_row(struct pp_probe *probe, const char *kind, const char *name, const char *value,
		  struct pp_probe_login login);

#endif
