#include "drain/drain.h"

#include "base/assert.h"

/* kubelet: SIGKILL comes `grace` after SIGTERM, without another word. The margins are what the last
 * steps need: 2 s for statements to answer a cancel, 1.5 s for Terminate to reach the server. */
#define FORCE_MARGIN_MS	 5000
#define CANCEL_MARGIN_MS 3000
#define FINISH_MARGIN_MS 1500
#define SHORT_GRACE_MS	 8000
#define END_MARGIN_MS	 2000 /* after the kill that should have come */

static const bool allowed[PP_DRAIN__COUNT][PP_DRAIN__COUNT] = {
	[PP_DRAIN_RUN] = {[PP_DRAIN_DRAIN] = true, [PP_DRAIN_FINISH] = true},
	[PP_DRAIN_DRAIN] =
		{[PP_DRAIN_RUN] = true, [PP_DRAIN_FORCE] = true, [PP_DRAIN_FINISH] = true},
	[PP_DRAIN_FORCE] = {[PP_DRAIN_FINISH] = true},
};

bool pp_drain_may(enum pp_drain_state from, enum pp_drain_state to)
{
	return allowed[from][to];
}

const char *pp_drain_word(enum pp_drain_state state)
{
	static const char *const words[PP_DRAIN__COUNT] = {
#define X(name, word) [PP_DRAIN_##name] = word,
		PP_DRAIN_STATES(X)
#undef X
	};
	return words[state];
}

static void set_state(struct pp_drain *d, enum pp_drain_state to, pp_ms now)
{
	pp_assert(pp_drain_may(d->state, to));
	d->state = to;
	d->idle_since = -1;
	d->parting = false;
	if (to == PP_DRAIN_RUN)
		d->began_at = -1;
	else if (d->began_at < 0)
		d->began_at = now;
}

void pp_drain_init(struct pp_drain *d, pp_ms grace_ms, pp_ms linger_ms)
{
	*d = (struct pp_drain){
		.state = PP_DRAIN_RUN,
		.grace_ms = grace_ms > 0 ? grace_ms : 0,
		.linger_ms = linger_ms,
		.began_at = -1,
		.idle_since = -1,
		.own_term_at = -1,
	};
}

void pp_drain_set_grace(struct pp_drain *d, pp_ms grace_ms)
{
	d->grace_ms = grace_ms > 0 ? grace_ms : 0;
}

/* When a step is due: `margin` before the end, or `percent` of a short grace before it; since the beginning. */
static pp_ms due_after(const struct pp_drain *d, pp_ms margin_ms, int percent)
{
	if (d->grace_ms < SHORT_GRACE_MS)
		margin_ms = d->grace_ms * percent / 100;
	return d->grace_ms - margin_ms;
}

static pp_ms due_at(const struct pp_drain *d, pp_ms margin_ms, int percent)
{
	return d->began_at + due_after(d, margin_ms, percent);
}

pp_ms pp_drain_patience(const struct pp_drain *d)
{
	return due_after(d, FORCE_MARGIN_MS, 50);
}

pp_ms pp_drain_whole(const struct pp_drain *d)
{
	return d->grace_ms + END_MARGIN_MS;
}

static pp_ms force_at(const struct pp_drain *d)
{
	return d->began_at + pp_drain_patience(d);
}

static pp_ms cancel_at(const struct pp_drain *d)
{
	return due_at(d, CANCEL_MARGIN_MS, 25);
}

static pp_ms finish_at(const struct pp_drain *d)
{
	return due_at(d, FINISH_MARGIN_MS, 10);
}

static pp_ms end_at(const struct pp_drain *d)
{
	return d->began_at + pp_drain_whole(d);
}

static void hear(struct pp_drain *d, enum pp_drain_event event, pp_ms now)
{
	if (event == PP_DRAIN_EV_TICK)
		return;
	bool own = event == PP_DRAIN_EV_OWN_TERM;
	bool second = own && d->own_term_at >= 0 && now - d->own_term_at >= PP_DRAIN_SAME_MS;
	if (own && d->own_term_at < 0)
		d->own_term_at = now;
	d->at_once |= own || event == PP_DRAIN_EV_BYE;
	if (d->state == PP_DRAIN_FINISH)
		return;
	/* Every process of a tree may report the same SIGTERM: once is enough. And a drain begun by a process does not
	 * make our own first TERM a second one: `kill -- -1` reaches both at the same time. */
	if (event == PP_DRAIN_EV_BYE || second)
		set_state(d, PP_DRAIN_FINISH, now);
	else if (d->state == PP_DRAIN_RUN)
		set_state(d, PP_DRAIN_DRAIN, now);
	else if (d->surmised)
		d->began_at = now;
	d->surmised = false;
}

static bool is_needed(const struct pp_drain *d, const struct pp_drain_counts *counts)
{
	return counts->clients || counts->processes || counts->servers || counts->expected ||
	       d->linger_ms < 0;
}

static void step_run(struct pp_drain *d, const struct pp_drain_counts *counts, pp_ms now)
{
	if (counts->processes && counts->leaving) {
		set_state(d, PP_DRAIN_DRAIN, now);
		d->surmised = true;
		return;
	}
	if (is_needed(d, counts)) {
		d->idle_since = -1;
		d->parting = false;
		return;
	}
	if (d->idle_since < 0)
		d->idle_since = now;
	if (!d->parting) {
		d->parting = counts->awaited || now - d->idle_since >= d->linger_ms;
		d->parting_at = now;
	} else if (now - d->parting_at >= PP_DRAIN_PARTING_MS) {
		set_state(d, PP_DRAIN_FINISH, now);
	}
}

static void step_drain(struct pp_drain *d, const struct pp_drain_counts *counts, pp_ms now)
{
	if (counts->clients == 0 && counts->processes == 0) {
		set_state(d, PP_DRAIN_FINISH, now);
	} else if (d->surmised) {
		/* The connections of the last one are about to close, or children of it live on with them. */
		bool all_leave = counts->processes ? counts->leaving : now < end_at(d);
		if (all_leave)
			return;
		set_state(d, PP_DRAIN_RUN, now);
		d->surmised = false;
	} else if (now >= force_at(d)) {
		set_state(d, PP_DRAIN_FORCE, now);
	}
}

/* Each state looks once, in order, so that one late event can pass several deadlines. */
static void step(struct pp_drain *d, const struct pp_drain_counts *counts, pp_ms now)
{
	if (d->state == PP_DRAIN_RUN)
		step_run(d, counts, now);
	if (d->state == PP_DRAIN_DRAIN)
		step_drain(d, counts, now);
	if (d->state == PP_DRAIN_FORCE && (counts->clients == 0 || now >= finish_at(d)))
		set_state(d, PP_DRAIN_FINISH, now);
}

/* A statement that still runs when we finish would run on without its client: the server notices
 * a closed socket only when it next writes. So FINISH cancels too, if nobody did before. */
static bool should_cancel(const struct pp_drain *d, pp_ms now)
{
	if (d->cancelled)
		return false;
	return d->state == PP_DRAIN_FINISH || (d->state == PP_DRAIN_FORCE && now >= cancel_at(d));
}

/* Whoever asks a broker that has gone starts a new one, and that would be cut off by the kill. One that nobody kills
 * makes room for a new one. */
static bool should_end(const struct pp_drain *d, const struct pp_drain_counts *counts, pp_ms now)
{
	if (d->state != PP_DRAIN_FINISH)
		return false;
	return d->at_once || (counts->clients == 0 && counts->processes == 0) || now >= end_at(d);
}

void pp_drain_event(struct pp_drain *d, enum pp_drain_event event,
		    const struct pp_drain_counts *counts, pp_ms now,
		    struct pp_drain_orders *ret_orders)
{
	hear(d, event, now);
	step(d, counts, now);
	bool cancel = should_cancel(d, now);
	d->cancelled |= cancel;
	*ret_orders = (struct pp_drain_orders){
		.close_idle = d->state >= PP_DRAIN_DRAIN,
		.refuse_lending = d->state >= PP_DRAIN_FORCE,
		.cancel = cancel,
		.finish = d->state == PP_DRAIN_FINISH,
		.ask = d->state != PP_DRAIN_RUN || d->parting,
		.end = should_end(d, counts, now),
	};
}
