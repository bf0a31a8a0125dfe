#include "ipc/target.h"

#include <stddef.h>
#include <string.h>

#include "ipc/codec.h"

/* A cursor over one item, [at, end). */
struct scan {
	const char *at;
	const char *end;
};

static bool take(struct scan *s, char c)
{
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

/* Decimal without sign or superfluous zero; at most `max`. */
static bool take_number(struct scan *s, unsigned max, unsigned *ret_value)
{
	unsigned value = 0;
	const char *start = s->at;
	for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++) {
		value = value * 10 + (unsigned)(*s->at - '0');
		if (value > max)
			return false;
	}
	if (s->at == start || (*start == '0' && s->at - start > 1))
		return false;
	*ret_value = value;
	return true;
}

static bool take_v4(struct scan *s, uint8_t ret_ip[4])
{
	for (int i = 0; i < 4; i++) {
		unsigned byte;
		if ((i > 0 && !take(s, '.')) || !take_number(s, 255, &byte))
			return false;
		ret_ip[i] = (uint8_t)byte;
	}
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One group of RFC 4291 text: one to four hexadecimal digits. */
static bool take_group(struct scan *s, uint8_t ret_group[2])
{
	unsigned value = 0;
	int count = 0;
	for (; s->at < s->end && hex_digit(*s->at) >= 0; s->at++, count++) {
		if (count == 4)
			return false;
		value = value << 4 | (unsigned)hex_digit(*s->at);
	}
	ret_group[0] = (uint8_t)(value >> 8);
	ret_group[1] = (uint8_t)value;
	return count > 0;
}

static bool is_v4_ahead(const struct scan *s)
{
	const char *p = s->at;
	while (p < s->end && *p >= '0' && *p <= '9')
		p++;
	return p > s->at && p < s->end && *p == '.';
}

/* RFC 4291 2.2: eight groups, one `::` for a run of zeros, optionally a dotted tail. */
static bool take_v6(struct scan *s, uint8_t ret_ip[16])
{
	uint8_t ip[16] = {0};
	size_t len = 0, gap = sizeof ip + 1;
	if (s->end - s->at >= 2 && s->at[0] == ':' && s->at[1] == ':') {
		s->at += 2;
		gap = 0;
	}
	while (s->at < s->end && *s->at != '/' && *s->at != ']') {
		if (len <= 12 && is_v4_ahead(s)) {
			if (!take_v4(s, ip + len))
				return false;
			len += 4;
			break;
		}
		if (len == sizeof ip || !take_group(s, ip + len))
			return false;
		len += 2;
		if (!take(s, ':'))
			break;
		if (take(s, ':')) {
			if (gap <= sizeof ip)
				return false;
			gap = len;
		} else if (s->at == s->end || *s->at == '/' || *s->at == ']') {
			return false; /* a single colon at the end */
		}
	}
	if (gap > sizeof ip ? len != sizeof ip : len == sizeof ip)
		return false;
	memset(ret_ip, 0, 16);
	if (gap > sizeof ip)
		gap = len;
	memcpy(ret_ip, ip, gap);
	memcpy(ret_ip + 16 - (len - gap), ip + gap, len - gap);
	return true;
}

static bool take_prefix(struct scan *s, unsigned max, unsigned *ret_bits)
{
	*ret_bits = max;
	return !take(s, '/') || take_number(s, max, ret_bits);
}

/* v4-mapped addresses travel as V4 (ipc.h). */
static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

/* So a mapped network becomes a V4 one. */
static bool take_bracketed(struct scan *s, struct pp_target *target)
{
	uint8_t ip[16];
	unsigned bits;
	if (!take_v6(s, ip) || !take_prefix(s, 128, &bits) || !take(s, ']'))
		return false;
	target->kind = PP_TARGET_CIDR;
	if (bits >= 96 && memcmp(ip, mapped, sizeof mapped) == 0) {
		target->addr.family = PP_IPC_V4;
		target->prefix_bits = (uint8_t)(bits - 96);
		memcpy(target->addr.ip, ip + 12, 4);
	} else {
		target->addr.family = PP_IPC_V6;
		target->prefix_bits = (uint8_t)bits;
		memcpy(target->addr.ip, ip, 16);
	}
	return true;
}

static bool take_cidr4(struct scan *s, struct pp_target *target)
{
	unsigned bits;
	if (!take_v4(s, target->addr.ip) || !take_prefix(s, 32, &bits))
		return false;
	target->kind = PP_TARGET_CIDR;
	target->addr.family = PP_IPC_V4;
	target->prefix_bits = (uint8_t)bits;
	return true;
}

static bool is_name_char(char c)
{
	char lower = (char)(c | 0x20);
	return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
	       c == '.';
}

/* A name has a letter somewhere: digits and dots alone are a mistyped address. */
static bool take_name(struct scan *s, struct pp_target *target)
{
	size_t len = 0;
	bool has_letter = false;
	for (; s->at < s->end && is_name_char(*s->at); s->at++) {
		if (len + 1 == PP_TARGET_NAME_MAX)
			return false;
		has_letter |= *s->at > '9';
		target->name[len++] = *s->at;
	}
	target->kind = PP_TARGET_NAME;
	return has_letter && target->name[0] != '-' && target->name[0] != '.';
}

static bool parse_item(struct scan s, struct pp_target *target)
{
	unsigned port;
	struct scan start = s;
	bool ok;
	memset(target, 0, sizeof *target);
	if (take(&s, '*')) {
		target->kind = PP_TARGET_ANY;
		ok = true;
	} else if (take(&s, '[')) {
		ok = take_bracketed(&s, target);
	} else {
		ok = take_cidr4(&s, target);
		if (!ok || s.at == s.end || *s.at != ':') {
			memset(target, 0, sizeof *target);
			s = start;
			ok = take_name(&s, target);
		}
	}
	if (!ok || !take(&s, ':') || !take_number(&s, 65535, &port) || port == 0 || s.at != s.end)
		return false;
	uint8_t port_be[2] = {(uint8_t)(port >> 8), (uint8_t)port};
	memcpy(&target->addr.port_be, port_be, sizeof port_be);
	return true;
}

static struct scan next_item(const char *text)
{
	struct scan s = {text, text};
	while (*s.end && *s.end != ',')
		s.end++;
	while (s.at < s.end && *s.at == ' ') /* "a, b" is how people write lists in YAML */
		s.at++;
	while (s.end > s.at && s.end[-1] == ' ')
		s.end--;
	return s;
}

int pp_targets_parse(const char *text, struct pp_targets *ret_targets, const char **ret_bad)
{
	struct pp_targets targets = {0};
	for (;; text++) {
		struct scan item = next_item(text);
		int err = targets.count == PP_TARGET_MAX ? PP_ERR_FULL : PP_ERR_INVALID;
		if (err == PP_ERR_FULL || !parse_item(item, &targets.item[targets.count])) {
			if (ret_bad)
				*ret_bad = item.at;
			return err;
		}
		targets.count++;
		while (*text && *text != ',')
			text++;
		if (!*text)
			break;
	}
	*ret_targets = targets;
	return 0;
}

int pp_targets_read_address(const char *text, size_t len, struct pp_ipc_addr *ret_addr)
{
	struct scan v4 = {text, text + len}, v6 = v4;
	struct pp_ipc_addr addr = {.family = PP_IPC_V4};
	if (!take_v4(&v4, addr.ip) || v4.at != v4.end) {
		if (!take_v6(&v6, addr.ip) || v6.at != v6.end)
			return PP_ERR_INVALID;
		addr.family = PP_IPC_V6;
		if (memcmp(addr.ip, mapped, sizeof mapped) == 0) {
			addr.family = PP_IPC_V4;
			memmove(addr.ip, addr.ip + 12, 4);
			memset(addr.ip + 4, 0, 12);
		}
	}
	*ret_addr = addr;
	return 0;
}

bool pp_targets_have_port(const struct pp_targets *targets, uint16_t port_be)
{
	for (unsigned i = 0; i < targets->count; i++)
		if (targets->item[i].addr.port_be == port_be)
			return true;
	return false;
}

static bool is_inside(const struct pp_target *target, const struct pp_ipc_addr *addr)
{
	unsigned whole = target->prefix_bits / 8, rest = target->prefix_bits % 8;
	if (target->addr.family != addr->family)
		return false;
	if (memcmp(target->addr.ip, addr->ip, whole) != 0)
		return false;
	return rest == 0 || ((target->addr.ip[whole] ^ addr->ip[whole]) >> (8 - rest)) == 0;
}

enum pp_target_answer pp_targets_match(const struct pp_targets *targets,
				       const struct pp_ipc_addr *addr)
{
	enum pp_target_answer answer = PP_TARGET_NO;
	if (pp_codec_is_ours(addr))
		return PP_TARGET_NO;
	for (unsigned i = 0; i < targets->count; i++) {
		const struct pp_target *target = &targets->item[i];
		if (target->addr.port_be != addr->port_be)
			continue;
		if (target->kind == PP_TARGET_NAME)
			answer = PP_TARGET_PERHAPS;
		else if (target->kind == PP_TARGET_ANY || is_inside(target, addr))
			return PP_TARGET_YES;
	}
	return answer;
}
