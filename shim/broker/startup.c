#include "broker/startup.h"

#include <string.h>

#include "base/log.h"
#include "broker/admit.h"
#include "broker/cancel.h"
#include "broker/client.h"
#include "broker/login.h"
#include "broker/question.h"
#include "broker/route.h"
#include "broker/tls.h"
#include "broker/tunnel.h"
#include "broker/unpooled.h"
#include "broker/wishes.h"
#include "ipc/mark.h"
#include "wire/startup.h"

/* Our own login says the settings as `options`, escaped: at most twice as long, and the server takes 10000 bytes. */
#define PP_POOLED_STARTUP_MAX (PP_STARTUP_LENGTH_MAX / 2 - 512)

static void log_tunnel(struct pp_client *c)
{
	if (c->route->tunnel_logged)
		return;
	c->route->tunnel_logged = true;
	pp_log(PP_LOG_INFO,
	       "%s:%s: a client speaks TLS itself and is not pooled; to pool it let it connect "
	       "without TLS (sslmode=disable), or set PODPOOL_CLIENT_TLS=terminate: the broker "
	       "uses TLS to "
	       "the server by itself",
	       c->route->address, c->route->port);
}

/* One byte. As the server since CVE-2021-23222: whoever asks and goes on without the answer is wrong. */
static void answer(struct pp_client *c, const struct pp_startup *startup, const char *byte)
{
	struct pp_login_error early = {
		.severity = "FATAL",
		.sqlstate = "08P01",
		.message = "received unencrypted data after SSL request",
		.detail = "This could be either a client-software bug or evidence of an attempted "
			  "man-in-the-middle attack.",
	};
	if (startup->kind == PP_STARTUP_GSSENC)
		strcpy(early.message, "received unencrypted data after GSSAPI encryption request");
	pp_buf_consume(&c->in, startup->total);
	pp_client_write(c, byte, 1);
	if (!c->gone && pp_buf_len(&c->in))
		pp_client_fail_as(c, &early);
}

/* From here on its bytes go through the SSL object; the next ones are its handshake. */
static void answer_yes(struct pp_client *c, const struct pp_startup *startup)
{
	answer(c, startup, "S");
	if (c->gone || c->state == PP_CLIENT_CLOSING)
		return;
	if (pp_buf_len(&c->out) == 0)
		c->ssl = pp_tls_accept(c->broker->tls_server, c->fd);
	if (!c->ssl)
		pp_client_close(c, "no TLS for it");
}

/* Bytes that went through our TLS are not those the server must see. */
static void tunnel(struct pp_client *c)
{
	if (c->ssl)
		pp_client_fail(c, "FATAL", "0A000",
			       "podpool: this cannot be done with PODPOOL_CLIENT_TLS=terminate");
	else
		pp_tunnel_open(c);
}

static void on_ssl_request(struct pp_client *c, const struct pp_startup *startup)
{
	if (c->ssl) {
		tunnel(c);
		return;
	}
	switch (pp_question_tls(c->route)) {
	case PP_ROUTE_SAYS_NO: answer(c, startup, "N"); return;
	case PP_ROUTE_SAYS_YES:
		if (c->broker->config.client_tls == PP_CLIENT_TLS_REFUSE) {
			answer(c, startup, "N");
			return;
		}
		if (c->broker->tls_server) {
			answer_yes(c, startup);
			return;
		}
		log_tunnel(c);
		tunnel(c);
		return;
	case PP_ROUTE_SAYS_UNKNOWN: pp_client_set_state(c, PP_CLIENT_PROBE); return;
	}
}

/* What the server would refuse is refused here, and the rest is pooled. */
static void on_gss_request(struct pp_client *c, const struct pp_startup *startup)
{
	switch (pp_question_gss(c->route)) {
	case PP_ROUTE_SAYS_NO: answer(c, startup, "N"); return;
	case PP_ROUTE_SAYS_YES: tunnel(c); return;
	case PP_ROUTE_SAYS_UNKNOWN: pp_client_set_state(c, PP_CLIENT_PROBE); return;
	}
}

/* Or something else that only the server itself can answer. */
static bool is_beyond_us(const struct pp_startup *startup)
{
	const char *value = pp_startup_find(startup, "replication");
	/* The server's own reading: parse_bool, or "database". Whatever is not clearly false is not ours. */
	static const char *const no[] = {"false", "off", "no", "0", "f", "n", "of"};
	enum pp_ipc_sslmode mode;
	if (!value)
		return false;
	enum pp_mark_kind kind = pp_mark_read_word(value, &mode);
	if (kind != PP_MARK_NONE)
		return kind == PP_MARK_TUNNEL;
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (strcmp(value, no[i]) == 0)
			return false;
	return true;
}

/* What its libpq was told to leave to us. False: we cannot. */
static bool take_wish(struct pp_client *c, const struct pp_startup *startup)
{
	const char *word = pp_startup_find(startup, "replication");
	enum pp_ipc_sslmode mode = PP_IPC_SSL_UNKNOWN;
	enum pp_mark_kind kind = word ? pp_mark_read_word(word, &mode) : PP_MARK_NONE;
	struct pp_wish_text ignored;
	c->sslmode = (uint8_t)mode;
	c->is_libpq = kind != PP_MARK_NONE;
	if (kind == PP_MARK_WISH)
		return pp_mark_sslmode(c->mark) == mode &&
		       pp_wishes_find(c->broker, c->mark, &ignored);
	c->mark = 0;
	return true;
}

/* A server without TLS is the same for all who do without, and these share a pool: so it must be known first. */
static bool must_ask(struct pp_client *c)
{
	return c->is_libpq && c->sslmode && c->sslmode <= PP_IPC_SSL_PREFER &&
	       pp_question_tls(c->route) == PP_ROUTE_SAYS_UNKNOWN;
}

/* The server need not know the word of ours (a pooler before it may not know the parameter at all). */
static void go_alone(struct pp_client *c, const struct pp_startup *startup)
{
	if (c->is_libpq && !c->ssl)
		pp_unpooled_keep(c, startup);
	if (pp_buf_len(&c->startup)) {
		pp_buf_consume(&c->in, startup->total);
		(void)pp_unpooled_begin(c);
	} else {
		tunnel(c);
	}
}

/* A program that has left its TLS to us must not go on without. */
static void pass_on(struct pp_client *c, const struct pp_startup *startup)
{
	if (pp_mark_is_demand(c->mark))
		pp_client_fail(
			c, "FATAL", "08006",
			"podpool: with so long options this connection cannot be encrypted as it "
			"wants; shorten them, or set PODPOOL=off for this program");
	else
		go_alone(c, startup);
}

static void on_session(struct pp_client *c, const struct pp_startup *startup)
{
	if (!take_wish(c, startup)) {
		pp_client_fail(c, "FATAL", "08006",
			       "podpool: what this connection wants of TLS is not known any more; "
			       "connect again");
		return;
	}
	if (must_ask(c)) {
		pp_client_set_state(c, PP_CLIENT_PROBE);
		return;
	}
	if (is_beyond_us(startup) || startup->total > PP_POOLED_STARTUP_MAX) {
		pass_on(c, startup);
		return;
	}
	if (c->broker->verdict.refuse) {
		pp_client_fail(c, "FATAL", "53300",
			       "podpool: the pod is out of memory: no new clients now");
		return;
	}
	/* The packet must outlive its consumption: the bytes move out for the time. */
	struct pp_buf in = c->in;
	c->in = (struct pp_buf){0};
	size_t rest = pp_buf_len(&in) - startup->total;
	if (pp_buf_append(&c->in, pp_buf_bytes(&in) + startup->total, rest, PP_CLIENT_IN_MAX) < 0)
		pp_client_close(c, "no memory for its input");
	else
		pp_admit_start(c, startup);
	pp_buf_finish(&in);
}

void pp_startup_input(struct pp_client *c)
{
	struct pp_startup startup;
	if (pp_buf_len(&c->in) == 0)
		return;
	switch (pp_startup_parse(pp_buf_bytes(&c->in), pp_buf_len(&c->in), &startup)) {
	case PP_STARTUP_MORE: return;
	case PP_STARTUP_SESSION: on_session(c, &startup); return;
	case PP_STARTUP_SSL: on_ssl_request(c, &startup); return;
	case PP_STARTUP_CANCEL: pp_cancel_request(c, &startup); return;
	case PP_STARTUP_GSSENC: on_gss_request(c, &startup); return;
	case PP_STARTUP_TLS:
	case PP_STARTUP_VERSION:
	case PP_STARTUP_BROKEN:
		/* Not the protocol we know: the server shall answer. */
		tunnel(c);
	}
}
