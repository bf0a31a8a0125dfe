/* tests/support/pp_model_server.h - a PostgreSQL session reduced to its protocol rules, written down
 * independently of wire/tx: it reads the client's letters one after the other, obeys docs 55.2, and
 * answers. What it does is chosen by the caller (a random number, a fuzzer's byte), so that every
 * outcome a real server could have does occur: each statement may fail, each COPY at any point, a
 * timeout may hit between two messages.
 */
#ifndef PP_MODEL_SERVER_H
#define PP_MODEL_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PP_MODEL_IN_MAX	 64
#define PP_MODEL_OUT_MAX 256

/* In upper half of a client's message: its statement is COPY FROM STDIN, or surely is not. Without
 * either the server decides. */
#define PP_MODEL_COPY  0x100
#define PP_MODEL_PLAIN 0x200

struct pp_model {
	unsigned (*choose)(void *source, unsigned below);
	void *source;
	uint16_t in[PP_MODEL_IN_MAX], out[PP_MODEL_OUT_MAX]; /* out: letter, status << 8 */
	size_t in_count, out_count;
	unsigned statements; /* left of the simple Query that runs */
	uint16_t flags;	     /* of the message that runs */
	char status;
	bool skip, batch, copying, in_query;
	bool dead;
};

static inline bool pp_model_chance(struct pp_model *m, unsigned one_in)
{
	return m->choose(m->source, one_in) == 1;
}

static inline void pp_model_say(struct pp_model *m, const char *letters)
{
	for (; *letters && m->out_count < PP_MODEL_OUT_MAX; letters++)
		m->out[m->out_count++] = (uint8_t)*letters;
}

static inline void pp_model_ready(struct pp_model *m)
{
	m->status = "IIIITTE"[m->choose(m->source, 7)];
	m->batch = false;
	m->statements = 0;
	pp_model_say(m, "Z");
	m->out[m->out_count - 1] |= (uint16_t)(m->status << 8);
}

/* An error while a message is at work: only extended ones make the server skip. */
static inline void pp_model_fail(struct pp_model *m, bool extended)
{
	pp_model_say(m, "E");
	m->copying = false;
	if (extended)
		m->skip = true;
	else
		pp_model_ready(m);
}

static inline bool pp_model_wants_copy(struct pp_model *m)
{
	if (m->flags & PP_MODEL_COPY)
		return true;
	return !(m->flags & PP_MODEL_PLAIN) && pp_model_chance(m, 4);
}

static inline void pp_model_begin_copy(struct pp_model *m, bool in_query)
{
	pp_model_say(m, "G");
	m->copying = true;
	m->in_query = in_query;
}

static inline void pp_model_run_query(struct pp_model *m)
{
	static const char *const results[] = {"C", "TC", "TDDC", "HddcC", "NC", "SC"};
	for (; m->statements > 0; m->statements--) {
		if (pp_model_chance(m, 8)) {
			pp_model_fail(m, false);
			return;
		}
		if (pp_model_wants_copy(m)) {
			m->flags = m->flags & PP_MODEL_COPY ? PP_MODEL_PLAIN : m->flags;
			m->statements--;
			pp_model_begin_copy(m, true);
			return;
		}
		pp_model_say(m, results[m->choose(m->source, 6)]);
	}
	pp_model_ready(m);
}

static inline void pp_model_run_extended(struct pp_model *m, char type)
{
	static const char *const executed[] = {"C", "DDC", "Ds", "s", "I", "HdcC", "NC"};
	static const char *const described[] = {"T", "n", "tT", "tn"};
	m->batch = true;
	if (pp_model_chance(m, 8))
		pp_model_fail(m, true);
	else if (type == 'E' && pp_model_wants_copy(m))
		pp_model_begin_copy(m, false);
	else if (type == 'E')
		pp_model_say(m, executed[m->choose(m->source, 7)]);
	else if (type == 'D')
		pp_model_say(m, described[m->choose(m->source, 4)]);
	else
		pp_model_say(m, type == 'P' ? "1" : type == 'B' ? "2" : "3");
}

static inline void pp_model_session(struct pp_model *m, char type)
{
	/* statement_timeout runs in an open batch and is reported for the message read next */
	bool timeout = m->batch && pp_model_chance(m, 12);
	switch (type) {
	case 'S': /* commits what the batch did, if it has not failed */
		if (m->batch && !m->skip && pp_model_chance(m, 8))
			pp_model_say(m, "E");
		m->skip = false;
		pp_model_ready(m);
		break;
	case 'Q':
		m->statements = 1 + m->choose(m->source, 3);
		pp_model_run_query(m);
		break;
	case 'F':
		pp_model_say(m, pp_model_chance(m, 4) ? "E" : "V");
		pp_model_ready(m);
		break;
	case 'H':
	case 'd':
	case 'c':
	case 'f':
		if (timeout)
			pp_model_fail(m, type == 'H');
		break;
	default: pp_model_run_extended(m, type); break;
	}
}

static inline void pp_model_copying(struct pp_model *m, char type)
{
	bool known = strchr("dcfHS", type) != NULL;
	if (type == 'H' || type == 'S')
		return;
	if (!known && pp_model_chance(m, 2)) { /* 14 and newer: synchronization lost */
		pp_model_say(m, "E");
		m->dead = true;
	} else if (!known || type == 'f' || pp_model_chance(m, 8)) {
		pp_model_fail(m, !m->in_query); /* before 14 the foreign message is eaten */
	} else if (type == 'c') {
		pp_model_say(m, "C");
		m->copying = false;
		if (m->in_query)
			pp_model_run_query(m);
	}
}

/* One thing happens: the server reads one message, or something of its own. */
static inline void pp_model_step(struct pp_model *m)
{
	if (m->dead || m->out_count > PP_MODEL_OUT_MAX / 2)
		return;
	if (pp_model_chance(m, 16))
		pp_model_say(m, m->choose(m->source, 2) ? "N" : "A");
	if (m->copying && pp_model_chance(m, 24)) { /* a trigger or a cancel, nothing read */
		pp_model_fail(m, !m->in_query);
		return;
	}
	if (m->in_count == 0)
		return;
	char type = (char)m->in[0];
	m->flags = m->copying ? m->flags : m->in[0] & 0xff00;
	memmove(m->in, m->in + 1, --m->in_count * sizeof *m->in);
	if (m->copying)
		pp_model_copying(m, type);
	else if (!m->skip || type == 'S')
		pp_model_session(m, type);
}

static inline uint16_t pp_model_take_reply(struct pp_model *m)
{
	uint16_t reply = m->out[0];
	memmove(m->out, m->out + 1, --m->out_count * sizeof *m->out);
	return reply;
}

/* May another client have this server, whatever it does? Late COPY data and Flush are ignored. */
static inline bool pp_model_is_clean(const struct pp_model *m)
{
	for (size_t i = 0; i < m->out_count; i++)
		if (!strchr("NSA", (char)m->out[i]))
			return false;
	for (size_t i = 0; i < m->in_count; i++)
		if (!strchr("dcfH", (char)m->in[i]))
			return false;
	return m->status == 'I' && !m->skip && !m->batch && !m->copying && m->statements == 0;
}

#endif
