/* tests/support/pp_test.h - one main() for every Check binary, and expat's habit of feeding input
 * in every split. */
#ifndef PP_TEST_H
#define PP_TEST_H

#include <check.h>
#include <stdlib.h>

/* Body of main(): runs the suite (CK_RUN_CASE, CK_FORK=no and the other CK_ variables work as Check
 * documents). */
static inline int pp_test_main(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* for each split point of a buffer of `len` bytes: first part is [0, at), second [at, len) */
#define pp_each_split(at, len) for (size_t at = 0; at <= (len); at++)

#endif
