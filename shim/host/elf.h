/* shim/host/elf.h - finds a function in the objects loaded after the shim, without dlsym.
 *
 * For glibc before 2.34, where a program without libdl has no dlsym, and yet a library it loads
 * through NSS may bring libdl and call our dlopen.
 */
#ifndef PP_HOST_ELF_H
#define PP_HOST_ELF_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

/* What DT_GNU_HASH, DT_SYMTAB, DT_STRTAB and DT_VERSYM of one object say; NULL where missing. */
struct pp_elf_tables {
	uintptr_t base;
	const uint32_t *gnu_hash;
	const ElfW(Sym) * symbols;
	const char *names;
	const uint16_t *versions;
};

/* The default version of function `name` in this object, or NULL. Pure. */
void *pp_elf_find_in(const struct pp_elf_tables *tables, const char *name);

/* The first one among the objects after the shim in load order, or NULL. */
void *pp_elf_find_next(const char *name);

/* Is this object the one our own code is in? */
bool pp_elf_is_shim(const struct dl_phdr_info *info);

#endif
