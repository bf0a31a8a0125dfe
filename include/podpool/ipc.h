/* include/podpool/ipc.h - the treaty between the shim (in the program) and the broker.
 *
 * Transport: an AF_UNIX stream socket `sock` in PODPOOL_DIR. One question, one answer, close; the
 * broker knows the asker by SO_PEERCRED, never by what it says.
 * A ROUTE that was answered once is written to the file `routes`, and need not be asked again: the shim reads the
 * answer there and only *tells* the broker (the same message, as a datagram to `tell`), which reads it when the
 * connection arrives. A broker that is gone refuses the datagram, one that starts removes the file first, and one that
 * hangs does not keep the file's pulse.
 * Numbers are in host order (both ends are on one machine); addresses and ports in network order.
 * What a libpq program wants of TLS is moved to the broker's own login (WISH, ipc/mark.h). While no server here
 * speaks TLS there is nothing to move for the default wishes: the link `plain` says so, and no question is asked. Both
 * only where program and broker have one `stamp` (ipc/stamp.h), which is what the link names.
 * Lifetime: an old shim meets a new broker after an upgrade, so a version the broker does not know
 * is answered DIRECT, and a field is only ever added by a new version number; one that all have sent as 0 may get a
 * meaning in which 0 is "not said".
 */
#ifndef PODPOOL_IPC_H
#define PODPOOL_IPC_H

#include <stdint.h>

#define PP_IPC_MAGIC   UINT32_C(0x4c4f4f50) /* "POOL" in little endian */
#define PP_IPC_VERSION 1

#define PP_IPC_SOCK   "sock" /* file names inside PODPOOL_DIR */
#define PP_IPC_PLAIN  "plain"
#define PP_IPC_ROUTES "routes"
#define PP_IPC_TELL   "tell"
#define PP_IPC_LOCK   "lock"

/* The broker is started with the locked lock file and the ready pipe on these descriptors. The lock
 * lives as long as the broker (flock belongs to the open file description); one byte on the pipe
 * says "listening". */
#define PP_IPC_LOCK_FD	3
#define PP_IPC_READY_FD 4

/* Loopback addresses the broker answers with: 127.66.0.0/16. Never a pooled destination. */
#define PP_IPC_NET  UINT32_C(0x7f420000) /* host order */
#define PP_IPC_MASK UINT32_C(0xffff0000)

enum pp_ipc_op {
	/* questions */
	/* addr = destination, cookie = SO_COOKIE, flags = mark of the socket or 0 -> ROUTED, DIRECT or REFUSE */
	PP_IPC_ROUTE = 1,
	PP_IPC_PEER = 2, /* addr = one of the broker's own -> ROUTED with the original, or DIRECT */
	PP_IPC_TERM = 3, /* this process got SIGTERM; flags = its disposition -> OK, WAIT or NOW */
	PP_IPC_STATUS = 4, /* -> JSON text until EOF, no header */
	/* cookie = stamp, flags = mark; followed by `length` bytes "name\0value\0..." of libpq keywords, the value of a file
	 * preceded by "DEVICE.INODE " (hexadecimal; "- " when it does not exist), a relative path said as the
	 * program's folder, PP_IPC_WISH_RELATIVE, the path; several hosts with their hostaddr and port
	 * -> OK: kept; DIRECT: leave the connection string alone (that file is another one here, another stamp, or
	 * none from an older shim, no room). Without text: its connection has failed -> DIRECT: no ROUTE of this process was
	 * answered ROUTED since its WISH, and the shim did not connect in clear text (or the wish is forgotten, or from an
	 * older broker); OK: not for that */
	PP_IPC_WISH = 5,
	/* the pod will end (preStop): leave -> OK; NOW: asked from another container, whose end is not the broker's:
	 * nothing to wait for; an older broker: DIRECT */
	PP_IPC_DRAIN = 6,
	/* PID 1 exits, and the kernel then kills everything of its pid namespace: say goodbye now. No answer:
	 * the end of the connection says that it was said */
	PP_IPC_BYE = 7,
	/* read the settings again -> "ok", perhaps with a remark, or why not, as text until EOF; an older broker:
	 * DIRECT */
	PP_IPC_RELOAD = 8,
	/* answers */
	/* addr is set; to a ROUTE, cookie = the broker's network, as in the pulse */
	PP_IPC_ROUTED = 64,
	PP_IPC_DIRECT = 65, /* do what would have happened without podpool */
	PP_IPC_OK = 66,	    /* noted */
	/* TERM, default action: return from the handler; the broker sends SIGTERM again when this process
	 * has no open transaction */
	PP_IPC_WAIT = 67,
	PP_IPC_NOW = 68, /* TERM, default action: die now */
	PP_IPC_REFUSE =
		69, /* ROUTE under PODPOOL_FAIL=closed: the connect fails with ECONNREFUSED */
};

enum pp_ipc_term_flag {
	PP_IPC_TERM_DEFAULT = 1, /* SIG_DFL: the process dies of it */
	PP_IPC_TERM_HANDLER = 2, /* the program's own handler runs at once */
	PP_IPC_TERM_PID1 = 4,	 /* SIG_DFL in PID 1: the kernel would have ignored it */
	PP_IPC_TERM_SELF = 8,	 /* with DEFAULT: the process sent it to itself */
	/* PID 1 got it from a process of its own pid namespace (`kill 1`, `kill 0`), which is not the pod's end; with
	 * DEFAULT: it dies only where the answer is NOW */
	PP_IPC_TERM_INSIDE = 16,
};

enum pp_ipc_family { PP_IPC_V4 = 4, PP_IPC_V6 = 6 };

struct pp_ipc_addr {
	uint8_t family;	  /* enum pp_ipc_family; v4-mapped v6 addresses travel as V4 */
	uint8_t reserved; /* 0 */
	uint16_t port_be;
	uint8_t ip[16]; /* V4 uses the first four, the rest are 0 */
};

/* Every question and answer but the JSON text: exactly these bytes (and a WISH's text). */
struct pp_ipc_msg {
	uint32_t magic;
	uint16_t version;
	uint16_t op;	 /* enum pp_ipc_op */
	uint64_t cookie; /* ROUTE, its ROUTED, WISH */
	uint32_t length; /* WISH: bytes that follow */
	uint32_t flags;	 /* TERM, ROUTE, WISH */
	struct pp_ipc_addr addr;
	uint8_t reserved[4]; /* 0; keeps the size a multiple of 8 */
};

/* The file `routes`: a pulse, then an array of routes; replaced as a whole (rename). */
struct pp_ipc_route {
	struct pp_ipc_addr destination, listening;
};

/* Rewritten in place at least every PP_IPC_PULSE_MS. Who finds it older than PP_IPC_SILENT_MS has to do with a broker
 * that hangs: the kernel still accepts for it, and nobody would answer. An older shim takes it for a route to nowhere. */
#define PP_IPC_PULSE_MS	 1000
#define PP_IPC_SILENT_MS 3000

struct pp_ipc_pulse {
	struct pp_ipc_addr none; /* 0: no destination */
	uint8_t reserved[4];
	/* inode of the broker's /proc/self/ns/net: these addresses mean nothing elsewhere; 0 unknown */
	uint64_t netns;
	int64_t at_ms; /* CLOCK_MONOTONIC */
};

enum pp_ipc_sslmode {
	PP_IPC_SSL_UNKNOWN = 0,
	PP_IPC_SSL_DISABLE,
	PP_IPC_SSL_ALLOW,
	PP_IPC_SSL_PREFER,
	PP_IPC_SSL_REQUIRE,
	PP_IPC_SSL_VERIFY_CA,
	PP_IPC_SSL_VERIFY_FULL,
};

#define PP_IPC_WISH_MAX	     4000
#define PP_IPC_WISH_RELATIVE "/././" /* a path itself, and nobody writes it */

struct pp_ipc_wish {
	struct pp_ipc_msg msg;
	char text[PP_IPC_WISH_MAX]; /* only `length` bytes are sent */
};

_Static_assert(sizeof(struct pp_ipc_addr) == 20, "wire format");
_Static_assert(sizeof(struct pp_ipc_route) == 40, "file format");
_Static_assert(sizeof(struct pp_ipc_pulse) == 40, "file format");
_Static_assert(sizeof(struct pp_ipc_msg) == 48, "wire format");

#endif
