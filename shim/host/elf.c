#include "host/elf.h"

#include <stddef.h>

#include "host/str.h"

#define HIDDEN_VERSION 0x8000 /* not the default version of its name */

/* In libc or the loader since long before glibc 2.17, and in musl. */
extern __typeof__(dl_iterate_phdr) dl_iterate_phdr __attribute__((weak));

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;
	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

static bool is_function(const struct pp_elf_tables *t, uint32_t i, const char *name)
{
	const ElfW(Sym) *symbol = &t->symbols[i];
	if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF)
		return false;
	if (t->versions && t->versions[i] & HIDDEN_VERSION)
		return false;
	return pp_str_is_equal(t->names + symbol->st_name, name);
}

/* The layout: bucket count, first hashed symbol, bloom words, shift; bloom filter; buckets; chains. A
 * bucket below the first hashed symbol is empty. */
void *pp_elf_find_in(const struct pp_elf_tables *t, const char *name)
{
	if (!t->gnu_hash || !t->symbols || !t->names || t->gnu_hash[0] == 0)
		return NULL;
	uint32_t bucket_count = t->gnu_hash[0], first = t->gnu_hash[1], hash = hash_of(name);
	const uint32_t *buckets =
		t->gnu_hash + 4 + t->gnu_hash[2] * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
	const uint32_t *chains = buckets + bucket_count;
	uint32_t i = buckets[hash % bucket_count];
	if (i < first)
		return NULL;
	for (;; i++) {
		uint32_t entry = chains[i - first];
		if ((entry | 1) == (hash | 1) && is_function(t, i, name))
			return (void *)(t->base + t->symbols[i].st_value);
		if (entry & 1) /* the last of its bucket */
			return NULL;
	}
}

/* glibc has relocated these pointers in place, musl has not. */
static const void *table_at(uintptr_t base, ElfW(Addr) address)
{
	return (const void *)(address < base ? base + address : address);
}

static struct pp_elf_tables tables_of(uintptr_t base, const ElfW(Dyn) * dynamic)
{
	struct pp_elf_tables t = {.base = base};
	for (; dynamic->d_tag != DT_NULL; dynamic++) {
		const void *at = table_at(base, dynamic->d_un.d_ptr);
		switch (dynamic->d_tag) {
		case DT_GNU_HASH: t.gnu_hash = at; break;
		case DT_SYMTAB: t.symbols = at; break;
		case DT_STRTAB: t.names = at; break;
		case DT_VERSYM: t.versions = at; break;
		default: break;
		}
	}
	return t;
}

struct search {
	const char *name;
	bool is_after_shim;
	void *found;
};

bool pp_elf_is_shim(const struct dl_phdr_info *info)
{
	uintptr_t here = (uintptr_t)pp_elf_is_shim;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		if (segment->p_type == PT_LOAD &&
		    here - (info->dlpi_addr + segment->p_vaddr) < segment->p_memsz)
			return true;
	}
	return false;
}

static int search_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct search *search = arg;
	(void)size;
	if (!search->is_after_shim) {
		search->is_after_shim = pp_elf_is_shim(info);
		return 0;
	}
	for (int i = 0; i < info->dlpi_phnum && !search->found; i++) {
		if (info->dlpi_phdr[i].p_type != PT_DYNAMIC)
			continue;
		uintptr_t dynamic = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		struct pp_elf_tables tables =
			tables_of(info->dlpi_addr, (const ElfW(Dyn) *)dynamic);
		search->found = pp_elf_find_in(&tables, search->name);
	}
	return search->found != NULL;
}

void *pp_elf_find_next(const char *name)
{
	struct search search = {name, false, NULL};
	if (dl_iterate_phdr)
		dl_iterate_phdr(search_object, &search);
	return search.found;
}
