#include "host/wish.h"

#include <string.h>

#include "host/str.h"
#include "ipc/mark.h"

static const struct {
	const char *name, *env;
	enum pp_wish_kind kind;
} options[PP_WISH__COUNT] = {
#define X(name, env, kind) {#name, env, PP_WISH_IS_##kind},
	PP_WISH_OPTIONS(X)
#undef X
};

void pp_wish_init(struct pp_wish *wish)
{
	memset(wish->value, 0, sizeof wish->value);
	wish->home = NULL;
	wish->folder = NULL;
	wish->is_doubtful = wish->is_service_read = false;
	wish->used = 0;
}

char *pp_wish_keep(struct pp_wish *wish, const char *text, size_t len)
{
	char *kept = wish->room + wish->used;
	if (len >= sizeof wish->room - wish->used) {
		wish->is_doubtful = true;
		return NULL;
	}
	memcpy(kept, text, len);
	kept[len] = '\0';
	wish->used += len + 1;
	return kept;
}

/* A newer libpq may have learnt to ask for more. */
static bool may_concern_us(const char *keyword)
{
	return pp_str_after(keyword, "ssl") || pp_str_after(keyword, "scram_") ||
	       pp_str_after(keyword, "oauth_") || pp_str_after(keyword, "min_protocol") ||
	       pp_str_after(keyword, "max_protocol");
}

static const char **find(struct pp_wish *wish, const char *keyword)
{
	for (int i = 0; i < PP_WISH__COUNT; i++)
		if (pp_str_is_equal(keyword, options[i].name))
			return &wish->value[i];
	wish->is_doubtful |= may_concern_us(keyword);
	return NULL;
}

void pp_wish_set(struct pp_wish *wish, const char *keyword, const char *value)
{
	const char **place = find(wish, keyword);
	if (place)
		*place = value;
}

void pp_wish_set_default(struct pp_wish *wish, const char *keyword, const char *value)
{
	const char **place = find(wish, keyword);
	if (place && !*place)
		*place = pp_wish_keep(wish, value, pp_str_len(value));
}

bool pp_wish_is_conninfo(const char *text)
{
	if (pp_str_after(text, "postgresql://") || pp_str_after(text, "postgres://"))
		return true;
	for (; *text; text++)
		if (*text == '=')
			return true;
	return false;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *skip_spaces(const char *p)
{
	while (is_space(*p))
		p++;
	return p;
}

/* Quoted or not, a backslash takes the next byte as it is. NULL: a quote without end, or no room. */
static const char *take_value(struct pp_wish *wish, const char *p, const char **ret_value)
{
	bool is_quoted = *p == '\'';
	char *to = wish->room + wish->used, *end = wish->room + sizeof wish->room - 1;
	*ret_value = to;
	for (p += is_quoted; *p && (is_quoted ? *p != '\'' : !is_space(*p)); p++) {
		if (*p == '\\' && !*++p)
			break;
		if (to == end)
			return NULL;
		*to++ = *p;
	}
	if (is_quoted && *p++ != '\'')
		return NULL;
	*to++ = '\0';
	wish->used = (size_t)(to - wish->room);
	return p;
}

static bool read_pairs(struct pp_wish *wish, const char *p)
{
	for (p = skip_spaces(p); *p; p = skip_spaces(p)) {
		const char *name = p, *value;
		while (*p && *p != '=' && !is_space(*p))
			p++;
		const char *keyword = pp_wish_keep(wish, name, (size_t)(p - name));
		p = skip_spaces(p);
		if (!keyword || *p++ != '=')
			return false;
		p = take_value(wish, skip_spaces(p), &value);
		if (!p)
			return false;
		pp_wish_set(wish, keyword, value);
	}
	return true;
}

void pp_wish_add_conninfo(struct pp_wish *wish, const char *conninfo)
{
	const char *uri = pp_str_after(conninfo, "postgresql://");
	if (!uri)
		uri = pp_str_after(conninfo, "postgres://");
	if (!(uri ? pp_wish_read_uri(wish, uri) : read_pairs(wish, conninfo)))
		wish->is_doubtful = true;
}

void pp_wish_add_params(struct pp_wish *wish, const char *const *keywords,
			const char *const *values, int expand_dbname)
{
	for (; *keywords; keywords++, values++) {
		bool is_dbname = pp_str_is_equal(*keywords, "dbname");
		if (!*values)
			continue;
		if (is_dbname && expand_dbname && pp_wish_is_conninfo(*values))
			pp_wish_add_conninfo(wish, *values);
		else if (**values)
			pp_wish_set(wish, *keywords, *values);
		if (is_dbname)
			expand_dbname = 0; /* only the first one */
	}
}

void pp_wish_add_environment(struct pp_wish *wish, char *const *envp)
{
	for (; envp && *envp; envp++) {
		const char *value;
		if ((value = pp_str_after(*envp, "HOME=")) && *value && !wish->home)
			wish->home = value;
		if ((*envp)[0] != 'P' || (*envp)[1] != 'G')
			continue;
		for (int i = 0; i < PP_WISH__COUNT; i++) {
			value = options[i].env ? pp_str_after(*envp, options[i].env) : NULL;
			if (value && *value == '=' && !wish->value[i])
				wish->value[i] = value + 1;
		}
	}
}

const char *pp_wish_option_name(enum pp_wish_option option)
{
	return options[option].name;
}

enum pp_wish_kind pp_wish_option_kind(enum pp_wish_option option)
{
	return options[option].kind;
}

enum pp_ipc_sslmode pp_wish_sslmode(const struct pp_wish *wish)
{
	const char *mode = wish->value[PP_WISH_sslmode];
	return mode ? pp_mark_sslmode_of(mode) : PP_IPC_SSL_PREFER;
}

static const char *end_of_element(const char *p)
{
	while (*p && *p != ',')
		p++;
	return p;
}

/* Each element a name or an address, none a socket's path or empty (which libpq takes for one). */
static bool are_all_tcp(const char *list)
{
	for (const char *p = list;; p++) {
		if (*p == '/' || *p == '@' || *p == ',' || !*p)
			return false;
		p = end_of_element(p);
		if (!*p)
			return true;
	}
}

static bool has_scope(const char *host, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (host[i] == '%')
			return true;
	return false;
}

/* A name may resolve to anything: only `*` has it for certain. And what has a scope is no name. */
static bool is_certain(const char *host, size_t len, unsigned port,
		       const struct pp_targets *targets)
{
	struct pp_ipc_addr addr;
	if (pp_targets_read_address(host, len, &addr) == 0) {
		addr.port_be = __builtin_bswap16((uint16_t)port);
		return pp_targets_match(targets, &addr) == PP_TARGET_YES;
	}
	for (unsigned i = 0; i < targets->count; i++)
		if (targets->item[i].kind == PP_TARGET_ANY &&
		    __builtin_bswap16(targets->item[i].addr.port_be) == port)
			return !has_scope(host, len);
	return false;
}

/* With every port of the list; an empty element is the default port. */
static bool is_target(const char *host, size_t len, const char *ports,
		      const struct pp_targets *targets)
{
	for (const char *p = ports;; p++) {
		unsigned port = 0;
		bool is_empty = *p == ',' || !*p;
		for (; *p >= '0' && *p <= '9' && port <= 65535; p++)
			port = port * 10 + (unsigned)(*p - '0');
		if ((*p && *p != ',') || port > 65535)
			return false;
		if (!is_certain(host, len, is_empty ? 5432 : port, targets))
			return false;
		if (!*p)
			return true;
	}
}

static bool are_all_targets(const char *hosts, const char *ports, const struct pp_targets *targets)
{
	for (const char *p = hosts;; p++) {
		const char *end = end_of_element(p);
		if (!is_target(p, (size_t)(end - p), ports, targets))
			return false;
		p = end;
		if (!*p)
			return true;
	}
}

enum pp_wish_verdict pp_wish_judge(const struct pp_wish *wish, const struct pp_targets *targets)
{
	const char *hosts = pp_wish_is_set(wish, PP_WISH_hostaddr) ? wish->value[PP_WISH_hostaddr]
								   : wish->value[PP_WISH_host];
	const char *ports = wish->value[PP_WISH_port];
	if (wish->value[PP_WISH_service] && !wish->is_service_read)
		return PP_WISH_UNTOUCHED;
	if (wish->is_doubtful || !hosts || !are_all_tcp(hosts) ||
	    !are_all_targets(hosts, ports ? ports : "", targets))
		return PP_WISH_UNTOUCHED;
	bool must_keep = false;
	for (int i = 0; i < PP_WISH__COUNT; i++) {
		if (options[i].kind == PP_WISH_IS_STOP && wish->value[i])
			return PP_WISH_UNTOUCHED;
		must_keep |= options[i].kind == PP_WISH_IS_KEEP &&
			     pp_wish_is_set(wish, (enum pp_wish_option)i);
	}
	/* libpq 16: it makes verify-full the default, and no weaker one may be said, "disable" neither. */
	const char *root = wish->value[PP_WISH_sslrootcert];
	if (root && pp_str_is_equal(root, "system"))
		return PP_WISH_UNTOUCHED;
	const char *gss = wish->value[PP_WISH_gssencmode];
	if (gss && !pp_str_is_equal(gss, "prefer") && !pp_str_is_equal(gss, "disable"))
		return PP_WISH_UNTOUCHED;
	if (pp_wish_sslmode(wish) == PP_IPC_SSL_UNKNOWN)
		return PP_WISH_UNTOUCHED;
	return must_keep ? PP_WISH_TUNNEL : PP_WISH_POOLED;
}
