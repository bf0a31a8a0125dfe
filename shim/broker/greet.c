#include "broker/greet.h"

#include <string.h>
#include <sys/random.h>

#include "base/assert.h"
#include "broker/app_name.h"
#include "broker/client.h"
#include "broker/database.h"
#include "wire/msg.h"
#include "wire/writer.h"

bool pp_greet_negotiate(struct pp_client *c, const struct pp_startup *startup)
{
	uint8_t bytes[PP_STARTUP_LENGTH_MAX];
	struct pp_writer w;
	uint32_t unknown = 0;
	const char *name, *value;
	for (size_t at = 0; pp_startup_next(startup, &at, &name, &value);)
		unknown += strncmp(name, "_pq_.", 5) == 0;
	if (startup->minor == 0 && unknown == 0)
		return false;
	pp_writer_init(&w, bytes, sizeof bytes);
	pp_writer_begin(&w, PP_BACK_NEGOTIATE_VERSION);
	pp_writer_u32(&w, PP_PROTOCOL_3_0);
	pp_writer_u32(&w, unknown);
	for (size_t at = 0; pp_startup_next(startup, &at, &name, &value);)
		if (strncmp(name, "_pq_.", 5) == 0)
			pp_writer_str(&w, name);
	pp_writer_end(&w);
	if (!pp_writer_failed(&w))
		pp_client_write(c, bytes, w.len);
	return true;
}

static void put_authentication(struct pp_writer *w, uint32_t code)
{
	pp_writer_begin(w, PP_BACK_AUTHENTICATION);
	pp_writer_u32(w, code);
	pp_writer_end(w);
}

void pp_greet_authentication(struct pp_client *c, uint32_t code)
{
	uint8_t bytes[9];
	struct pp_writer w;
	pp_writer_init(&w, bytes, sizeof bytes);
	put_authentication(&w, code);
	pp_client_write(c, bytes, w.len);
}

/* Secrets are drawn from the kernel by the dozen: one system call for many clients. */
static bool draw_secret(struct pp_broker *b, uint32_t *ret_secret)
{
	if (b->secrets_left == 0) {
		if (getrandom(b->secrets, sizeof b->secrets, 0) != sizeof b->secrets)
			return false;
		b->secrets_left = PP_SECRETS;
	}
	*ret_secret = b->secrets[--b->secrets_left];
	b->secrets[b->secrets_left] = 0;
	return true;
}

/* proc(5): a Linux process has no higher number. */
#define PP_PID_MAX (1 << 22)

uint32_t pp_greet_next_pid(struct pp_client *c)
{
	return PP_PID_MAX + 1 + c->broker->client_pids++ % (INT32_MAX - PP_PID_MAX);
}

static bool give_key(struct pp_client *c, uint32_t pid)
{
	struct pp_broker *b = c->broker;
	if (!draw_secret(b, &c->key.secret))
		return false;
	c->key.pid = pid;
	HASH_ADD(hh, b->clients_by_key, key, sizeof c->key, c);
	if (!c->hh.tbl)
		c->key.pid = 0;
	return c->hh.tbl != NULL;
}

void pp_greet(struct pp_client *c, uint32_t pid)
{
	if (!give_key(c, pid)) {
		pp_client_fail(c, "FATAL", "53200", "podpool: out of memory");
		return;
	}
	uint8_t bytes[PP_LOGIN_GREETING_MAX + PP_APP_NAME_MAX + 64];
	struct pp_writer w;
	pp_writer_init(&w, bytes, sizeof bytes);
	put_authentication(&w, PP_AUTH_OK);
	pp_app_name_greet(c, &w);
	pp_writer_begin(&w, PP_BACK_KEY_DATA);
	pp_writer_u32(&w, c->key.pid);
	pp_writer_u32(&w, c->key.secret);
	pp_writer_end(&w);
	pp_writer_begin(&w, PP_BACK_READY);
	pp_writer_u8(&w, PP_TX_IDLE);
	pp_writer_end(&w);
	pp_assert(!pp_writer_failed(&w));
	pp_client_write(c, bytes, w.len);
}
