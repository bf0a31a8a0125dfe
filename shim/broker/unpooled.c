#include "broker/unpooled.h"

#include <string.h>

#include "broker/client.h"
#include "broker/database.h"
#include "broker/process.h"
#include "broker/route.h"
#include "broker/tunnel.h"
#include "broker/wishes.h"
#include "ipc/mark.h"
#include "wire/msg.h"
#include "wire/writer.h"

static bool is_our_word(const char *name, const char *value)
{
	enum pp_ipc_sslmode mode;
	return strcmp(name, "replication") == 0 && pp_mark_read_word(value, &mode) != PP_MARK_NONE;
}

void pp_unpooled_keep(struct pp_client *c, const struct pp_startup *startup)
{
	uint8_t bytes[PP_STARTUP_LENGTH_MAX];
	const char *name, *value;
	struct pp_writer w;
	pp_writer_init(&w, bytes, sizeof bytes);
	pp_writer_begin(&w, 0);
	pp_writer_u32(&w, PP_PROTOCOL_3_0 + startup->minor);
	for (size_t at = 0; pp_startup_next(startup, &at, &name, &value);) {
		if (is_our_word(name, value))
			continue;
		pp_writer_str(&w, name);
		pp_writer_str(&w, value);
	}
	pp_writer_str(&w, "");
	pp_writer_end(&w);
	pp_unpooled_forget(c);
	if (!pp_writer_failed(&w))
		(void)!pp_buf_append(&c->startup, bytes, w.len, PP_STARTUP_LENGTH_MAX);
}

void pp_unpooled_forget(struct pp_client *c)
{
	pp_buf_finish(&c->startup);
}

/* Its libpq would have spoken TLS, and with us it was not to be; or ours was to. */
static bool would_be_encrypted(const struct pp_client *c)
{
	bool server_may = c->route->tls.says != PP_ROUTE_SAYS_NO || c->route->tls.unsure;
	bool ours = pp_mark_sslmode_of(c->broker->config.server_sslmode) > PP_IPC_SSL_PREFER;
	return pp_mark_is_demand(c->mark) || (c->mark && server_may) || ours;
}

bool pp_unpooled_begin(struct pp_client *c)
{
	if (!pp_buf_len(&c->startup) || c->ssl)
		return false;
	if (would_be_encrypted(
		    c)) { /* a blocking connect asks why it failed, and is made again as the program wanted it */
		pp_wishes_turn_away(c->broker, c->mark, c->process ? c->process->pid : 0);
		return false;
	}
	struct pp_buf behind = c->in;
	c->in = c->startup;
	c->startup = (struct pp_buf){0};
	bool whole = pp_buf_append(&c->in, pp_buf_bytes(&behind), pp_buf_len(&behind),
				   PP_STARTUP_LENGTH_MAX + PP_CLIENT_IN_MAX + PP_READ_BUFFER) == 0;
	pp_buf_finish(&behind);
	if (c->database)
		pp_database_leave(c);
	if (whole)
		pp_tunnel_open(c);
	else
		pp_client_close(c, "no memory for its input");
	return true;
}
