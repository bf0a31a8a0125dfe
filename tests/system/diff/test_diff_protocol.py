"""The protocol's corners, direct and pooled: scenarios 20 to 24."""
import struct

import pytest

from support import pgwire
from support.pgwire import COPY_DONE, FLUSH, SYNC, bind, close, copy_data, copy_fail, describe, execute, msg, parse, query

TABLE = "create table t (n int primary key, note text); insert into t select n, 'note ' || n from generate_series(1, 20) n"


def test_20_many_syncs_at_once(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(*(m for n in range(200) for m in (parse("select $1::int"), bind(str(n)), execute(), SYNC)))
        b.sql("select 1")
        a.hear(b"Z", times=200)
        a.say(*[SYNC] * 50, query("select 1"), SYNC, query("select 1/0; select 2"), SYNC, *[FLUSH] * 3)
        a.hear(b"Z", times=54)
        a.say(*(m for n in range(20) for m in (parse(f"insert into stage.t values ({n % 15 + 12})"), bind(), execute(), SYNC)))
        a.hear(b"Z", times=20)
        b.sql("select count(*) from stage.t")
    diff(script, TABLE)


def test_20_flush_without_sync(diff):
    def script(play):
        a, b, c = [play.open(name) for name in "abc"]
        a.say(parse("select $1::int", "s"), describe(b"S", "s"), FLUSH)
        a.hear(b"T")
        b.sql("select 1")
        c.sql("select 2")
        a.say(bind("5", name="s"), execute(), FLUSH)
        a.hear(b"C")
        a.batch()
        a.say(parse("select 1/0"), bind(), execute(), FLUSH)
        a.hear(b"E")
        a.say(query("select 'skipped?'"), parse("select 1", "x"), SYNC)
        a.hear(b"Z")
        a.batch(bind(name="x"))
        play.pins()
    diff(script)


def test_20_byte_by_byte(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        for byte in parse("select $1::text", "s") + bind("it's", name="s") + execute() + SYNC + query("set work_mem = '7MB'"):
            a.say(bytes([byte]))
        a.hear(b"Z", times=2)
        b.sql("show work_mem")
        a.say(query("show work_mem")[:7])
        b.sql("select 'while a is in the middle of a word'")
        a.say(query("show work_mem")[7:])
        a.hear(b"Z")
    diff(script)


@pytest.mark.parametrize("half", [query("insert into stage.t values (100)")[:-5], parse("select 1", "s")[:6], b"Q", b"Q\0\0",
                                  parse("select 1", "s") + bind(name="s")[:9], copy_data(b"x")[:3]], ids=repr)
def test_20_half_a_message_then_gone(diff, half):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("select 1")
        a.say(half)
        a.vanish()
        for _ in range(4):
            b.sql("select count(*) from stage.t")
    diff(script, TABLE)


def test_20_slow_reader(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(*[query("select n, repeat('x', 10000) from generate_series(1, 100) n")] * 8)
        for _ in range(5):
            b.sql("select 1")
        a.hear(b"Z", times=8)
        b.sql("select 2")
    diff(script)


@pytest.mark.parametrize("where, said", {
    "in a transaction": [query("begin; insert into stage.t values (100); set work_mem = '7MB'")],
    "in a failed transaction": [query("begin; select 1/0")],
    "in a copy": [query("copy stage.t from stdin"), copy_data(b"100\tx\n")],
    "in a large result": [query("select repeat('x', 1000) from generate_series(1, 30000)")],
    "between parse and sync": [parse("insert into stage.t values (100)"), bind(), execute(), FLUSH],
    "with a temp table": [query("create temp table mine (n int)")],
    "with a lock": [query("select pg_advisory_lock(7)")],
    "with a statement": [parse("select 1", "s"), SYNC],
    "while it sleeps": [query("select pg_sleep(0.3)")],
}.items())
@pytest.mark.parametrize("how", ["vanish", "bye"])
def test_21_client_leaves(diff, where, said, how):
    def script(play):
        b, c = play.open("b"), play.open("c")
        for n in range(4):
            a = play.open(f"a{n}")
            a.say(*said)
            if where not in ("in a copy", "in a large result", "between parse and sync", "while it sleeps"):
                a.hear(b"Z")
            elif where == "in a copy":
                a.hear(b"G")
            elif where == "between parse and sync":
                a.hear(b"C")
            if how == "vanish":
                a.vanish()
            else:
                a.wire.send(pgwire.TERMINATE)
                a.wire.sock.close()
            play.wait_for("select count(*) from pg_locks where locktype = 'advisory'", "0", "its lock is gone")
            for one in (b, c):
                one.sql("show work_mem")
                one.sql("select count(*) from stage.t where n >= 100")
                one.sql("select count(*) from pg_class where relname = 'mine' and relnamespace = pg_my_temp_schema()")
                one.batch(bind(name="s"))
        play.servers(0)
    diff(script, TABLE)


ROW, BAD = copy_data(b"100\tx\n"), copy_data(b"rubbish\n")


@pytest.mark.parametrize("name, messages, heard", [
    ("fine", [ROW, COPY_DONE], 1),
    ("bad row before the end", [ROW, BAD, ROW, COPY_DONE], 1),
    ("bad row, much more", [BAD, *[ROW] * 1000, COPY_DONE], 1),
    ("given up", [ROW, copy_fail("no more")], 1),
    ("given up after an error", [BAD, copy_fail("no more")], 1),
    ("duplicate at the end", [copy_data(b"1\tx\n"), COPY_DONE], 1),
    ("a query behind it", [ROW, COPY_DONE, query("select count(*) from stage.t")], 2),
    ("a query behind an error", [BAD, COPY_DONE, query("select count(*) from stage.t")], 2),
    ("empty", [COPY_DONE], 1),
    ("split rows", [copy_data(b"10"), copy_data(b"0\t"), copy_data(b"x\n101\ty"), COPY_DONE], 1),
    ("flush and sync within", [ROW, FLUSH, SYNC, COPY_DONE], 1),
    ("a query within", [ROW, query("select 1")], 1),
], ids=lambda v: v if isinstance(v, str) else "")
@pytest.mark.parametrize("within", [False, True], ids=["alone", "in a transaction"])
def test_22_copy_in(diff, name, messages, heard, within):
    def script(play):
        a, b = play.open("a"), play.open("b")
        if within:
            a.sql("begin")
        a.say(query("copy stage.t from stdin"))
        a.hear(b"G")
        a.say(*messages)
        a.hear(b"Z", times=heard)
        a.sql("select count(*) from stage.t")
        if within:
            a.sql("commit")
        for one in (b, a):
            one.sql("select count(*) from stage.t")
        play.pins()
    diff(script, TABLE)


@pytest.mark.parametrize("messages", {
    "fine": [ROW, COPY_DONE, SYNC], "error": [BAD, COPY_DONE, SYNC], "given up": [copy_fail(), SYNC],
    "more behind": [ROW, COPY_DONE, parse("select count(*) from stage.t"), bind(), execute(), SYNC],
    "sync first": [ROW, SYNC, COPY_DONE, SYNC],
    "error, more behind": [BAD, COPY_DONE, parse("select count(*) from stage.t"), bind(), execute(), SYNC],
}.items(), ids=lambda m: m[0])
@pytest.mark.parametrize("name", ["", "s"], ids=["unnamed", "prepared"])
def test_22_copy_in_the_extended_protocol(diff, messages, name):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(parse("copy stage.t from stdin", name), bind(name=name), execute(), FLUSH)
        a.hear(b"G")
        a.say(*messages[1])
        a.hear(b"Z", times=messages[1].count(SYNC) if messages[0] != "sync first" else 1)
        a.sql("select count(*) from stage.t")
        b.sql("select count(*) from stage.t")
        a.batch(parse("select 1"), bind(), execute())
    diff(script, TABLE)


@pytest.mark.parametrize("said", ["copy stage.t to stdout", "copy (select 1 / (10 - n) from stage.t order by n) to stdout",
                                  "copy stage.t to stdout (format binary)", "copy stage.nothing to stdout",
                                  "copy (select repeat('x', 1000) from generate_series(1, 5000)) to stdout",
                                  "copy stage.t to stdout; select 1; copy stage.t (n) to stdout"])
def test_22_copy_out(diff, said):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(query(said), query("select 'behind'"), COPY_DONE, copy_fail(), copy_data(b"stray"), SYNC)
        a.hear(b"Z", times=3)
        b.sql("select 1")
        a.batch(parse(said.partition(";")[0], "c"), bind(name="c"), describe(), execute())
        a.sql("select 1")
    diff(script, TABLE)


def test_23_cancel_of_ones_own_query(diff):
    def script(play):
        a, b, c = [play.open(name) for name in "abc"]
        for one, other in ((a, b), (b, a), (a, b)):
            one.say(query(f"select pg_sleep(20), '{one.name}'"))
            other.say(query(f"select pg_sleep(0.2), '{other.name}'"))
            play.wait_running(f"select pg_sleep(20), ''{one.name}''")
            one.cancel()
            one.hear(b"Z")
            other.hear(b"Z")
            one.sql("select 'works after'")
        c.cancel()
        c.sql("select 'an idle session feels no cancel'")
        a.sql("begin")
        a.say(query("select pg_sleep(20), 'again'"))
        play.wait_running("select pg_sleep(20), ''again")
        a.cancel()
        a.hear(b"Z")
        a.sql("commit")
    diff(script)


def test_23_more_cancels_than_servers(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        for n in range(5):
            a.say(query(f"select pg_sleep(20), {n}"))
            play.wait_running(f"select pg_sleep(20), {n}")
            for _ in range(5):
                a.cancel()
            a.hear(b"Z")
            b.sql("select pg_sleep(0.05)")
            a.sql(f"select {n}")
    diff(script)


def test_23_cancel_while_waiting_for_a_server(diff):
    """Direct there is nothing to wait for: the same script with a lock both wait for must end the same."""
    def script(play):
        a, b, c = [play.open(name) for name in "abc"]
        a.sql("begin; lock table stage.t")
        b.sql("begin")
        c.say(query("select count(*) from stage.t"))
        if play.pool:
            play.pool.until_status(lambda s: s["totals"]["waiting"] == 1, "c waits for a server")
        else:
            play.wait_running("select count(*) from stage.t")
        c.cancel()
        c.hear(b"Z")
        a.sql("commit")
        b.sql("commit")
        c.sql("select count(*) from stage.t")
    diff(script, TABLE)


def function_call(oid, *arguments):
    words = b"".join(struct.pack("!i", len(a)) + a for a in arguments)
    return msg(b"F", struct.pack("!ihhh", oid, 1, 1, len(arguments)) + words + struct.pack("!h", 1))


def number(n):
    return struct.pack("!i", n)


def test_24_function_calls_and_large_objects(diff):
    lo_creat, lo_create, lo_open, lowrite, loread, lo_close, lo_unlink = 957, 715, 952, 955, 954, 953, 964
    loid, write_and_read = number(424242), number(0x60000)

    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(function_call(lo_create, loid))
        a.hear(b"Z")
        a.sql("begin")
        for call in (function_call(lo_open, loid, write_and_read), function_call(lowrite, number(0), b"hello" * 1000)):
            a.say(call)
            a.hear(b"Z")
        a.sql("commit")
        b.sql("begin")
        for call in (function_call(lo_open, loid, write_and_read), function_call(loread, number(0), number(12)),
                     function_call(lo_close, number(0)), function_call(lo_close, number(0))):
            b.say(call)
            b.hear(b"Z")
        b.sql("rollback")
        a.say(function_call(loread, number(0), number(5)), function_call(lo_unlink, loid), function_call(999999))
        a.hear(b"Z", times=3)
        a.say(function_call(lo_creat), SYNC, query("select 1"))  # too few arguments
        a.hear(b"Z", times=3)
        play.pins()
    diff(script)


def test_24_flood_of_notices(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("do $$ begin for i in 1..5000 loop raise notice 'number %', i; end loop; end $$")
        a.sql("set client_min_messages = error")
        b.sql("do $$ begin raise notice 'heard by b'; raise warning using message = 'w', detail = 'd', hint = 'h'; end $$")
        a.sql("do $$ begin raise notice 'not heard by a'; end $$")
        a.sql("drop table if exists stage.nothing; create table stage.n (n int primary key); commit")
        b.sql("drop table if exists stage.nothing; create table if not exists stage.n (); commit")
    diff(script)


def test_24_a_large_value(diff):
    """32 MiB in one DataRow; the gigabyte with bounded memory is in test_slow_peers.py."""
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("select repeat('x', 32 * 1024 * 1024)")
        b.sql("select 1")
        a.batch(parse("select length($1)"), bind("y" * (8 << 20)), execute())
    diff(script)


def raw_startup(version, *words):
    body = struct.pack("!i", version) + pgwire.text(*words) + b"\0"
    return struct.pack("!i", len(body) + 4) + body


@pytest.mark.parametrize("packet", [
    raw_startup(3 << 16 | 2, "user", "app", "database", "app"), raw_startup(3 << 16 | 9, "user", "app", "database", "app"),
    raw_startup(3 << 16, "user", "app", "database", "app", "_pq_.unheard_of", "1"),
    raw_startup(4 << 16, "user", "app", "database", "app"), raw_startup(2 << 16, "user", "app", "database", "app"),
    raw_startup(3 << 16, "database", "app"), raw_startup(3 << 16, "user", "nobody", "database", "app"),
    raw_startup(3 << 16, "user", "app", "database", "nowhere"), raw_startup(3 << 16, "user", "app"),
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\0\0\0\0", b"\0\0\0\4", b"\xff" * 64,
], ids=lambda p: repr(p)[:60])
def test_24_startup_packets(diff, packet):
    def script(play):
        a = play.connect("a")
        a.say(packet)
        a.wire.listen(1.5)
        if packet[4:8] == struct.pack("!i", 3 << 16 | 2) or b"_pq_" in packet:
            a.wire.send(query("select 1"))
            a.wire.listen(1.5)
        a.wire.half_close()
        a.end()
    diff(script)


@pytest.mark.parametrize("garbage", [b"!\0\0\0\4", b"Q\0\0\0\3", b"Q\xff\xff\xff\xff", b"Q\0\0\0\4", b"Q\0\0\0\7abc", b"p\0\0\0\5\0", b"B\0\0\0\6xx",
                                     b"D\0\0\0\6Xs", b"C\0\0\0\6Xs", b"P\0\0\0\5\0", b"\0" * 10, b"E\0\0\0\5\0", b"F\0\0\0\5\0",
                                     b"H\0\0\0\5x", b"S\0\0\0\5x", b"d\0\0\0\5x" + query("select 1")], ids=repr)
def test_24_garbage_after_login(diff, garbage):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("select 1")
        a.say(garbage, SYNC)
        a.wire.listen(1)
        a.wire.half_close()
        a.end()
        b.sql("select 'unharmed'")
        b.batch(parse("select 2"), bind(), execute(), close())
    diff(script)
