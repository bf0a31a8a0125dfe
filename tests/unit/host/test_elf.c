#include "host/elf.h"

#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>

#include "pp_test.h"

START_TEST(test_elf_finds_what_dlsym_finds)
{
	/* the shim is this program here, and everything it needs is loaded after it */
	static const char *const names[] = {"connect", "getpeername", "sigaction", "__sigaction",
					    "signal",  "sigset",      "dlopen",	   "sysv_signal"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		void *found = pp_elf_find_next(names[i]);
		ck_assert_msg(found == dlsym(RTLD_NEXT, names[i]), "%s", names[i]);
		ck_assert_ptr_nonnull(found);
	}
	ck_assert_ptr_null(pp_elf_find_next("no_such_function"));
	ck_assert_ptr_null(pp_elf_find_next(""));
}
END_TEST

START_TEST(test_elf_bucket_below_the_first_symbol_is_empty)
{
	/* one bucket holding 0, first hashed symbol 1: a known injector underflowed here */
	static const uint32_t table[] = {1, 1, 1, 0, 0, 0, 0, 0xffffffff};
	static const ElfW(Sym) symbols[2];
	struct pp_elf_tables tables = {0, table, symbols, "", NULL};
	ck_assert_ptr_null(pp_elf_find_in(&tables, "connect"));
	static const uint32_t no_buckets[4];
	tables.gnu_hash = no_buckets;
	ck_assert_ptr_null(pp_elf_find_in(&tables, "connect"));
	tables.gnu_hash = NULL;
	ck_assert_ptr_null(pp_elf_find_in(&tables, "connect"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host/elf");
	TCase *c = tcase_create("lookup");
	tcase_add_test(c, test_elf_finds_what_dlsym_finds);
	tcase_add_test(c, test_elf_bucket_below_the_first_symbol_is_empty);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
