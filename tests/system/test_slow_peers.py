"""A slow client costs no memory and no neighbour's time; large things are streamed."""
import time

import pytest

from support import pgwire

LARGE = "select repeat('x', 1000) from generate_series(1, 100000)"  # 100 MB in rows
HUGE = "select repeat('x', 100000000)"  # 100 MB in one row


class Memory:
    """Most resident memory of the broker above what it had at the start."""

    def __init__(self, pool):
        self.pool = pool
        self.start = pool.resident_kb() if pool.pooled else 0
        self.peak = 0

    def look(self):
        if self.pool.pooled:
            self.peak = max(self.peak, self.pool.resident_kb() - self.start)


@pytest.mark.release
@pytest.mark.parametrize("sql", [pytest.param(LARGE, id="many-rows"), pytest.param(HUGE, id="one-row"),
                                 pytest.param(f"copy ({LARGE}) to stdout", id="copy-out")])
def test_a_reader_that_pauses_costs_no_memory(sql, raw, pool):
    wire, neighbour = raw(timeout=60).login(), raw().login()
    neighbour.ask("select 1")
    memory = Memory(pool)
    wire.send(pgwire.query(sql))
    pause = time.monotonic() + 1.5  # nobody reads: everything between must fill up and stop
    while time.monotonic() < pause:
        assert neighbour.ask("select 1") == [["1"]]
        memory.look()
    total = 0
    while not wire.buffer.endswith(b"Z\0\0\0\5I"):
        size = wire.sock.recv_into(chunk := bytearray(1 << 18))
        assert size, "closed in the middle"
        wire.buffer = chunk[max(0, size - 6):size] if size > 5 else (wire.buffer + chunk[:size])[-6:]
        if total // (10 << 20) != (total + size) // (10 << 20):
            memory.look()
        total += size
    assert total > 100_000_000
    assert memory.peak < 16 * 1024, f"{memory.peak} kB"


GIGABYTE = "select repeat('x', 1 << 20) from generate_series(1, 1024)"


@pytest.mark.release
@pytest.mark.parametrize("sql", [GIGABYTE, f"copy ({GIGABYTE}) to stdout"], ids=["rows", "copy-out"])
def test_a_gigabyte_passes_in_bounded_memory(sql, raw, pool):
    wire = raw(timeout=60).login()
    wire.ask("select 1")
    if pool.pooled:
        pool.forget_peak()
        start = pool.resident_kb()
    wire.send(pgwire.query(sql))
    chunk, total, tail = bytearray(1 << 20), 0, b""
    while not tail.endswith(b"Z\0\0\0\5I"):
        size = wire.sock.recv_into(chunk)
        assert size, "closed in the middle"
        total += size
        tail = (tail + bytes(chunk[max(0, size - 6):size]))[-6:]
    assert total > 1 << 30
    assert wire.ask("select 'goes on'") == [["goes on"]]
    if pool.pooled:
        grown = pool.resident_kb("VmHWM") - start
        assert grown < 4 * 1024, f"{grown} kB"


@pytest.mark.release
def test_a_server_that_does_not_read_costs_no_memory(raw, pool, table):
    """The client writes 100 MB of COPY as fast as it may."""
    wire = raw(timeout=60).login()
    memory = Memory(pool)
    wire.send(pgwire.query("create temp table big (v text)"), pgwire.query("copy big from stdin"))
    while wire.recv()[0] != b"G":
        pass
    megabyte = pgwire.copy_data(b"x" * 1_000_000 + b"\n")
    for n in range(100):
        wire.send(megabyte)
        if n % 10 == 0:
            memory.look()
    wire.send(pgwire.COPY_DONE)
    assert wire.until(b"Z")[-1] == (b"Z", b"I")
    assert wire.ask("select count(*), sum(length(v)) from big") == [["100", "100000000"]]
    memory.look()
    assert memory.peak < 16 * 1024, f"{memory.peak} kB"


@pytest.mark.release
def test_a_100_mb_statement_passes(raw, pool):
    wire = raw(timeout=60).login()
    memory = Memory(pool)
    wire.send(pgwire.parse("select length($1)"), pgwire.bind("x" * 100_000_000), pgwire.execute(), pgwire.SYNC)
    assert wire.rows() == [["100000000"]]
    memory.look()
    assert memory.peak < 16 * 1024, f"{memory.peak} kB"


def test_byte_by_byte_writer_holds_nobody_up(raw):
    slow, fast = raw(MAX_SERVERS=4).login(), raw().login()
    for byte in pgwire.query("select 'slow'"):
        slow.send(bytes([byte]))
        assert fast.ask("select 1") == [["1"]]
    assert slow.rows() == [["slow"]]


@pytest.mark.pooled
def test_half_a_message_keeps_no_server(raw, pool):
    """Five clients have said half of something; one server is enough for the sixth."""
    halves = [raw(MAX_SERVERS=1).login() for _ in range(5)]
    for wire in halves:
        wire.send(pgwire.query("select 'whole'")[:7])
    assert raw().login().ask("select 1") == [["1"]]
    for wire in halves:
        wire.send(pgwire.query("select 'whole'")[7:])
        assert wire.rows() == [["whole"]]


def test_flood_of_notices_arrives_whole(raw):
    wire = raw().login()
    wire.send(pgwire.query("do $$ begin for i in 1..20000 loop raise notice 'n%', i; end loop; end $$"))
    got = wire.until(b"Z")
    notices = [pgwire.fields(p)["M"] for letter, p in got if letter == b"N"]
    assert notices == [f"n{i}" for i in range(1, 20001)]
