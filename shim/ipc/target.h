/* shim/ipc/target.h - which destinations are pooled: PODPOOL_TARGETS, `host-or-cidr:port[,...]`.
 *
 * Pure and freestanding (shim and broker must agree, so they share the code). A host *name* cannot
 * be judged by an address alone: the shim treats it as "perhaps" and asks, the broker resolves it
 * and decides. Syntax: `*:5432`, `10.0.0.0/8:5432`, `10.1.2.3:5432`, `[fd00::/8]:5432`,
 * `[::1]:5433`, `db.example:5432`, `*:*` is not allowed (a port is what makes a PostgreSQL
 * destination recognisable).
 */
#ifndef PP_IPC_TARGET_H
#define PP_IPC_TARGET_H

#include <podpool/ipc.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define PP_TARGET_MAX	   16
#define PP_TARGET_NAME_MAX 64

enum pp_target_kind { PP_TARGET_ANY, PP_TARGET_CIDR, PP_TARGET_NAME };
enum pp_target_answer { PP_TARGET_NO, PP_TARGET_YES, PP_TARGET_PERHAPS };

struct pp_target {
	uint8_t kind;		 /* enum pp_target_kind */
	uint8_t prefix_bits;	 /* CIDR */
	struct pp_ipc_addr addr; /* port always; ip for CIDR */
	char name[PP_TARGET_NAME_MAX];
};

struct pp_targets {
	unsigned count;
	struct pp_target item[PP_TARGET_MAX];
};

/* PP_ERR_INVALID: not this syntax; PP_ERR_FULL: more than PP_TARGET_MAX. *ret_targets unchanged on
 * failure. `ret_bad` (may be NULL) points at the offending item inside text. */
PP_MUSTCHECK int pp_targets_parse(const char *text, struct pp_targets *ret_targets,
				  const char **ret_bad);

/* `len` bytes that are an address to everybody (so no 010.0.0.1, which is octal to some); the port is 0. PP_ERR_INVALID:
 * a name, or doubtful. */
PP_MUSTCHECK int pp_targets_read_address(const char *text, size_t len,
					 struct pp_ipc_addr *ret_addr);

bool pp_targets_have_port(const struct pp_targets *targets, uint16_t port_be);

/* PERHAPS: only a name entry has this port. Never YES for the broker's own addresses. */
enum pp_target_answer pp_targets_match(const struct pp_targets *targets,
				       const struct pp_ipc_addr *addr);

#endif
