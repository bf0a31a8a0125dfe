#include "broker/login_error.h"

#include <ctype.h>
#include <podpool/ipc.h>
#include <stdio.h>
#include <string.h>

static void copy(char *to, size_t size, const char *from, size_t n)
{
	if (n >= size)
		n = size - 1;
	memcpy(to, from, n);
	to[n] = '\0';
}

static void copy_line(char *to, size_t size, const char *from)
{
	copy(to, size, from, strcspn(from, "\n"));
}

static bool is_sqlstate(const char *p)
{
	for (int i = 0; i < 5; i++)
		if (!isdigit((unsigned char)p[i]) && !(p[i] >= 'A' && p[i] <= 'Z'))
			return false;
	return p[5] == ':' && p[6] == ' ';
}

/* "FATAL:  28P01: password authentication failed": the two blanks and the code make it unmistakable in any
 * language of severity. */
static const char *last_coded(const char *text)
{
	const char *found = NULL;
	for (const char *p = text; (p = strstr(p, ":  ")); p++)
		if (strlen(p) > 10 && is_sqlstate(p + 3))
			found = p + 3;
	return found;
}

static void copy_field(char *to, size_t size, const char *text, const char *label)
{
	const char *p = strstr(text, label);
	if (p)
		copy_line(to, size, p + strlen(label));
}

/* "LOCATION:  routine, file:line", the last line of a verbose error; poolers in between leave it out. */
static void copy_location(struct pp_login_error *error, const char *text)
{
	char where[sizeof error->routine + sizeof error->file + sizeof error->line] = "";
	copy_field(where, sizeof where, text, "\nLOCATION:  ");
	char *file = strstr(where, ", "), *line = strrchr(where, ':');
	if (!file || !line || line < file)
		return;
	copy(error->routine, sizeof error->routine, where, (size_t)(file - where));
	file += 2;
	copy(error->file, sizeof error->file, file, (size_t)(line - file));
	copy_line(error->line, sizeof error->line, line + 1);
}

void pp_login_error_read(struct pp_login_error *error, const char *text)
{
	const char *code = last_coded(text);
	if (!code) {
		pp_login_error_local(error, text);
		return;
	}
	snprintf(error->severity, sizeof error->severity, "FATAL");
	memcpy(error->sqlstate, code, 5);
	error->sqlstate[5] = '\0';
	copy_line(error->message, sizeof error->message, code + 7);
	copy_field(error->detail, sizeof error->detail, code, "\nDETAIL:  ");
	copy_field(error->hint, sizeof error->hint, code, "\nHINT:  ");
	copy_location(error, code);
}

/* As the program gave it: a relative path (ipc.h) without the folder in front. libpq quotes paths. */
static void restore_paths(char *text)
{
	char *to = text;
	for (const char *from = text; *from; from++) {
		*to++ = *from;
		if (from[0] != '"' || from[1] != '/')
			continue;
		const char *end = strchr(from + 1, '"');
		const char *relative = strstr(from, PP_IPC_WISH_RELATIVE);
		if (end && relative && relative < end)
			from = relative + sizeof PP_IPC_WISH_RELATIVE - 2;
	}
	*to = '\0';
}

/* Of a single attempt, what follows "connection to server at ... failed: "; whoever shows it puts its own before. */
static const char *skip_where(const char *text)
{
	const char *what =
		strncmp(text, "connection to server ", 21) == 0 ? strstr(text, "failed: ") : NULL;
	return what ? what + 8 : text;
}

void pp_login_error_local(struct pp_login_error *error, const char *text)
{
	char line[400], words[2048];
	copy(words, sizeof words, text, strlen(text));
	restore_paths(words);
	copy_line(line, sizeof line, words);
	const char *what = skip_where(words);
	copy(error->local, sizeof error->local, what, strlen(what));
	snprintf(error->severity, sizeof error->severity, "FATAL");
	snprintf(error->sqlstate, sizeof error->sqlstate, "08006");
	snprintf(error->message, sizeof error->message, "podpool: %s", line);
}
