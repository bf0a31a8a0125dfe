#include "cgroup/parse.h"

#include <string.h>

static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

static bool is_line_end(char c)
{
	return c == '\n' || c == '\0';
}

static const char *next_line(const char *p)
{
	p = strchr(p, '\n');
	return p ? p + 1 : NULL;
}

/* Digits, saturating: v1 says 9223372036854771712 for "no limit", some kernels more. */
static bool digits(const char **p, int64_t *ret_value)
{
	int64_t value = 0;
	if (**p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; (*p)++) {
		int digit = **p - '0';
		value = value > (INT64_MAX - digit) / 10 ? INT64_MAX : value * 10 + digit;
	}
	*ret_value = value;
	return true;
}

bool pp_parse_number(const char *text, int64_t *ret_value)
{
	int64_t value = INT64_MAX;
	const char *p = skip_blanks(text);
	if (strncmp(p, "max", 3) == 0)
		p += 3;
	else if (!digits(&p, &value))
		return false;
	p += strspn(p, " \t\n");
	if (*p)
		return false;
	*ret_value = value;
	return true;
}

/* After `name` at the start of a line, or NULL. */
static const char *find_line(const char *text, const char *name)
{
	size_t len = strlen(name);
	for (const char *p = text; p; p = next_line(p))
		if (strncmp(p, name, len) == 0)
			return p + len;
	return NULL;
}

bool pp_parse_field(const char *text, const char *name, int64_t *ret_value)
{
	size_t len = strlen(name);
	for (const char *line = text; line; line = next_line(line)) {
		if (strncmp(line, name, len) != 0 || line[len] != ' ')
			continue;
		const char *p = skip_blanks(line + len);
		int64_t value;
		if (!digits(&p, &value) || !is_line_end(*p))
			return false;
		*ret_value = value;
		return true;
	}
	return false;
}

bool pp_parse_meminfo(const char *text, const char *name, int64_t *ret_bytes)
{
	size_t len = strlen(name);
	for (const char *line = text; line; line = next_line(line)) {
		if (strncmp(line, name, len) != 0 || line[len] != ':')
			continue;
		const char *p = skip_blanks(line + len + 1);
		int64_t value;
		if (!digits(&p, &value) || strncmp(p, " kB", 3) != 0 || !is_line_end(p[3]))
			return false;
		*ret_bytes = value > INT64_MAX / 1024 ? INT64_MAX : value * 1024;
		return true;
	}
	return false;
}

bool pp_parse_pressure(const char *text, uint64_t *ret_total_us)
{
	const char *some = find_line(text, "some ");
	if (!some)
		return false;
	const char *end = strchr(some, '\n');
	const char *total = strstr(some, "total=");
	if (!total || (end && total > end))
		return false;
	total += strlen("total=");
	int64_t value;
	if (!digits(&total, &value) || !is_line_end(*total))
		return false;
	*ret_total_us = (uint64_t)value;
	return true;
}

static bool has_word(const char *list, size_t len, const char *word)
{
	size_t word_len = strlen(word);
	while (true) {
		const char *comma = memchr(list, ',', len);
		size_t n = comma ? (size_t)(comma - list) : len;
		if (n == word_len && memcmp(list, word, n) == 0)
			return true;
		if (!comma)
			return false;
		list += n + 1;
		len -= n + 1;
	}
}

/* proc(5): hierarchy-ID:controller-list:cgroup-path; the path may hold colons. */
bool pp_parse_cgroup_path(const char *text, const char *controller, char ret_path[PP_PARSE_PATH])
{
	for (const char *line = text; line; line = next_line(line)) {
		size_t line_len = strcspn(line, "\n");
		const char *list = memchr(line, ':', line_len);
		if (!list)
			continue;
		list++;
		const char *path = memchr(list, ':', line_len - (size_t)(list - line));
		if (!path || !has_word(list, (size_t)(path - list), controller))
			continue;
		/* v2 has ID 0 and no controllers; a v1 hierarchy without any has a name= */
		if (*controller == '\0' && strncmp(line, "0:", 2) != 0)
			continue;
		path++;
		size_t len = line_len - (size_t)(path - line);
		if (len == 0 || *path != '/' || len >= PP_PARSE_PATH)
			return false;
		memcpy(ret_path, path, len);
		ret_path[len] = '\0';
		return true;
	}
	return false;
}

struct word {
	const char *start;
	size_t len;
};

static bool next_word(const char **p, struct word *ret_word)
{
	*p = skip_blanks(*p);
	ret_word->start = *p;
	ret_word->len = strcspn(*p, " \t\n");
	*p += ret_word->len;
	return ret_word->len > 0;
}

static bool word_is(const struct word *w, const char *text)
{
	return w->len == strlen(text) && memcmp(w->start, text, w->len) == 0;
}

static bool is_octal(const char *p)
{
	return p[0] >= '0' && p[0] <= '3' && p[1] >= '0' && p[1] <= '7' && p[2] >= '0' &&
	       p[2] <= '7';
}

/* Space, tab, newline and backslash are octal in mountinfo (fs/proc_namespace.c). */
static bool unescape(const struct word *w, char ret_path[PP_PARSE_PATH])
{
	size_t n = 0;
	for (size_t i = 0; i < w->len; i++) {
		char c = w->start[i];
		if (n + 1 >= PP_PARSE_PATH)
			return false;
		if (c == '\\' && w->len - i > 3 && is_octal(w->start + i + 1)) {
			const char *o = w->start + i + 1;
			c = (char)((o[0] - '0') * 64 + (o[1] - '0') * 8 + (o[2] - '0'));
			i += 3;
		}
		ret_path[n++] = c;
	}
	ret_path[n] = '\0';
	return true;
}

/* proc(5): 36 35 98:0 /root /point options [optional...] - fstype source super-options */
bool pp_parse_mount(const char *line, struct pp_parse_mount *ret_mount)
{
	struct word w, root, point, type, options;
	const char *p = line;
	for (int i = 0; i < 3; i++)
		if (!next_word(&p, &w))
			return false;
	if (!next_word(&p, &root) || !next_word(&p, &point) || !next_word(&p, &w))
		return false;
	do {
		if (!next_word(&p, &w))
			return false;
	} while (!word_is(&w, "-"));
	if (!next_word(&p, &type) || !next_word(&p, &w) || !next_word(&p, &options))
		return false;
	if (*root.start != '/' || *point.start != '/')
		return false;
	ret_mount->fs = PP_PARSE_FS_OTHER;
	if (word_is(&type, "cgroup2"))
		ret_mount->fs = PP_PARSE_FS_V2;
	else if (word_is(&type, "cgroup") && has_word(options.start, options.len, "memory"))
		ret_mount->fs = PP_PARSE_FS_V1_MEMORY;
	return unescape(&root, ret_mount->root) && unescape(&point, ret_mount->point);
}

static bool has_dotdot(const char *path)
{
	for (const char *p = strstr(path, "/.."); p; p = strstr(p + 1, "/.."))
		if (p[3] == '/' || p[3] == '\0')
			return true;
	return false;
}

static size_t len_without_slashes(const char *path)
{
	size_t len = strlen(path);
	while (len > 0 && path[len - 1] == '/')
		len--;
	return len;
}

bool pp_parse_dir(const struct pp_parse_mount *mount, const char *path, char ret_dir[PP_PARSE_PATH])
{
	size_t root_len = len_without_slashes(mount->root);
	size_t point_len = len_without_slashes(mount->point);
	size_t path_len = len_without_slashes(path);
	bool visible = !has_dotdot(path) && !has_dotdot(mount->root) && path_len >= root_len &&
		       memcmp(path, mount->root, root_len) == 0 &&
		       (path_len == root_len || path[root_len] == '/');
	size_t below_len = visible ? path_len - root_len : 0;
	if (point_len + below_len >= PP_PARSE_PATH)
		return false;
	memcpy(ret_dir, mount->point, point_len);
	if (below_len)
		memcpy(ret_dir + point_len, path + root_len, below_len);
	ret_dir[point_len + below_len] = '\0';
	return true;
}
