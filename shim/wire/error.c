#include "wire/error.h"

#include <string.h>

#include "wire/msg.h"
#include "wire/reader.h"

static void keep(struct pp_error *e, uint8_t field, const char *text, const char **severity_s)
{
	switch (field) {
	case 'S': *severity_s = text; break;
	/* "Severity: ... This is identical to the S field except that the contents are never
	 * localized" (55.8): V is what may be compared. */
	case 'V': e->severity = text; break;
	case 'C': e->sqlstate = strlen(text) == 5 ? text : ""; break;
	case 'M': e->message = text; break;
	case 'D': e->detail = text; break;
	case 'H': e->hint = text; break;
	case 'P': e->position = text; break;
	case 'F': e->file = text; break;
	case 'L': e->line = text; break;
	case 'R': e->routine = text; break;
	/* "Since more field types might be added in future, frontends should silently ignore fields
	 * of unrecognized type" (55.7). */
	default: break;
	}
}

int pp_error_read(const uint8_t *body, size_t len, struct pp_error *ret_error)
{
	struct pp_error e = {"", "", "", "", "", "", "", "", ""};
	const char *severity_s = "";
	struct pp_reader r;
	pp_reader_init(&r, body, len);
	for (;;) {
		uint8_t field = pp_reader_u8(&r);
		if (field == 0)
			break;
		const char *text = pp_reader_str(&r);
		if (!text)
			break;
		keep(&e, field, text, &severity_s);
	}
	if (r.failed || pp_reader_left(&r) > 0)
		return PP_ERR_INVALID;
	if (!*e.severity)
		e.severity = severity_s;
	*ret_error = e;
	return 0;
}

static void put(struct pp_writer *w, uint8_t field, const char *text)
{
	pp_writer_u8(w, field);
	pp_writer_str(w, text);
}

static void put_given(struct pp_writer *w, uint8_t field, const char *text)
{
	if (text && *text)
		put(w, field, text);
}

void pp_error_write(struct pp_writer *w, const struct pp_error *error)
{
	pp_writer_begin(w, PP_BACK_ERROR);
	put(w, 'S', error->severity);
	put(w, 'V', error->severity);
	put(w, 'C', error->sqlstate);
	put(w, 'M', error->message);
	put_given(w, 'D', error->detail);
	put_given(w, 'H', error->hint);
	put_given(w, 'F', error->file);
	put_given(w, 'L', error->line);
	put_given(w, 'R', error->routine);
	pp_writer_u8(w, 0);
	pp_writer_end(w);
}
