#include "broker/heal.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "broker/client.h"
#include "broker/front.h"
#include "broker/lend.h"
#include "broker/server.h"
#include "wire/error.h"

/* Bytes of the batch that begins here, Sync included; 0: its end is not there yet, or it is no plain batch. */
static size_t batch_len(const uint8_t *bytes, size_t len)
{
	struct pp_frame_head head;
	size_t at = 0;
	while (pp_framer_front(bytes + at, len - at, &head) == PP_FRAME_WHOLE) {
		at += head.total;
		if (head.type == PP_FRONT_SYNC)
			return at;
		if (head.type == PP_FRONT_QUERY || head.type == PP_FRONT_FUNCTION_CALL)
			return 0;
	}
	return 0;
}

void pp_heal_remember(struct pp_front_run *f)
{
	struct pp_server *s = f->c->server;
	struct pp_heal *heal = &s->heal;
	if (s->tx.count || s->tx.status != PP_TX_IDLE)
		return;
	heal->len = batch_len(f->bytes + f->at, f->len - f->at);
	if (heal->len > PP_HEAL_MAX || (!heal->batch && !(heal->batch = malloc(PP_HEAL_MAX))))
		heal->len = 0;
	if (heal->len)
		memcpy(heal->batch, f->bytes + f->at, heal->len);
	heal->number = s->tx.asked;
}

bool pp_heal_catches(struct pp_server *s, uint32_t number, const uint8_t *body, size_t len)
{
	struct pp_heal *heal = &s->heal;
	struct pp_error error;
	if (heal->len == 0 || number != heal->number || s->tx.count != 1 || !s->client ||
	    s->client->skip)
		return false;
	if (pp_error_read(body, len, &error) < 0 || strcmp(error.sqlstate, "0A000") != 0)
		return false;
	heal->again = true;
	return true;
}

void pp_heal_again(struct pp_server *s)
{
	struct pp_client *c = s->client;
	struct pp_buf later = c->in;
	c->in = (struct pp_buf){0};
	s->heal.again = false;
	int r = pp_buf_append(&c->in, s->heal.batch, s->heal.len, SIZE_MAX);
	if (r == 0)
		r = pp_buf_append(&c->in, pp_buf_bytes(&later), pp_buf_len(&later), SIZE_MAX);
	pp_buf_finish(&later);
	s->heal.len = 0; /* once */
	if (r < 0)
		pp_client_close(c, "no memory for its input");
	else
		pp_client_continue(c);
}
