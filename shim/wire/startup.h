/* shim/wire/startup.h - the packets that come before the first letter
 * (docs 55.2.1, 55.2.10, 55.2.8).
 *
 * Knows: StartupMessage 3.x, SSLRequest, GSSENCRequest, CancelRequest, the server's own limits
 * (MAX_STARTUP_PACKET_LENGTH 10000). Must not know what a parameter means.
 */
#ifndef PP_WIRE_STARTUP_H
#define PP_WIRE_STARTUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* MAX_STARTUP_PACKET_LENGTH in the server. It counts from the version on: with the length word a
 * packet may have 10004 bytes. */
#define PP_PROTOCOL_3_0	      196608 /* 3 << 16; the minor version is added */
#define PP_STARTUP_LENGTH_MAX 10000

enum pp_startup_kind {
	PP_STARTUP_MORE,    /* incomplete: keep the bytes, call again with more */
	PP_STARTUP_BROKEN,  /* no startup packet the server would accept */
	PP_STARTUP_TLS,	    /* bytes of a TLS ClientHello (direct TLS, protocol 18+) */
	PP_STARTUP_SESSION, /* StartupMessage, major 3 */
	PP_STARTUP_VERSION, /* a StartupMessage of another major version: not for us */
	PP_STARTUP_SSL,	    /* SSLRequest */
	PP_STARTUP_GSSENC,  /* GSSENCRequest */
	PP_STARTUP_CANCEL,  /* CancelRequest */
};

struct pp_startup {
	enum pp_startup_kind kind;
	size_t total;		   /* bytes of the packet */
	uint16_t minor;		   /* SESSION: requested minor version */
	const uint8_t *params;	   /* SESSION: name NUL value NUL ... , checked: pairs, terminated;
				      points into the bytes */
	size_t params_len;	   /* without the closing NUL */
	uint32_t cancel_pid;	   /* CANCEL */
	const uint8_t *cancel_key; /* CANCEL; 4 bytes up to protocol 3.0, 4..256 from 3.2 */
	size_t cancel_key_len;
};

/* Never reads past len; bytes behind the packet are not looked at. The answer for a prefix is MORE
 * or what the whole will be (BROKEN, TLS), never something else. ret_startup is always written; with
 * MORE, BROKEN and TLS only its kind means something. */
enum pp_startup_kind pp_startup_parse(const uint8_t *bytes, size_t len,
				      struct pp_startup *ret_startup);

/* Walks SESSION's parameters: *at starts at 0; false at the end. */
bool pp_startup_next(const struct pp_startup *s, size_t *at, const char **ret_name,
		     const char **ret_value);
/* The last value of a name (the server lets later ones win), or NULL. */
const char *pp_startup_find(const struct pp_startup *s, const char *name);

#endif
