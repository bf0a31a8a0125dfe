#include "broker/login_notice.h"

#include <libpq-fe.h>

#include "broker/login.h"
#include "wire/msg.h"
#include "wire/writer.h"

/* In the order the server sends them (docs 55.8). */
static const char fields[] = "SVCMDHWstcdnPpqFLR";

static void keep(void *arg, const PGresult *notice)
{
	struct pp_login *l = arg;
	struct pp_writer w;
	pp_writer_init(&w, l->notices + l->notices_len, sizeof l->notices - l->notices_len);
	pp_writer_begin(&w, PP_BACK_NOTICE);
	for (const char *field = fields; *field; field++) {
		const char *value = PQresultErrorField(notice, *field);
		if (!value)
			continue;
		pp_writer_u8(&w, (uint8_t)*field);
		pp_writer_str(&w, value);
	}
	pp_writer_u8(&w, 0);
	pp_writer_end(&w);
	if (!pp_writer_failed(&w))
		l->notices_len += w.len;
}

static void ignore(void *arg, const PGresult *notice)
{
	(void)arg;
	(void)notice;
}

void pp_login_notice_begin(struct pp_login *l, PGconn *conn)
{
	l->notices_len = 0;
	PQsetNoticeReceiver(conn, keep, l);
}

void pp_login_notice_end(PGconn *conn)
{
	PQsetNoticeReceiver(conn, ignore, NULL);
}
