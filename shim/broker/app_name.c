#include "broker/app_name.h"

#include <stdlib.h>
#include <string.h>

#include "broker/client.h"
#include "broker/database.h"
#include "broker/defaults.h"
#include "broker/labels.h"
#include "broker/login_words.h"
#include "broker/server.h"
#include "wire/framer.h"
#include "wire/reader.h"

static bool is_plain(const char *name)
{
	for (; *name; name++)
		if (*name < ' ' || *name > '~')
			return false;
	return true;
}

const char *pp_app_name_find(const struct pp_startup *startup)
{
	const char *name = pp_startup_find(startup, PP_APP_NAME);
	return name && is_plain(name) ? name : NULL;
}

int pp_app_name_take(struct pp_client *c, const struct pp_startup *startup)
{
	const char *name = pp_app_name_find(startup);
	if (!name)
		return 0;
	c->app_name = strndup(name, PP_APP_NAME_MAX - 1);
	c->told_app_name = true;
	return c->app_name ? 0 : PP_ERR_NOMEM;
}

static const char *told_value(const uint8_t *body, size_t len)
{
	struct pp_reader r;
	pp_reader_init(&r, body, len);
	const char *name = pp_reader_str(&r);
	return name && strcmp(name, PP_APP_NAME) == 0 ? pp_reader_str(&r) : NULL;
}

void pp_app_name_learn(struct pp_database *db)
{
	struct pp_frame_head head;
	db->name_at = db->name_end = db->greeting_len;
	for (size_t at = 0; at < db->greeting_len; at += head.total) {
		const uint8_t *message = (const uint8_t *)db->greeting + at;
		if (pp_framer_back(message, db->greeting_len - at, &head) != PP_FRAME_WHOLE)
			return;
		if (head.type != PP_BACK_PARAMETER_STATUS ||
		    !told_value(message + PP_MSG_HEADER, head.total - PP_MSG_HEADER))
			continue;
		db->name_at = at;
		db->name_end = at + head.total;
		return;
	}
}

/* The name a server has by itself: nearly always "". NULL: it does not say. */
static const char *by_itself(const struct pp_database *db)
{
	if (!db->greeting_len || db->name_at == db->name_end)
		return NULL;
	return db->greeting + db->name_at + PP_MSG_HEADER + sizeof PP_APP_NAME;
}

int pp_app_name_label(struct pp_client *c, struct pp_label settings)
{
	char bytes[PP_LABEL_MAX];
	struct pp_label label = settings;
	struct pp_labels_entry *entry;
	const char *servers = by_itself(c->database);
	if (c->app_name && !pp_label_get(settings, PP_APP_NAME) &&
	    !(servers && strcmp(servers, c->app_name) == 0)) {
		label.bytes = bytes;
		if (pp_label_with(settings, PP_APP_NAME, c->app_name, bytes, &label.len) < 0)
			return PP_ERR_FULL;
	}
	int r = pp_defaults_take(c, label, &entry);
	if (r < 0)
		return r;
	if (entry)
		entry->proven =
			true; /* the rest is the server's own word, and a name is never refused */
	pp_labels_hold(&c->label, entry);
	pp_labels_drop(&entry);
	return 0;
}

static void write_status(struct pp_writer *w, const char *name, const char *value)
{
	pp_writer_begin(w, PP_BACK_PARAMETER_STATUS);
	pp_writer_str(w, name);
	pp_writer_str(w, value);
	pp_writer_end(w);
}

void pp_app_name_greet(const struct pp_client *c, struct pp_writer *w)
{
	const struct pp_database *db = c->database;
	bool is_own = c->app_name && by_itself(db);
	pp_writer_bytes(w, db->greeting, is_own ? db->name_at : db->greeting_len);
	if (!is_own)
		return;
	write_status(w, PP_APP_NAME, c->app_name);
	pp_writer_bytes(w, db->greeting + db->name_end, db->greeting_len - db->name_end);
}

const char *pp_app_name_of(const struct pp_client *c)
{
	const struct pp_database *db = c->database;
	const char *name = pp_label_get(pp_labels_view(c->label), PP_APP_NAME);
	if (!name)
		name = c->app_name;
	if (!name && db)
		name = pp_login_setting(db->settings, db->settings_len, PP_APP_NAME);
	return name ? name : "";
}

bool pp_app_name_is_told(const struct pp_server *s, const uint8_t *body, size_t len)
{
	return s->client && s->client->app_name && told_value(body, len);
}

/* A SET of the server's own name, beside a RESET, is told as it is. */
static bool is_reset(const struct pp_server *s, const char *value)
{
	const char *servers = by_itself(s->database);
	const struct pp_nameset *names = &s->touch.names;
	return (names->all || pp_nameset_has(names, PP_APP_NAME)) &&
	       !(s->touch.bits & (PP_PIN_SETTINGS | PP_PIN_DYNAMIC)) && servers &&
	       strcmp(servers, value) == 0;
}

static void tell(struct pp_client *c, const char *value)
{
	uint8_t bytes[PP_MSG_HEADER + sizeof PP_APP_NAME + 1024];
	struct pp_writer w;
	pp_writer_init(&w, bytes, sizeof bytes);
	write_status(&w, PP_APP_NAME, value);
	c->told_app_name = strcmp(value, c->app_name) == 0;
	if (!pp_writer_failed(&w))
		pp_client_write(c, bytes, w.len);
}

void pp_app_name_tell(struct pp_server *s, const uint8_t *body, size_t len)
{
	struct pp_client *c = s->client;
	const char *value = told_value(body, len);
	if (is_reset(s, value))
		value = c->app_name;
	if (!c->told_app_name || strcmp(value, c->app_name) != 0)
		tell(c, value);
}

void pp_app_name_correct(struct pp_client *c)
{
	if (c->app_name && !c->told_app_name && strcmp(pp_app_name_of(c), c->app_name) == 0)
		tell(c, c->app_name);
}
