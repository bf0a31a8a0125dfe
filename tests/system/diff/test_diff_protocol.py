"""Rare messages, floods and garbage, direct and pooled: scenario 24."""
import struct

import pytest

from support import pgwire
from support.pgwire import FLUSH, SYNC, bind, close, describe, execute, msg, parse, query


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
    raw_startup(3 << 16 | 2, "user", "app", "database", "app", "_pq_.one", "1", "_pq_.two", "2", "application_name", "x"),
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


def test_24_portals_suspended_by_max_rows(diff):
    def script(play):
        a, b, c = [play.open(name) for name in "abc"]
        a.say(parse("select n from generate_series(1, 5) n"), bind(), execute(rows=2), FLUSH)
        a.hear(b"s")
        for one in (b, c):
            one.sql("select 'meanwhile'")
        a.say(execute(rows=2), FLUSH)
        a.hear(b"s")
        a.batch(execute(rows=2))
        a.batch(execute(rows=2))  # the portal ended with its transaction
        a.sql("begin")
        a.batch(parse("select n from generate_series(1, 5) n", "s"), bind(name="s", portal="p"), execute("p", rows=2))
        for one in (b, c):
            one.sql("select 'meanwhile'")
        a.batch(execute("p", rows=1), parse("select 'another'"), bind(), execute(rows=1))
        a.batch(execute("p"), execute("p"), describe(b"P", "p"), close(b"P", "p"), execute("p"))
        a.sql("rollback")
        a.batch(execute("p"))
        play.pins()
    diff(script)


@pytest.mark.parametrize("garbage", [b"!\0\0\0\4", b"Q\0\0\0\3", b"Q\xff\xff\xff\xff", b"Q\0\0\0\4", b"Q\0\0\0\7abc",
                                     b"p\0\0\0\5\0", b"B\0\0\0\6xx",
                                     b"D\0\0\0\6Xs", b"C\0\0\0\6Xs", b"P\0\0\0\5\0", b"\0" * 10,
                                     b"E\0\0\0\5\0", b"F\0\0\0\5\0", b"d\0\0\0\5x" + query("select 1")], ids=repr)
def test_24_garbage_after_login(diff, garbage):
    """But for Flush and Sync with a body, which end the connection: the tracker relies on their never failing."""
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
