#include "ipc/codec.h"

#include <string.h>

#include "pp_test.h"

static struct pp_ipc_msg route_to(uint8_t a, uint8_t b)
{
	struct pp_ipc_msg msg;
	pp_codec_init(&msg, PP_IPC_ROUTE);
	msg.addr.family = PP_IPC_V4;
	msg.addr.ip[0] = a;
	msg.addr.ip[1] = b;
	return msg;
}

static int read_back(const struct pp_ipc_msg *msg)
{
	struct pp_ipc_msg got;
	memset(&got, 0x77, sizeof got);
	struct pp_ipc_msg untouched = got;
	int r = pp_codec_read_msg(msg, sizeof *msg, &got);
	ck_assert_mem_eq(&got, r == 0 ? msg : &untouched, sizeof got);
	return r;
}

START_TEST(test_codec_reads_what_it_inits_for_every_known_op)
{
	for (unsigned op = 0; op < 80; op++) {
		struct pp_ipc_msg msg;
		pp_codec_init(&msg, (enum pp_ipc_op)op);
		msg.addr.family = PP_IPC_V4;
		bool known = (op >= PP_IPC_ROUTE && op <= PP_IPC_RELOAD) ||
			     (op >= PP_IPC_ROUTED && op <= PP_IPC_REFUSE);
		ck_assert_int_eq(read_back(&msg), known ? 0 : PP_ERR_INVALID);
	}
}
END_TEST

START_TEST(test_codec_takes_exactly_one_message)
{
	uint8_t bytes[sizeof(struct pp_ipc_msg) + 1] = {0};
	struct pp_ipc_msg msg = route_to(10, 0), got;
	memcpy(bytes + 1, &msg, sizeof msg); /* unaligned on purpose */
	for (size_t len = 0; len < sizeof msg; len++)
		ck_assert_int_eq(pp_codec_read_msg(bytes + 1, len, &got), PP_ERR_INVALID);
	ck_assert_int_eq(pp_codec_read_msg(bytes + 1, sizeof msg, &got), 0);
	ck_assert_int_eq(pp_codec_read_msg(bytes, sizeof bytes, &got), PP_ERR_INVALID);
}
END_TEST

START_TEST(test_codec_refuses_strangers_and_reserved_bytes)
{
	struct pp_ipc_msg msg = route_to(10, 0);
	msg.magic++;
	ck_assert_int_eq(read_back(&msg), PP_ERR_INVALID);
	msg = route_to(10, 0);
	msg.version = 2;
	ck_assert_int_eq(read_back(&msg), PP_ERR_INVALID);
	msg = route_to(10, 0);
	msg.reserved[3] = 1;
	ck_assert_int_eq(read_back(&msg), PP_ERR_INVALID);
	msg = route_to(10, 0);
	msg.addr.reserved = 1;
	ck_assert_int_eq(read_back(&msg), PP_ERR_INVALID);
	msg = route_to(10, 0);
	msg.addr.ip[4] = 1;
	ck_assert_int_eq(read_back(&msg), PP_ERR_INVALID);
	msg.addr.family = PP_IPC_V6;
	ck_assert_int_eq(read_back(&msg), 0);
	msg.addr.family = 0;
	ck_assert_int_eq(read_back(&msg), PP_ERR_INVALID);
	msg.op = PP_IPC_TERM; /* where no address is required none is judged */
	ck_assert_int_eq(read_back(&msg), 0);
}
END_TEST

START_TEST(test_codec_a_wish_is_not_longer_than_its_room)
{
	struct pp_ipc_msg msg;
	pp_codec_init(&msg, PP_IPC_WISH);
	msg.length = PP_IPC_WISH_MAX;
	ck_assert_int_eq(read_back(&msg), 0);
	msg.length++;
	ck_assert_int_eq(read_back(&msg), PP_ERR_INVALID);
}
END_TEST

START_TEST(test_codec_ours_is_127_66)
{
	struct pp_ipc_addr ours = route_to(127, 66).addr, above = route_to(127, 67).addr,
			   below = route_to(126, 66).addr, six = ours;
	six.family = PP_IPC_V6;
	ck_assert(pp_codec_is_ours(&ours));
	ck_assert(!pp_codec_is_ours(&above));
	ck_assert(!pp_codec_is_ours(&below));
	ck_assert(!pp_codec_is_ours(&six));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ipc/codec");
	TCase *c = tcase_create("messages");
	tcase_add_test(c, test_codec_reads_what_it_inits_for_every_known_op);
	tcase_add_test(c, test_codec_takes_exactly_one_message);
	tcase_add_test(c, test_codec_refuses_strangers_and_reserved_bytes);
	tcase_add_test(c, test_codec_a_wish_is_not_longer_than_its_room);
	tcase_add_test(c, test_codec_ours_is_127_66);
	suite_add_tcase(s, c);
	return pp_test_main(s);
}
