#include "host/pq_long.h"

#include <stddef.h>

#include "host/str.h"

/* Of 4488 bytes (broker/startup.c), less the names of the options, the mark, and what a service file may add. */
#define LONG 3000

/* Also what is not said to the server: a host name, a password. That costs nothing but the pool. */
static size_t lengths_of(const char *const *keywords, const char *const *values)
{
	size_t sum = 0;
	for (; *keywords; keywords++, values++)
		sum += *values ? pp_str_len(*values) : 0;
	return sum;
}

/* What libpq puts into the StartupMessage (docs 34.15). */
static bool is_said(const char *entry)
{
	static const char *const names[] = {
		"PGOPTIONS=",	     "PGUSER=",	     "PGDATABASE=", "PGAPPNAME=",
		"PGCLIENTENCODING=", "PGDATESTYLE=", "PGTZ=",	    "PGGEQO="};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (pp_str_after(entry, names[i]))
			return true;
	return false;
}

bool pp_pq_is_long(const char *const *keywords, const char *const *values, char *const *envp)
{
	size_t sum = lengths_of(keywords, values);
	for (; envp && *envp; envp++)
		sum += is_said(*envp) ? pp_str_len(*envp) : 0;
	return sum > LONG;
}
