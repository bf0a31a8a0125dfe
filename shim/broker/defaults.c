#include "broker/defaults.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "broker/client.h"
#include "broker/database.h"
#include "broker/hidden.h"
#include "broker/labels.h"
#include "broker/server.h"
#include "broker/shed.h"
#include "session/baseline.h"
#include "session/label_walk.h"

void pp_defaults_lost(struct pp_server *s)
{
	if (!(s->touch.bits & PP_TOUCH_DEFAULTS))
		return;
	s->touch.bits &= ~(uint32_t)PP_TOUCH_DEFAULTS;
	s->broker->epoch++;
}

void pp_defaults_transaction_over(struct pp_server *s)
{
	uint32_t before = s->broker->epoch;
	pp_shed_over(s);
	pp_defaults_lost(s);
	if (s->broker->epoch != before)
		pp_shed_all(s->broker);
}

int pp_defaults_take(struct pp_client *c, struct pp_label settings, struct pp_labels_entry **ret)
{
	char bytes[2][PP_LABEL_MAX];
	struct pp_label label = settings, kept = pp_labels_view(c->kept);
	int turn = 0;
	PP_LABEL_FOREACH (kept, it) {
		struct pp_label more = {bytes[turn], 0};
		if (pp_label_get(settings, it.name))
			continue;
		if (pp_label_with(label, it.name, it.value, bytes[turn], &more.len) < 0)
			return PP_ERR_FULL;
		label = more;
		turn ^= 1;
	}
	return pp_labels_take(c->broker, label, ret);
}

/* False: it cannot be remembered. */
static bool keep(struct pp_client *c, struct pp_baseline old, struct pp_baseline now)
{
	char bytes[PP_LABEL_MAX];
	struct pp_label kept = {bytes, 0};
	struct pp_labels_entry *entry, *label;
	if (pp_baseline_keep(old, now, pp_labels_view(c->kept), bytes, &kept.len) < 0 ||
	    pp_labels_take(c->broker, kept, &entry) < 0)
		return false;
	pp_labels_hold(&c->kept, entry);
	pp_labels_drop(&entry);
	if (pp_defaults_take(c, pp_labels_view(c->label), &label) < 0)
		return false;
	pp_labels_hold(&c->label, label);
	pp_labels_drop(&label);
	return true;
}

static void keep_for_all(struct pp_database *db, struct pp_baseline now)
{
	struct pp_baseline old = pp_database_baseline(db);
	char bytes[PP_LABEL_MAX];
	size_t len;
	if (pp_baseline_keep(old, now, (struct pp_label){0}, bytes, &len) == 0 && len == 0)
		return; /* nearly always */
	PP_LIST_FOREACH (&db->clients, it) {
		struct pp_client *c = pp_list_entry(it, struct pp_client, database_link);
		if (!keep(c, old, now))
			pp_log(PP_LOG_WARNING,
			       "client %u: no room to remember the defaults it had before they "
			       "were changed",
			       c->id);
	}
}

static bool makes_temporary(const char *search_path)
{
	return search_path && strstr(search_path, "pg_temp");
}

static void note(struct pp_database *db)
{
	struct pp_baseline now = pp_database_baseline(db);
	bool before = db->makes_temporary;
	const char *role = pp_baseline_get(now, "role");
	db->default_role = role ? role : "none";
	db->knows_exit = pp_baseline_get(now, "exit_on_error");
	const char *deferrable = pp_baseline_get(now, "default_transaction_deferrable");
	db->defers = deferrable && strcmp(deferrable, "on") == 0;
	db->makes_temporary = makes_temporary(pp_baseline_get(now, "search_path"));
	if (db->makes_temporary != before)
		db->hidden->generation++; /* what was read before is read again */
}

void pp_defaults_learn(struct pp_server *s, struct pp_login *login)
{
	struct pp_database *db = s->database;
	db->epoch = s->epoch;
	if (!login->baseline)
		return;
	keep_for_all(db, (struct pp_baseline){login->baseline, login->baseline_len});
	free(db->baseline);
	db->baseline = realloc(login->baseline, login->baseline_len + 1);
	db->baseline_len = login->baseline_len;
	login->baseline = NULL;
	note(db);
}
