/* shim/hooks/libpq.c - the exported PQconnectdb() family, and the few that would show what was added to it.
 *
 * libpq calls some of these itself, through the PLT, and so comes here again: then nothing is added.
 * PQping and PQpingParams are not hooked: they connect, and that is all.
 */
#include <stddef.h>

#include "host/next.h"
#include "host/pq.h"

#include "hooks/export.h"

#define CALLER	   __builtin_return_address(0)
#define NEXT(name) ((__typeof__(&name))pp_next_find(CALLER, #name, (void *)name))
#define NESTED(f)  pp_next_is_same_object(CALLER, (void *)(f))

void *PQconnectdb(const char *conninfo);
void *PQconnectStart(const char *conninfo);
void *PQconnectdbParams(const char *const *keywords, const char *const *values, int expand_dbname);
void *PQconnectStartParams(const char *const *keywords, const char *const *values,
			   int expand_dbname);
void *PQsetdbLogin(const char *host, const char *port, const char *options, const char *tty,
		   const char *dbname, const char *login, const char *password);
struct pp_pq_option *PQconninfo(void *conn);
void PQreset(void *conn);
int PQresetStart(void *conn);
void PQfinish(void *conn); /* not hooked */

/* True: `conn` is what the program gets. A blocking connect may be tried again without the broker. */
static bool keep(void *caller, void *conn, const struct pp_pq_change *change)
{
	void (*finish)(void *conn);
	if (!pp_pq_is_lost(caller, conn, change))
		return true;
	*(void **)&finish = pp_next_find(caller, "PQfinish", NULL);
	if (!finish)
		return true;
	finish(conn);
	return false;
}

PP_EXPORT void *PQconnectdb(const char *conninfo)
{
	struct pp_pq_change c;
	__typeof__(&PQconnectdb) real = NEXT(PQconnectdb);
	__typeof__(&PQconnectdbParams) params = NEXT(PQconnectdbParams);
	if (params && !NESTED(real) && pp_pq_change_conninfo(&c, CALLER, conninfo)) {
		void *conn = params(c.keywords, c.values, 1);
		if (keep(CALLER, conn, &c))
			return conn;
	}
	return real ? real(conninfo) : NULL;
}

PP_EXPORT void *PQconnectStart(const char *conninfo)
{
	struct pp_pq_change c;
	__typeof__(&PQconnectStart) real = NEXT(PQconnectStart);
	__typeof__(&PQconnectStartParams) params = NEXT(PQconnectStartParams);
	if (params && !NESTED(real) && pp_pq_change_conninfo(&c, CALLER, conninfo))
		return params(c.keywords, c.values, 1);
	return real ? real(conninfo) : NULL;
}

PP_EXPORT void *PQconnectdbParams(const char *const *keywords, const char *const *values,
				  int expand_dbname)
{
	struct pp_pq_change c;
	__typeof__(&PQconnectdbParams) real = NEXT(PQconnectdbParams);
	if (real && !NESTED(real) && pp_pq_change(&c, CALLER, keywords, values, expand_dbname)) {
		void *conn = real(c.keywords, c.values, expand_dbname);
		if (keep(CALLER, conn, &c))
			return conn;
	}
	return real ? real(keywords, values, expand_dbname) : NULL;
}

PP_EXPORT void *PQconnectStartParams(const char *const *keywords, const char *const *values,
				     int expand_dbname)
{
	struct pp_pq_change c;
	__typeof__(&PQconnectStartParams) real = NEXT(PQconnectStartParams);
	if (real && !NESTED(real) && pp_pq_change(&c, CALLER, keywords, values, expand_dbname))
		return real(c.keywords, c.values, expand_dbname);
	return real ? real(keywords, values, expand_dbname) : NULL;
}

PP_EXPORT void *PQsetdbLogin(const char *host, const char *port, const char *options,
			     const char *tty, const char *dbname, const char *login,
			     const char *password)
{
	static const char *const keywords[] = {"dbname", "host",     "port", "options",
					       "user",	 "password", NULL};
	const char *const values[] = {dbname, host, port, options, login, password, NULL};
	struct pp_pq_change c;
	__typeof__(&PQsetdbLogin) real = NEXT(PQsetdbLogin);
	__typeof__(&PQconnectdbParams) params = NEXT(PQconnectdbParams);
	if (params && !NESTED(real) && pp_pq_change(&c, CALLER, keywords, values, 1)) {
		void *conn = params(c.keywords, c.values, 1);
		if (keep(CALLER, conn, &c))
			return conn;
	}
	return real ? real(host, port, options, tty, dbname, login, password) : NULL;
}

PP_EXPORT struct pp_pq_option *PQconninfo(void *conn)
{
	__typeof__(&PQconninfo) real = NEXT(PQconninfo);
	struct pp_pq_option *options = real ? real(conn) : NULL;
	if (options)
		pp_pq_restore(CALLER, options);
	return options;
}

PP_EXPORT void PQreset(void *conn)
{
	__typeof__(&PQreset) real = NEXT(PQreset);
	pp_pq_renew(CALLER, conn);
	if (real)
		real(conn);
}

PP_EXPORT int PQresetStart(void *conn)
{
	__typeof__(&PQresetStart) real = NEXT(PQresetStart);
	pp_pq_renew(CALLER, conn);
	return real ? real(conn) : 0;
}
