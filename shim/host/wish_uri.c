/* postgresql://[user[:password]@][host[:port],...][/dbname][?name=value&...], as libpq's conninfo_uri_parse reads it. */
#include <string.h>

#include "host/str.h"
#include "host/wish.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes [from, to) into the room; NULL: not well-formed, or no room. */
static const char *decode(struct pp_wish *wish, const char *from, const char *to)
{
	char *kept = pp_wish_keep(wish, from, (size_t)(to - from));
	char *out = kept;
	for (const char *in = kept; kept && *in; in++) {
		if (*in != '%') {
			*out++ = *in;
			continue;
		}
		if (hex(in[1]) < 0 || hex(in[2]) < 0 || (in[1] == '0' && in[2] == '0'))
			return NULL;
		*out++ = (char)(hex(in[1]) << 4 | hex(in[2]));
		in += 2;
	}
	if (kept)
		*out = '\0';
	return kept;
}

static const char *until(const char *p, const char *stops)
{
	for (; *p; p++)
		for (const char *s = stops; *s; s++)
			if (*p == *s)
				return p;
	return p;
}

struct list {
	char text[512];
	size_t len;
	bool is_bad;
};

static void append(struct list *list, const char *from, const char *to)
{
	size_t len = (size_t)(to - from);
	if (list->is_bad || len + 1 >= sizeof list->text - list->len) {
		list->is_bad = true;
		return;
	}
	memcpy(list->text + list->len, from, len);
	list->len += len;
}

/* host[:port][,host[:port]...]; where it ends. */
static const char *take_hosts(const char *p, struct list *hosts, struct list *ports)
{
	static const char comma[] = ",";
	for (;; p++) {
		const char *end = p;
		if (*p == '[') {
			end = until(++p, "]/?");
			hosts->is_bad |= *end != ']' || end == p;
			append(hosts, p, end);
			p = end + (*end == ']');
			hosts->is_bad |= *p && *p != ':' && *p != '/' && *p != '?' && *p != ',';
		} else {
			end = until(p, ":/?,");
			append(hosts, p, end);
			p = end;
		}
		if (*p == ':') {
			end = until(++p, "/?,");
			append(ports, p, end);
			p = end;
		}
		if (*p != ',' || hosts->is_bad || ports->is_bad)
			return p;
		append(hosts, comma, comma + 1);
		append(ports, comma, comma + 1);
	}
}

static bool take_option(struct pp_wish *wish, const char *p, const char *end)
{
	const char *equals = until(p, "=&");
	if (*equals != '=' || *until(equals + 1, "=&") == '=')
		return false;
	const char *keyword = decode(wish, p, equals), *value = decode(wish, equals + 1, end);
	if (!keyword || !value)
		return false;
	if (pp_str_is_equal(keyword, "ssl") && pp_str_is_equal(value, "true"))
		pp_wish_set(wish, "sslmode", "require"); /* for JDBC's sake */
	else
		pp_wish_set(wish, keyword, value);
	return true;
}

static bool set_list(struct pp_wish *wish, const char *keyword, const struct list *list)
{
	if (list->is_bad)
		return false;
	if (list->len == 0)
		return true;
	const char *value = decode(wish, list->text, list->text + list->len);
	if (value)
		pp_wish_set(wish, keyword, value);
	return value != NULL;
}

bool pp_wish_read_uri(struct pp_wish *wish, const char *p)
{
	struct list hosts = {.len = 0}, ports = {.len = 0};
	const char *at = until(p, "@/");
	if (*at == '@')
		p = at + 1;
	p = take_hosts(p, &hosts, &ports);
	if (*p == '/')
		p = until(p, "?");
	if (!set_list(wish, "host", &hosts) || !set_list(wish, "port", &ports))
		return false;
	if (!*p)
		return true;
	while (*p && *++p) {
		const char *end = until(p, "&");
		if (!take_option(wish, p, end))
			return false;
		p = end;
	}
	return true;
}
