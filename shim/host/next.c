#include "host/next.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>

#include "host/elf.h"
#include "host/real.h"

/* In libc since glibc 2.34 and in musl; where they are NULL, only the global order is searched. */
extern __typeof__(dladdr) dladdr __attribute__((weak));
extern __typeof__(dlsym) dlsym __attribute__((weak));
extern __typeof__(dlclose) dlclose __attribute__((weak));
/* In glibc since 2.35. Takes no lock. */
extern __typeof__(_dl_find_object) _dl_find_object __attribute__((weak));
/* In libc or the loader since long before glibc 2.17, and in musl. Its lock is not given back in the child of a thread that
 * forks while another one is here: only where there is nothing better, or nothing was found. */
extern __typeof__(dl_iterate_phdr) dl_iterate_phdr __attribute__((weak));

struct place {
	void *of, *other;
	bool is_first;	 /* nothing looked at yet: the next object is the program itself */
	bool is_program; /* `of` is in the program itself */
	bool is_together;
};

static bool is_in(const struct dl_phdr_info *info, void *address)
{
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		if (segment->p_type == PT_LOAD &&
		    (uintptr_t)address - (info->dlpi_addr + segment->p_vaddr) < segment->p_memsz)
			return true;
	}
	return false;
}

static int look_at(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct place *place = arg;
	bool is_program = place->is_first;
	(void)size;
	place->is_first = false;
	if (!is_in(info, place->of))
		return 0;
	place->is_program = is_program;
	place->is_together = is_in(info, place->other);
	return 1;
}

/* The program itself is the one object without a name. */
static void look_up(struct place *place)
{
	struct dl_find_object object;
	if (_dl_find_object(place->of, &object) < 0)
		return;
	place->is_program = !*object.dlfo_link_map->l_name;
	place->is_together = (uintptr_t)place->other - (uintptr_t)object.dlfo_map_start <
			     (uintptr_t)object.dlfo_map_end - (uintptr_t)object.dlfo_map_start;
}

static struct place find_place(void *of, void *other)
{
	struct place place = {.of = of, .other = other, .is_first = true};
	if (_dl_find_object)
		look_up(&place);
	else if (dl_iterate_phdr)
		dl_iterate_phdr(look_at, &place);
	return place;
}

bool pp_next_is_same_object(void *a, void *b)
{
	return find_place(a, b).is_together;
}

/* psycopg2 and others load libpq locally, and two copies may be in one process: RTLD_NEXT finds none
 * or the wrong one. Slow: the loader compares the name with those of all objects, and may read the file. */
static void *find_for(void *caller, const char *name)
{
	Dl_info info;
	pp_real_dlopen_fn open = pp_real_dlopen();
	if (!dladdr || !dlsym || !dlclose || !open || !dladdr(caller, &info) || !info.dli_fname)
		return NULL;
	void *object = open(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	if (!object)
		return NULL;
	void *found = dlsym(object, name);
	dlclose(object); /* the caller keeps it loaded */
	return found;
}

void *pp_next_find(void *caller, const char *name, void *self)
{
	void *global = pp_real_next(name);
	struct place place = find_place(caller, global);
	if (global && (place.is_program || place.is_together))
		return global;
	void *found = place.is_program ? NULL : find_for(caller, name);
	if (found && found != self)
		return found;
	return global ? global : pp_elf_find_next(name);
}
