/* shim/host/wish.h - what a libpq connection string asks for, as far as the broker must know it. Pure.
 *
 * Reads what PQconnectdb and its relatives are given by libpq's own rules (docs 34.1.1): arrays, strings, URIs, then
 * the environment for what is still unset. Whatever it is not sure of is `doubtful`: then nothing is changed.
 * Values are borrowed, or decoded into the wish's own room.
 */
#ifndef PP_HOST_WISH_H
#define PP_HOST_WISH_H

#include <podpool/ipc.h>
#include <stdbool.h>
#include <stddef.h>

#include "ipc/target.h"

/* keyword, environment variable, what it means to us:
 * READ  looked at here
 * SEND  moved to the broker as it is
 * FILE  the same, and names a file that must be the same one there
 * STOP  set, it makes everything doubtful
 * KEEP  only the untouched connection meets it: the broker must tunnel */
#define PP_WISH_OPTIONS(X)                                                                         \
	X(host, "PGHOST", READ)                                                                    \
	X(hostaddr, "PGHOSTADDR", READ)                                                            \
	X(port, "PGPORT", READ)                                                                    \
	X(sslmode, "PGSSLMODE", READ)                                                              \
	X(gssencmode, "PGGSSENCMODE", READ)                                                        \
	X(channel_binding, "PGCHANNELBINDING", SEND)                                               \
	X(sslcompression, "PGSSLCOMPRESSION", READ)                                                \
	X(sslcert, "PGSSLCERT", FILE)                                                              \
	X(sslkey, "PGSSLKEY", FILE)                                                                \
	X(sslpassword, NULL, SEND)                                                                 \
	X(sslrootcert, "PGSSLROOTCERT", FILE)                                                      \
	X(sslcrl, "PGSSLCRL", FILE)                                                                \
	X(sslcrldir, "PGSSLCRLDIR", FILE)                                                          \
	X(sslsni, "PGSSLSNI", SEND)                                                                \
	X(ssl_min_protocol_version, "PGSSLMINPROTOCOLVERSION", SEND)                               \
	X(ssl_max_protocol_version, "PGSSLMAXPROTOCOLVERSION", SEND)                               \
	X(service, "PGSERVICE", READ)                                                              \
	X(requiressl, "PGREQUIRESSL", STOP)                                                        \
	X(replication, NULL, STOP)                                                                 \
	X(tcp_user_timeout, NULL, STOP)                                                            \
	X(sslnegotiation, "PGSSLNEGOTIATION", STOP)                                                \
	X(sslkeylogfile, NULL, STOP)                                                               \
	X(sslcertmode, "PGSSLCERTMODE", KEEP)                                                      \
	X(require_auth, "PGREQUIREAUTH", KEEP)

enum pp_wish_option {
#define X(name, env, kind) PP_WISH_##name,
	PP_WISH_OPTIONS(X)
#undef X
		PP_WISH__COUNT
};

enum pp_wish_kind {
	PP_WISH_IS_READ,
	PP_WISH_IS_SEND,
	PP_WISH_IS_FILE,
	PP_WISH_IS_STOP,
	PP_WISH_IS_KEEP
};

#define PP_WISH_ROOM 2048

struct pp_wish {
	const char *value[PP_WISH__COUNT]; /* NULL: not set */
	const char *home;		   /* HOME, NULL: not set */
	const char *folder;		   /* where the program stands; NULL: nobody knows */
	bool is_doubtful;
	bool is_service_read; /* what `service` stands for is in here */
	size_t used;
	char room[PP_WISH_ROOM];
};

enum pp_wish_verdict {
	PP_WISH_UNTOUCHED, /* not pooled for certain, or not understood */
	PP_WISH_TUNNEL,	   /* goes to the broker, which must not pool it */
	PP_WISH_POOLED,
};

void pp_wish_init(struct pp_wish *wish);
/* As PQconnectdbParams reads them; empty values do not set. */
void pp_wish_add_params(struct pp_wish *wish, const char *const *keywords,
			const char *const *values, int expand_dbname);
/* A string or a URI. */
void pp_wish_add_conninfo(struct pp_wish *wish, const char *conninfo);
/* Last: for what nobody has set. */
void pp_wish_add_environment(struct pp_wish *wish, char *const *envp);

/* Would libpq take this `dbname` for a connection string? */
bool pp_wish_is_conninfo(const char *text);

/* Every host it may try is a TCP destination that `targets` have for certain, whatever its name resolves to. */
enum pp_wish_verdict pp_wish_judge(const struct pp_wish *wish, const struct pp_targets *targets);
/* UNKNOWN: not a mode libpq knows; it shall complain itself. */
enum pp_ipc_sslmode pp_wish_sslmode(const struct pp_wish *wish);

/* wish_text.c. The text of a WISH (include/podpool/ipc.h): its length, 0 when something cannot be said. identify(path, to, size)
 * writes "DEVICE.INODE " or "- ". */
size_t pp_wish_write(const struct pp_wish *wish, char *text, size_t size,
		     bool (*identify)(const char *path, char *to, size_t size));

/* wish_service.c. Between the arguments and the environment. */
struct pp_wish_service {
	const char *name;		  /* borrowed */
	const char *file, *home, *folder; /* PGSERVICEFILE, HOME, PGSYSCONFDIR; NULL: not set */
	bool is_found, is_over;
	size_t len;
	char line[1024];
};
/* False: no service is asked for. */
bool pp_wish_find_service(const struct pp_wish *wish, char *const *envp,
			  struct pp_wish_service *ret_service);
/* The next bytes of a service file; none: its end. */
void pp_wish_read_service(struct pp_wish *wish, struct pp_wish_service *service, const char *bytes,
			  size_t len);

/* wish_uri.c. False: not certain. */
bool pp_wish_read_uri(struct pp_wish *wish, const char *uri);

const char *pp_wish_option_name(enum pp_wish_option option);
enum pp_wish_kind pp_wish_option_kind(enum pp_wish_option option);
/* And not to "". */
static inline bool pp_wish_is_set(const struct pp_wish *wish, enum pp_wish_option option)
{
	return wish->value[option] && *wish->value[option];
}

/* Shared with wish_uri.c and wish_service.c: sets by name (also to ""), the latter only what is not set, to a copy; and
 * keeps decoded text in the room. */
void pp_wish_set(struct pp_wish *wish, const char *keyword, const char *value);
void pp_wish_set_default(struct pp_wish *wish, const char *keyword, const char *value);
char *pp_wish_keep(struct pp_wish *wish, const char *text, size_t len);

#endif
