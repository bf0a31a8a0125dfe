#include "ipc/target.h"

#include <arpa/inet.h>
#include <string.h>

#include "pp_test.h"

static struct pp_ipc_addr addr_of(const char *ip, unsigned port)
{
	struct pp_ipc_addr addr = {.family = strchr(ip, ':') ? PP_IPC_V6 : PP_IPC_V4,
				   .port_be = htons((uint16_t)port)};
	ck_assert_int_eq(inet_pton(addr.family == PP_IPC_V6 ? AF_INET6 : AF_INET, ip, addr.ip), 1);
	return addr;
}

static enum pp_target_answer ask(const char *targets_text, const char *ip, unsigned port)
{
	struct pp_targets targets;
	struct pp_ipc_addr addr = addr_of(ip, port);
	ck_assert_msg(pp_targets_parse(targets_text, &targets, NULL) == 0, "%s", targets_text);
	return pp_targets_match(&targets, &addr);
}

START_TEST(test_target_answers)
{
	static const struct {
		const char *targets, *ip;
		unsigned port;
		enum pp_target_answer answer;
	} row[] = {
		{"*:5432", "10.1.2.3", 5432, PP_TARGET_YES},
		{"*:5432", "fd00::1", 5432, PP_TARGET_YES},
		{"*:5432", "10.1.2.3", 5433, PP_TARGET_NO},
		{"*:5432", "127.66.1.2", 5432, PP_TARGET_NO},
		{"*:1, *:5432 ,*:2", "10.1.2.3", 5432, PP_TARGET_YES},
		{"10.0.0.0/8:5432", "10.255.0.1", 5432, PP_TARGET_YES},
		{"10.1.2.3/8:5432", "10.255.0.1", 5432, PP_TARGET_YES},
		{"10.0.0.0/8:5432", "11.0.0.1", 5432, PP_TARGET_NO},
		{"10.128.0.0/9:5432", "10.128.0.1", 5432, PP_TARGET_YES},
		{"10.128.0.0/9:5432", "10.127.0.1", 5432, PP_TARGET_NO},
		{"10.1.2.3:5432", "10.1.2.3", 5432, PP_TARGET_YES},
		{"10.1.2.3:5432", "10.1.2.4", 5432, PP_TARGET_NO},
		{"0.0.0.0/0:5432", "9.9.9.9", 5432, PP_TARGET_YES},
		{"0.0.0.0/0:5432", "fd00::1", 5432, PP_TARGET_NO},
		{"[fd00::/8]:5432", "fdff::1", 5432, PP_TARGET_YES},
		{"[fd00::/8]:5432", "fe00::1", 5432, PP_TARGET_NO},
		{"[::/0]:5432", "fe00::1", 5432, PP_TARGET_YES},
		{"[::1]:5433", "::1", 5433, PP_TARGET_YES},
		{"[2001:DB8::a:0:1]:1", "2001:db8::a:0:1", 1, PP_TARGET_YES},
		{"[1:2:3:4:5:6:7:8]:1", "1:2:3:4:5:6:7:8", 1, PP_TARGET_YES},
		{"[1:2:3:4:5:6:1.2.3.4]:1", "1:2:3:4:5:6:102:304", 1, PP_TARGET_YES},
		{"[64:ff9b::1.2.3.4]:1", "64:ff9b::102:304", 1, PP_TARGET_YES},
		{"[::ffff:10.0.0.0/104]:1", "10.9.9.9", 1, PP_TARGET_YES},
		{"[::ffff:10.0.0.1]:1", "10.0.0.2", 1, PP_TARGET_NO},
		{"db.example:5432", "10.1.2.3", 5432, PP_TARGET_PERHAPS},
		{"db.example:5432", "10.1.2.3", 5433, PP_TARGET_NO},
		{"db:5432,10.0.0.0/8:5432", "10.1.2.3", 5432, PP_TARGET_YES},
		{"db:5432", "127.66.0.1", 5432, PP_TARGET_NO},
		{"1-2-3.pg:65535", "10.1.2.3", 65535, PP_TARGET_PERHAPS},
	};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		ck_assert_msg(ask(row[i].targets, row[i].ip, row[i].port) == row[i].answer, "%s %s",
			      row[i].targets, row[i].ip);
}
END_TEST

START_TEST(test_target_bad_texts_are_refused_and_leave_the_result_alone)
{
	static const char *const bad[] = {"",
					  "*",
					  "*:",
					  "*:*",
					  "*:0",
					  "*:65536",
					  "*:05432",
					  "*:5432,",
					  ",*:5432",
					  "*:5432;",
					  "10.0.0:5432",
					  "10.0.0.0.1:5432",
					  "10.0.0.256:5432",
					  "10.0.0.01:5432",
					  "10.0.0.0/33:1",
					  "10.0.0.0/:1",
					  "10.0.0.0/-1:1",
					  "fd00::1:5432",
					  "[fd00::1:5432",
					  "[fd00::1]5432",
					  "[fd00::/129]:1",
					  "[1:2:3]:1",
					  "[1:2:3:4:5:6:7:8:9]:1",
					  "[1::2::3]:1",
					  "[:::]:1",
					  "[1:]:1",
					  "[:1]:1",
					  "[12345::]:1",
					  "[::1.2.3]:1",
					  "[]:1",
					  "[g::]:1",
					  "-db:5432",
					  ".db:5432",
					  "d b:5432",
					  "db/8:5432",
					  ":5432",
					  "*: 5432",
					  "[1:2:3:4:5:6:7::8]:1x",
					  "**:1"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct pp_targets targets;
		memset(&targets, 0x55, sizeof targets);
		const char *where = NULL;
		ck_assert_msg(pp_targets_parse(bad[i], &targets, &where) == PP_ERR_INVALID, "%s",
			      bad[i]);
		ck_assert_uint_eq(targets.count, 0x55555555);
		ck_assert(where >= bad[i] && where <= bad[i] + strlen(bad[i]));
	}
}
END_TEST

START_TEST(test_target_bad_points_at_the_item)
{
	struct pp_targets targets;
	const char *where, *text = "*:5432, db.example:5432, oops";
	ck_assert_int_eq(pp_targets_parse(text, &targets, &where), PP_ERR_INVALID);
	ck_assert_str_eq(where, "oops");
}
END_TEST

START_TEST(test_target_sixteen_fit_and_names_have_a_limit)
{
	struct pp_targets targets;
	char text[16 * 6 + 8] = "", name[80];
	for (int i = 0; i < 16; i++)
		strcat(text, i ? ",*:543" : "*:543");
	ck_assert_int_eq(pp_targets_parse(text, &targets, NULL), 0);
	ck_assert_uint_eq(targets.count, 16);
	strcat(text, ",*:1");
	ck_assert_int_eq(pp_targets_parse(text, &targets, NULL), PP_ERR_FULL);
	memset(name, 'a', sizeof name);
	strcpy(name + PP_TARGET_NAME_MAX - 1, ":1");
	ck_assert_int_eq(pp_targets_parse(name, &targets, NULL), 0);
	memset(name, 'a', sizeof name);
	strcpy(name + PP_TARGET_NAME_MAX, ":1");
	ck_assert_int_eq(pp_targets_parse(name, &targets, NULL), PP_ERR_INVALID);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ipc/target");
	TCase *c = tcase_create("targets");
	tcase_add_test(c, test_target_answers);
	tcase_add_test(c, test_target_bad_texts_are_refused_and_leave_the_result_alone);
	tcase_add_test(c, test_target_bad_points_at_the_item);
	tcase_add_test(c, test_target_sixteen_fit_and_names_have_a_limit);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
