#include "host/passwd.h"

#include <fcntl.h>

#include "host/sys.h"

#define FIELD_UID  2
#define FIELD_HOME 5

static void begin_line(struct pp_passwd *p)
{
	p->field = 0;
	p->number = 0;
	p->is_number = p->is_user = false;
	p->rest = p->home;
}

void pp_passwd_init(struct pp_passwd *p, uint32_t uid, const char *home)
{
	p->uid = uid;
	p->home = home;
	p->is_over = p->is_same = false;
	begin_line(p);
}

static void end_field(struct pp_passwd *p)
{
	if (p->field == FIELD_UID)
		p->is_user = p->is_number && p->number == p->uid;
	if (p->field == FIELD_HOME && p->is_user) {
		p->is_over = true;
		p->is_same = p->rest && !*p->rest;
	}
	p->field++;
}

static void take(struct pp_passwd *p, char c)
{
	if (p->field == FIELD_UID) {
		p->is_number = c >= '0' && c <= '9' && p->number <= UINT32_MAX;
		p->number = p->is_number ? p->number * 10 + (unsigned)(c - '0') : UINT64_MAX;
	}
	if (p->field == FIELD_HOME && p->rest)
		p->rest = *p->rest == c ? p->rest + 1 : NULL;
}

void pp_passwd_read(struct pp_passwd *p, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && !p->is_over; i++) {
		if (bytes[i] == ':') {
			end_field(p);
		} else if (bytes[i] == '\n') {
			p->is_over = p->is_user; /* a line cut short */
			begin_line(p);
		} else {
			take(p, bytes[i]);
		}
	}
}

bool pp_passwd_is_home(const char *home)
{
	struct pp_passwd p;
	char bytes[512];
	long n;
	pp_passwd_init(&p, (uint32_t)pp_sys1(SYS_geteuid, 0), home);
	int fd = (int)pp_sys4(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	while (!p.is_over && (n = pp_sys3(SYS_read, fd, bytes, sizeof bytes)) > 0)
		pp_passwd_read(&p, bytes, (size_t)n);
	pp_sys1(SYS_close, fd);
	return p.is_same;
}
