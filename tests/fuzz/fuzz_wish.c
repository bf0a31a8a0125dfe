/* Any connection string, and behind its first line any service file and /etc/passwd: read within their bounds, and what
 * is written for the broker reads back as pairs. */
#include "host/passwd.h"
#include "host/wish.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool identify(const char *path, char *to, size_t size)
{
	(void)path;
	(void)size;
	strcpy(to, "1.2 ");
	return true;
}

static void read_files(struct pp_wish *wish, char *const *envp, const char *bytes, size_t size)
{
	struct pp_wish_service service;
	struct pp_passwd passwd;
	size_t piece;
	pp_passwd_init(&passwd, 1000, "/h");
	pp_passwd_read(&passwd, bytes, size);
	if (!pp_wish_find_service(wish, envp, &service))
		return;
	for (; size > 0; bytes += piece, size -= piece) {
		piece = size < 7 ? size : 7;
		pp_wish_read_service(wish, &service, bytes, piece);
	}
	pp_wish_read_service(wish, &service, NULL, 0);
	wish->is_service_read = service.is_found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line_end = memchr(data, '\n', size);
	size_t rest = line_end ? (size_t)(data + size - line_end - 1) : 0;
	size -= rest;
	char *conninfo = malloc(size + 1), *home[] = {"HOME=/h", "PGSERVICE=s", NULL},
	     text[PP_IPC_WISH_MAX];
	struct pp_targets targets;
	struct pp_wish wish;
	memcpy(conninfo, data, size);
	conninfo[size] = '\0';
	if (pp_targets_parse("*:5432", &targets, NULL) < 0)
		abort();
	pp_wish_init(&wish);
	pp_wish_add_conninfo(&wish, conninfo);
	if (rest)
		read_files(&wish, home, (const char *)line_end + 1, rest);
	pp_wish_add_environment(&wish, rest ? home : home + 2);
	wish.home = "/h";
	wish.folder = "/f";
	if (pp_wish_judge(&wish, &targets) == PP_WISH_POOLED) {
		size_t len = pp_wish_write(&wish, text, sizeof text, identify), nuls = 0;
		for (size_t i = 0; i < len; i++)
			nuls += text[i] == '\0';
		if (len && (nuls % 2 || text[len - 1]))
			abort();
	}
	free(conninfo);
	return 0;
}
