#include "broker/nextval.h"

#include "broker/client.h"
#include "broker/server.h"

bool pp_nextval_wants(const struct pp_server *s)
{
	return s->touch.bits & PP_TOUCH_SEQUENCE;
}

void pp_nextval_settle(struct pp_server *s)
{
	struct pp_client *c = s->client;
	if (pp_nextval_wants(s)) {
		s->next_after = c->transactions;
		s->next_since = s->broker->now;
		pp_server_pin(s, PP_PIN_NEXTVAL, "a sequence whose value may be asked for");
		s->touch.bits &= ~(uint32_t)PP_TOUCH_SEQUENCE;
	} else if (s->pins & PP_PIN_NEXTVAL && c->transactions != s->next_after) {
		s->pins &= ~(uint32_t)PP_PIN_NEXTVAL;
	}
}

bool pp_nextval_give_up(struct pp_server *s)
{
	if (!s->client || !(s->pins & PP_PIN_NEXTVAL) || s->own.kind != PP_OWN_NONE ||
	    !pp_tx_is_idle(&s->tx) || s->broker->now - s->next_since < PP_NEXTVAL_MS)
		return false;
	s->pins &= ~(uint32_t)PP_PIN_NEXTVAL;
	return true;
}
