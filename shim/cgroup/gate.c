#include "cgroup/gate.h"

#define GENTLY_MS 200 /* each */
#define BRAKED_MS 100 /* longer than luck lasts, mostly */
#define ROSE_MS	  250 /* so long ago: what came then is there, and it was not too much */

/* Whether it rises or not, with a third of the reserve gone. */
static bool is_above_brake(const struct pp_governor *g, const struct pp_plan *p, bool tries)
{
	bool rises = p->now - g->learn.rose_at < ROSE_MS;
	int64_t brake = rises ? p->brake : p->line + p->reserve / 3;
	return p->limit && !p->still && p->ws > brake && !tries;
}

/* Above the brake, which is nearer than the line, nobody new comes while memory rises. That costs little, for it is seldom
 * there for longer than a look or two - unless the program has grown. */
static bool brakes(struct pp_governor *g, const struct pp_plan *p, bool tries)
{
	if (!is_above_brake(g, p, tries)) {
		g->braked_at = -1;
		return false;
	}
	if (g->braked_at < 0)
		g->braked_at = p->now;
	if (p->now - g->braked_at >= BRAKED_MS)
		g->gently = true;
	return true;
}

/* What has ended above the brake gives back so much at once that all of it seems to fit again, and it was too much already:
 * after a long brake they come back one by one, each seen before the next. */
static int64_t admit(struct pp_governor *g, const struct pp_plan *p, int64_t room)
{
	if (p->load->lent + 1 >= g->target)
		g->gently = false;
	if (!g->gently || room <= 0)
		return room;
	if (p->now - g->admitted_at < GENTLY_MS)
		return 0;
	g->admitted_at = p->now;
	return 1;
}

/* Whoever ends between two looks and makes room for the next one has left the count as it was: all that have begun count,
 * as long as their memory is not there. */
static void see_coming(struct pp_governor *g, const struct pp_plan *p)
{
	int64_t lent = p->load->lent, ended = (int64_t)(p->load->returned - g->returned);
	int64_t begun = lent - g->lent + ended;
	double arrives = pp_learn_arrives_ms(&g->learn);
	if (begun > 0)
		g->pending += (double)begun;
	g->pending *= arrives / (arrives + (double)(p->now - g->looked_at));
	if (g->pending > (double)lent)
		g->pending = (double)lent;
	g->lent = lent;
	g->returned = p->load->returned;
	g->looked_at = p->now;
}

int64_t pp_gate(struct pp_governor *g, const struct pp_plan *p, bool tries)
{
	int64_t lent = p->load->lent;
	see_coming(g, p);
	bool braked = brakes(g, p, tries);
	if (!p->limit || p->still)
		return INT64_MAX;
	if (braked)
		return g->learn.now.max_lent / 2;
	int64_t least = tries ? 1 : 0;
	int64_t room = pp_plan_fits(p->line - p->ws, p->cost) - (int64_t)g->pending;
	return lent + admit(g, p, room > least ? room : least);
}
