/* Any bytes as an ErrorResponse body: what was read can be written, and reads back the same. */
#include "wire/error.h"

#include <stdlib.h>
#include <string.h>

#include "../support/pp_fuzz.h"

static void check_round_trip(const struct pp_error *e, size_t size)
{
	struct pp_error again;
	struct pp_writer w;
	size_t room = 2 * size + 32; /* severity twice, letters, header, terminator */
	uint8_t *bytes = malloc(room);
	if (!bytes)
		return;
	pp_writer_init(&w, bytes, room);
	pp_error_write(&w, e);
	pp_fuzz_check(!pp_writer_failed(&w) && w.len <= room);
	pp_fuzz_check(pp_error_read(bytes + 5, w.len - 5, &again) == 0);
	pp_fuzz_check(strcmp(e->severity, again.severity) == 0);
	pp_fuzz_check(strcmp(e->sqlstate, again.sqlstate) == 0);
	pp_fuzz_check(strcmp(e->message, again.message) == 0);
	pp_fuzz_check(strcmp(e->detail, again.detail) == 0);
	pp_fuzz_check(strcmp(e->hint, again.hint) == 0);
	pp_fuzz_check(strcmp(e->file, again.file) == 0);
	pp_fuzz_check(strcmp(e->line, again.line) == 0);
	pp_fuzz_check(strcmp(e->routine, again.routine) == 0);
	pp_writer_init(&w, bytes, w.len - 1); /* one byte too few */
	pp_error_write(&w, e);
	pp_fuzz_check(pp_writer_failed(&w));
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pp_error e;
	if (pp_error_read(data, size, &e) < 0)
		return 0;
	pp_fuzz_check(strlen(e.sqlstate) == 5 || !*e.sqlstate);
	for (size_t len = 0; len < size; len++) { /* the terminator is the last byte */
		struct pp_error part;
		pp_fuzz_check(pp_error_read(data, len, &part) == PP_ERR_INVALID);
	}
	check_round_trip(&e, size);
	return 0;
}
