#include "base/clean.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool is_shown(uint32_t code)
{
	if (code < 0xA0)
		return code >= ' ' &&
		       code < 0x7F; /* between them: DEL and C1 controls, CSI among them */
	if (code >= 0x2028 && code <= 0x202E)
		return false; /* ends of lines and paragraphs, changes of direction */
	return code < 0x2066 || code > 0x2069; /* the latter, isolated */
}

/* The length of the character, 0: it is none. Never reads beyond a NUL. */
static size_t decode(const unsigned char *p, uint32_t *ret_code)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	size_t more = *p < 0x80 ? 0 : *p >= 0xF0 ? 3 : *p >= 0xE0 ? 2 : 1;
	uint32_t code = more ? *p & (0x3FU >> more) : *p;
	if (more && (*p < 0xC2 || *p > 0xF4))
		return 0;
	for (size_t i = 1; i <= more; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3F);
	}
	if (code < least[more] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
		return 0;
	*ret_code = code;
	return more + 1;
}

const char *pp_clean(const char *text, char *ret_text, size_t size)
{
	size_t at = 0;
	while (*text) {
		uint32_t code = 0;
		size_t len = decode((const unsigned char *)text, &code);
		bool shown = len && is_shown(code);
		if (!shown)
			len = 1;
		if (at + len >= size)
			break;
		if (shown)
			memmove(ret_text + at, text, len);
		else
			ret_text[at] = '?';
		at += len;
		text += len;
	}
	ret_text[at] = '\0';
	return ret_text;
}
