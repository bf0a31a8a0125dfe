/* A service's options, as libpq's parseServiceFile reads them (docs 34.17): line by line, [name] begins a group, what is
 * set already stays. Whatever libpq would complain about is doubtful. */
#include <string.h>

#include "host/str.h"
#include "host/wish.h"

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char *trim(struct pp_wish_service *s)
{
	char *line = s->line;
	while (s->len > 0 && is_space(line[s->len - 1]))
		s->len--;
	line[s->len] = '\0';
	while (is_space(*line))
		line++;
	return line;
}

static void take_group(struct pp_wish_service *s, const char *name)
{
	if (s->is_found) {
		s->is_over = true;
		return;
	}
	const char *end = pp_str_after(name, s->name);
	s->is_found = end && *end == ']';
}

static void take_option(struct pp_wish *wish, char *line)
{
	char *equals = line;
	while (*equals && *equals != '=')
		equals++;
	if (!*equals || pp_str_after(line, "ldap")) {
		wish->is_doubtful = true;
		return;
	}
	*equals = '\0';
	if (pp_str_is_equal(line, "service"))
		wish->is_doubtful = true;
	pp_wish_set_default(wish, line, equals + 1);
}

static void take_line(struct pp_wish *wish, struct pp_wish_service *s)
{
	char *line = trim(s);
	s->len = 0;
	if (!*line || *line == '#' || s->is_over)
		return;
	if (*line == '[')
		take_group(s, line + 1);
	else if (s->is_found)
		take_option(wish, line);
}

void pp_wish_read_service(struct pp_wish *wish, struct pp_wish_service *s, const char *bytes,
			  size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n') {
			take_line(wish, s);
			continue;
		}
		/* libpq's limit, and room for the end */
		if (!bytes[i] || s->len == sizeof s->line - 2) {
			wish->is_doubtful = true;
			return;
		}
		s->line[s->len++] = bytes[i];
	}
	if (len == 0)
		take_line(wish, s);
}

bool pp_wish_find_service(const struct pp_wish *wish, char *const *envp, struct pp_wish_service *s)
{
	const char *value;
	s->name = wish->value[PP_WISH_service];
	s->file = s->home = s->folder = NULL;
	s->len = 0;
	s->is_found = s->is_over = false;
	for (; envp && *envp; envp++) {
		if ((value = pp_str_after(*envp, "PGSERVICE=")) && !s->name)
			s->name = value;
		else if ((value = pp_str_after(*envp, "PGSERVICEFILE=")))
			s->file = value;
		else if ((value = pp_str_after(*envp, "PGSYSCONFDIR=")))
			s->folder = value;
		else if ((value = pp_str_after(*envp, "HOME=")) && *value)
			s->home = value;
	}
	return s->name && *s->name;
}
