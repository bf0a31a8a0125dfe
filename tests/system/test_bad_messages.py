"""After login: bytes that are no message end that connection and nothing else; unusual but legal ones work."""
import struct

import pytest

from support import pgwire
from support.pgwire import SYNC, bind, copy_data, describe, execute, parse, query

BROKEN = {
    "unknown-letter": b"z\0\0\0\4",
    "zeros": b"\0" * 100,
    "ones": b"\xff" * 100,
    "http": b"GET / HTTP/1.0\r\n\r\n",
    "server-message": pgwire.msg(b"Z", b"I"),
    "password-again": pgwire.msg(b"p", b"secret\0"),
    "length-three": b"Q\0\0\0\3",
    "length-zero": b"Q\0\0\0\0",
    "length-negative": b"Q\xff\xff\xff\xff" + b"x" * 50,
    "length-minimum": b"Q\x80\0\0\0" + b"x" * 50,
    "length-2-gib": b"Q\x7f\xff\xff\xff" + b"x" * 50,
    "sync-of-1-gib": b"S" + struct.pack("!i", 1 << 30) + b"x" * 50,
    "query-without-end": pgwire.msg(b"Q", b"select 1"),
    "parse-of-nothing": pgwire.msg(b"P"),
    "bind-of-minus-counts": pgwire.msg(b"B", b"\0\0" + struct.pack("!hhh", -1, -1, -1)),
    "bind-with-lying-length": pgwire.msg(b"B", b"\0\0" + struct.pack("!hhi", 0, 1, 1 << 28)),
    "execute-half": pgwire.msg(b"E", b"\0\0"),
    "describe-of-nothing": pgwire.msg(b"D"),
    "close-of-x": pgwire.msg(b"C", b"xname\0"),
    "copy-data-out-of-the-blue": copy_data(b"1\n") + pgwire.COPY_DONE,
    "terminate-with-payload": pgwire.msg(b"X", b"goodbye"),
    "function-call-of-nothing": pgwire.msg(b"F"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_message_gets_the_servers_answer_or_a_close(name, raw, direct):
    def say(wire):
        wire.login()
        wire.send(BROKEN[name], SYNC)
        wire.half_close()
        return pgwire.split(wire.drain())[0]

    neighbour = raw().login()
    neighbour.ask("begin")
    errors = [[pgwire.fields(p)["C"] for letter, p in say(wire) if letter == b"E"] for wire in (direct(), raw())]
    assert errors[1] in (errors[0], ["08P01"], []), f"direct {errors[0]}"
    assert neighbour.ask("select 1") == [["1"]], "the neighbour's transaction"
    neighbour.ask("commit")


@pytest.mark.parametrize("count", [2, 100, 511, 512, 513, 5000])
def test_many_syncs_get_as_many_answers(count, raw):
    wire = raw().login()
    wire.send(SYNC * count)
    for _ in range(count):
        assert wire.recv() == (b"Z", b"I")
    assert wire.ask("select 1") == [["1"]]


@pytest.mark.parametrize("count", [2, 600, 3000])
def test_many_queries_in_one_breath(count, raw):
    wire = raw().login()
    wire.send(*[query(f"select {n}") for n in range(count)])
    for n in range(count):
        assert wire.rows() == [[str(n)]]


SCRIPTS = {
    "query-while-skipping": parse("select nonsense") + query("select 1") + SYNC,
    "batch-while-skipping": parse("select 1/0") + bind() + execute() + parse("select 2") + bind() + execute() + SYNC,
    "flush-without-sync": parse("select 1") + pgwire.FLUSH + bind() + describe() + pgwire.FLUSH + execute() + SYNC,
    "unknown-statement": bind(name="nope") + execute() + SYNC,
    "unknown-statement-described": describe(b"S", "nope") + SYNC,
    "unknown-portal": execute("nope") + SYNC,
    "unnamed-statement-gone": parse("select 1") + query("select 2") + bind() + execute() + SYNC,
    "close-of-unknown": pgwire.close(name="nope") + SYNC,
    "duplicate-name": parse("select 1", "a") + parse("select 2", "a") + SYNC,
    "empty-query": query("") + parse("") + bind() + execute() + SYNC,
    "three-in-one": query("select 1; select 2; select 1/0; select 3"),
    "implicit-transaction": query("insert into t values (1); insert into t values (1/0)") + query("table t"),
    "multi-begin": query("begin; select 1") + query("commit; begin; select 2") + query("rollback"),
    "fetch-in-parts": query("begin") + parse("select generate_series(1, 5)") + bind() + execute(rows=2) +
    execute(rows=2) + execute() + SYNC + query("commit"),
    "error-then-commit": query("begin") + query("select 1/0") + query("commit"),
    "copy-in": query("copy t from stdin") + copy_data(b"1\n") + copy_data(b"2\n") + pgwire.COPY_DONE,
    "copy-in-with-syncs": query("copy t from stdin") + SYNC + copy_data(b"1\n") + pgwire.FLUSH + SYNC +
    pgwire.COPY_DONE + query("table t"),
    "copy-fail": query("copy t from stdin") + copy_data(b"1\n") + pgwire.copy_fail() + query("table t"),
    "copy-of-rubbish": query("copy t from stdin") + copy_data(b"rubbish\n") + copy_data(b"2\n") + pgwire.COPY_DONE +
    query("table t"),
    "copy-by-batch": parse("copy t from stdin") + bind() + execute() + copy_data(b"1\n") + pgwire.COPY_DONE + SYNC,
    "copy-by-batch-fails": parse("copy t from stdin") + bind() + execute() + copy_data(b"x\n") + pgwire.COPY_DONE +
    SYNC + query("table t"),
    "copy-out": query("insert into t values (1), (2)") + query("copy t to stdout"),
    "copy-refused": query("copy nowhere from stdin") + copy_data(b"1\n") + pgwire.COPY_DONE + query("select 1"),
    "function-call": pgwire.msg(b"F", struct.pack("!ihhh", 1598, 0, 0, 0)) + SYNC,  # random()
    "unknown-function": pgwire.msg(b"F", struct.pack("!ihhh", 1, 0, 0, 0)) + SYNC,
}


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("pace", ["at-once", "byte-by-byte"])
def test_unusual_script_has_the_servers_answers(name, pace, raw, direct, table, postgres_trust):
    def play(wire):
        postgres_trust.psql("truncate t", db="app")
        wire.login()
        for piece in ([SCRIPTS[name]] if pace == "at-once" else [bytes([b]) for b in SCRIPTS[name]]):
            wire.send(piece)
        wire.send(query("select 'end'"))
        got = []
        while not got or got[-1] != (b"D", b"\0\1\0\0\0\3end"):
            got += wire.until(b"D")[-1000:] or pytest.fail(f"closed after {got}")
        said = pgwire.summary(b"".join(pgwire.msg(*m) for m in got))[0]
        return [m[:1] if name == "function-call" else m for m in said]

    expected = play(direct())
    assert play(raw()) == expected
