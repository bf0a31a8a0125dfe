/* What is said to a client: bytes of its server's, and errors of ours, as its socket takes them. */
#include "broker/client.h"

#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "broker/login.h"
#include "broker/process.h"
#include "broker/server.h"
#include "broker/stream.h"
#include "broker/tls.h"
#include "broker/tunnel.h"
#include "wire/error.h"

/* All has been sent; the other side's FIN is awaited this long. */
#define PP_CLOSING_LIMIT_MS 2000
/* Not all has been sent, and it takes nothing. The kernel asks in the name of a process that ended whether there is room,
 * each time twice as long after, and gives up when that would be more than two minutes: measured, after 340 s. */
#define PP_CLOSING_STALL_MS (5 * 60 * 1000)

void pp_client_write(struct pp_client *c, const void *bytes, size_t len)
{
	if (c->gone)
		return;
	const uint8_t *p = bytes;
	if (pp_buf_len(&c->out) == 0) {
		struct pp_stream stream = {.fd = c->fd, .ssl = c->ssl};
		ssize_t n = pp_stream_write(&stream, p, len);
		if (n == PP_STREAM_DEAD) {
			pp_client_close(c, "client lost");
			return;
		}
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
		if (len == 0)
			return;
		event_add(&c->write_event, NULL);
	}
	if (pp_buf_append(&c->out, p, len, PP_CLIENT_OUT_MAX) < 0)
		pp_client_close(c, "client reads too slowly");
	else if (c->server && pp_buf_len(&c->out) >= PP_CLIENT_OUT_HIGH)
		pp_server_pause(c->server, true);
}

void pp_client_end_output(struct pp_client *c)
{
	if (c->ssl)
		pp_tls_goodbye(c->ssl);
	shutdown(c->fd, SHUT_WR);
}

void pp_client_flush(struct pp_client *c)
{
	struct pp_stream stream = {.fd = c->fd, .ssl = c->ssl};
	if (pp_stream_flush(&stream, &c->out) == PP_STREAM_DEAD) {
		pp_client_close(c, "client lost");
		return;
	}
	if (pp_buf_len(&c->out) == 0) {
		event_del(&c->write_event);
		pp_process_settle(c);
		if (c->state == PP_CLIENT_CLOSING) {
			pp_client_end_output(c);
			pp_client_check_eof(c);
			if (c->gone)
				return;
		}
	}
	if (pp_buf_len(&c->out) < PP_CLIENT_OUT_HIGH / 2) {
		if (c->server)
			pp_server_pause(c->server, false);
		if (c->tunnel)
			pp_tunnel_client_drained(c);
	}
}

/* With the kernel's part, which takes more of ours only in large steps. */
static uint32_t untaken(const struct pp_client *c)
{
	int queued = 0;
	ioctl(c->fd, SIOCOUTQ, &queued);
	return (uint32_t)pp_buf_len(&c->out) + (uint32_t)queued;
}

void pp_client_check_closing(struct pp_client *c)
{
	uint32_t left = untaken(c);
	if (left != c->untaken)
		c->since = c->broker->now;
	c->untaken = left;
	pp_ms limit = pp_buf_len(&c->out) ? PP_CLOSING_STALL_MS : PP_CLOSING_LIMIT_MS;
	if (c->broker->now - c->since >= limit)
		pp_client_close(c, "it does not close");
}

static void write_error(struct pp_client *c, const struct pp_error *error)
{
	uint8_t bytes[2048];
	struct pp_writer w;
	pp_writer_init(&w, bytes, sizeof bytes);
	pp_error_write(&w, error);
	if (!pp_writer_failed(&w))
		pp_client_write(c, bytes, w.len);
}

void pp_client_write_error(struct pp_client *c, const char *severity, const char *sqlstate,
			   const char *message)
{
	struct pp_error error = {.severity = severity, .sqlstate = sqlstate, .message = message};
	write_error(c, &error);
}

void pp_client_fail(struct pp_client *c, const char *severity, const char *sqlstate,
		    const char *message)
{
	pp_client_write_error(c, severity, sqlstate, message);
	if (!c->gone)
		pp_client_close_soon(c);
}

/* What went wrong before the server said anything, libpq programs get in words: as of a server that cannot even fork
 * (docs 55.2.1, "old-style"), which libpq shows as if it were its own. Four bytes of text are no length. */
static void write_words(struct pp_client *c, const char *words)
{
	pp_client_write(c, "E", 1);
	pp_client_write(c, words, strlen(words) + 1);
}

void pp_client_fail_as(struct pp_client *c, const struct pp_login_error *e)
{
	struct pp_error error = {e->severity, e->sqlstate, e->message, e->detail, e->hint,
				 NULL,	      e->file,	   e->line,    e->routine};
	bool at_startup = !pp_client_is_greeted(c); /* later it would be taken for half a message */
	if (at_startup && c->is_libpq && strlen(e->local) >= 4)
		write_words(c, e->local);
	else
		write_error(c, &error);
	if (!c->gone)
		pp_client_close_soon(c);
}
