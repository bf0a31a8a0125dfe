/* shim/hooks/libpq.c - the exported PQconnectdb() family: tells the broker, then the real function
 * with unchanged arguments.
 *
 * PQconnectdbParams calls PQconnectStartParams through the PLT and so comes here twice: a duplicate
 * hint is harmless. PQping and PQpingParams are not hooked: they connect, and that is all.
 */
#include <stddef.h>

#include "host/hint.h"

#include "hooks/export.h"

#define CALLER	   __builtin_return_address(0)
#define NEXT(name) ((__typeof__(&name))pp_hint_next(CALLER, #name, (void *)name))

void *PQconnectdb(const char *conninfo);
void *PQconnectStart(const char *conninfo);
void *PQconnectdbParams(const char *const *keywords, const char *const *values, int expand_dbname);
void *PQconnectStartParams(const char *const *keywords, const char *const *values,
			   int expand_dbname);
void *PQsetdbLogin(const char *host, const char *port, const char *options, const char *tty,
		   const char *dbname, const char *login, const char *password);

PP_EXPORT void *PQconnectdb(const char *conninfo)
{
	pp_hint_conninfo(CALLER, conninfo);
	__typeof__(&PQconnectdb) real = NEXT(PQconnectdb);
	return real ? real(conninfo) : NULL;
}

PP_EXPORT void *PQconnectStart(const char *conninfo)
{
	pp_hint_conninfo(CALLER, conninfo);
	__typeof__(&PQconnectStart) real = NEXT(PQconnectStart);
	return real ? real(conninfo) : NULL;
}

PP_EXPORT void *PQconnectdbParams(const char *const *keywords, const char *const *values,
				  int expand_dbname)
{
	pp_hint_params(CALLER, keywords, values, expand_dbname);
	__typeof__(&PQconnectdbParams) real = NEXT(PQconnectdbParams);
	return real ? real(keywords, values, expand_dbname) : NULL;
}

PP_EXPORT void *PQconnectStartParams(const char *const *keywords, const char *const *values,
				     int expand_dbname)
{
	pp_hint_params(CALLER, keywords, values, expand_dbname);
	__typeof__(&PQconnectStartParams) real = NEXT(PQconnectStartParams);
	return real ? real(keywords, values, expand_dbname) : NULL;
}

PP_EXPORT void *PQsetdbLogin(const char *host, const char *port, const char *options,
			     const char *tty, const char *dbname, const char *login,
			     const char *password)
{
	pp_hint_login(CALLER, host, port, dbname);
	__typeof__(&PQsetdbLogin) real = NEXT(PQsetdbLogin);
	return real ? real(host, port, options, tty, dbname, login, password) : NULL;
}
