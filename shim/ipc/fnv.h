/* shim/ipc/fnv.h - FNV-1a, 64 bits: equal on both ends, against accidents and not against enemies. */
#ifndef PP_IPC_FNV_H
#define PP_IPC_FNV_H

#include <stddef.h>
#include <stdint.h>

#define PP_FNV_START UINT64_C(14695981039346656037)

/* Goes on from `hash`. */
static inline uint64_t pp_fnv(uint64_t hash, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(1099511628211);
	return hash;
}

#endif
