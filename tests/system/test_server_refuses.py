"""The server is there and lets nobody in, or is not there: sessions wait for it, new connections hear what they would
hear without podpool, and however many come, the server is asked by one login at a time, more and more rarely."""
import socket
import threading
import time

import pytest

import fakepg
from support import pgwire, wait
from support.dialer import Dialer
from support.pgwire import Wire

pytestmark = pytest.mark.pooled
STARTING = "57P03", "the database system is starting up"
FULL = "53300", "sorry, too many clients already"


class Gate:
    """What a fake says to who wants to log in: nothing, or `words`."""

    def __init__(self):
        self.words = None
        self.fake = None
        self.asked = []  # when

    def refuse(self, packet):
        if self.words:
            self.asked.append(time.monotonic())
        return self.words and fakepg.fatal(*self.words)

    def shut(self, words):
        self.words = words
        for conn in self.fake.connections:
            try:
                conn.shutdown(2)
            except OSError:
                pass

    def open(self):
        self.words = None


@pytest.fixture
def wait_timeout():
    return "3s"


@pytest.fixture
def gated(pool, postgres_trust, wait_timeout):
    """(gate, open a raw connection)"""
    gate = Gate()
    with fakepg.FakePg(refuse=gate.refuse) as gate.fake:
        env = pool.env(TARGETS=f"*:{postgres_trust.port},*:{gate.fake.port}", WAIT_TIMEOUT=wait_timeout, MAX_SERVERS=8)
        with Dialer(env) as dialer:
            yield gate, lambda: Wire(dialer.connect("127.0.0.1", gate.fake.port))


def refusal(wire):
    """(seconds, SQLSTATE, message) of what a login that fails is told."""
    begin = time.monotonic()
    with pytest.raises(ConnectionError) as refused:
        wire.login()
    error = refused.value.args[0]
    return time.monotonic() - begin, error["C"], error["M"]


@pytest.mark.parametrize("wait_timeout", ["30s"])
def test_sessions_wait_for_a_server_that_is_starting_up(gated):
    gate, raw = gated
    wires = [raw().login() for _ in range(20)]
    gate.shut(STARTING)
    for wire in wires:
        wire.send(pgwire.query("select 'good'"))
    wait.until(lambda: len(gate.asked) >= 4, "it is asked several times")
    gate.open()
    begin = time.monotonic()
    for wire in wires:
        assert wire.rows() == [["yes"]]
    assert time.monotonic() - begin < 5  # half a second; one login after the other, each in its turn, 10 s


def test_who_waits_in_vain_is_told_why(gated):
    gate, raw = gated
    wires = [raw().login() for _ in range(20)]
    gate.shut(STARTING)
    begin = time.monotonic()
    for wire in wires:
        wire.send(pgwire.query("select 'good'"))
    for wire in wires:
        letter, payload = wire.recv()
        assert (letter, pgwire.fields(payload)["C"], pgwire.fields(payload)["M"]) == (b"E", *STARTING)
        assert pgwire.fields(payload)["S"] == "FATAL" and wire.recv() == (b"", b"")
    assert 2.5 < time.monotonic() - begin < 8
    # 50, 100, 200, 400, 500 ms and so on, up to a half less: 3 s have room for 14
    assert 4 <= len(gate.asked) <= 15


def test_new_connections_hear_at_once_what_the_server_says(gated):
    gate, raw = gated
    gate.shut(STARTING)
    for _ in range(3):
        seconds, *said = refusal(raw())
        assert tuple(said) == STARTING and seconds < 2


def test_a_storm_of_new_connections_is_one_login_at_a_time(gated):
    gate, raw = gated
    gate.shut(STARTING)
    end = time.monotonic() + 2
    heard = []

    def come_again():
        while time.monotonic() < end:
            heard.append(refusal(raw())[1])

    threads = [threading.Thread(target=come_again) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(heard) == {"57P03"} and len(heard) >= 30
    assert len(gate.asked) <= 15, "30 programs that come again at once would have asked hundreds of times"


@pytest.mark.parametrize("wait_timeout", ["30s"])
def test_a_full_server_is_waited_for_also_by_new_connections(gated):
    gate, raw = gated
    gate.shut(FULL)
    arriving = raw()
    arriving.send(pgwire.startup())
    wait.until(lambda: len(gate.asked) >= 3, "it is asked several times")
    gate.open()
    assert arriving.until(b"Z", b"E")[-1] == (b"Z", b"I")
    assert arriving.ask("select 'good'") == [["yes"]]


def test_a_server_that_stays_full_is_what_is_said_in_the_end(gated):
    gate, raw = gated
    gate.shut(FULL)
    seconds, *said = refusal(raw())
    assert tuple(said) == FULL and seconds > 2.5


def test_nobody_there(gated, pool):
    gate, raw = gated
    wire = raw().login()
    gate.fake.__exit__()
    pool.until_status(lambda s: s["totals"]["servers"] == 0, "the broker has seen it")
    wire.send(pgwire.query("select 'good'"))
    error = pgwire.fields(wire.recv()[1])
    assert error["C"] == "08006" and "refused" in error["M"]
    with pytest.raises(ConnectionRefusedError):
        raw()


@pytest.fixture
def door(pool, postgres_trust):
    """(a socket that does not listen yet, connect to it through the shim)"""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        with Dialer(pool.env(TARGETS=f"*:{postgres_trust.port},*:{port}")) as dialer:
            yield listener, lambda: dialer.connect("127.0.0.1", port)


def is_pooled(sock):
    """The kernel says where it really leads."""
    return sock.getpeername()[0].startswith("127.66.")


def test_the_first_connection_after_its_return_is_pooled(door):
    listener, connect = door
    for _ in range(5):
        with pytest.raises(ConnectionRefusedError):
            connect()
    listener.listen()
    with connect() as sock:
        assert is_pooled(sock)


def test_a_server_that_accepts_and_says_nothing_keeps_no_connect_waiting(door):
    """Whether it speaks TLS is found out later."""
    listener, connect = door
    listener.listen()
    begin = time.monotonic()
    with connect() as sock:
        assert is_pooled(sock) and time.monotonic() - begin < 1.2  # of 1.5 that it would wait


@pytest.fixture
def limited(own_postgres, make_pool):
    """limited(n) -> (pool, open a raw connection) where role app may have n connections."""
    dialers = []

    def start(limit):
        pool = make_pool(own_postgres)
        own_postgres.psql(f"alter role app connection limit {limit}")
        dialers.append(pool.dialer(MAX_SERVERS=6, WAIT_TIMEOUT="20s"))
        return pool, lambda: Wire(dialers[0].connect(own_postgres.host, own_postgres.port))

    yield start
    for dialer in dialers:
        dialer.__exit__()


def refusals(postgres):
    return postgres.log_text().count('too many connections for role "app"')


def test_a_role_at_its_limit_makes_do_with_the_servers_it_has(limited, own_postgres):
    pool, raw = limited(2)
    begin, wires = time.monotonic(), [raw().login() for _ in range(12)]
    for _ in range(3):
        for wire in wires:
            wire.send(pgwire.query("select 1 from pg_sleep(0.1)"))
        for wire in wires:
            assert wire.rows() == [["1"]]
    assert 1 <= refusals(own_postgres) <= 2 + time.monotonic() - begin, "a second and more between two"


def test_another_pool_makes_room_where_the_role_is_at_its_limit(limited, own_postgres):
    """Idle servers of ours are what fills it up: they are given up for those in line."""
    pool, raw = limited(1)
    first, second = raw().login(), raw()
    assert first.ask("select current_database()") == [["app"]]
    begin = time.monotonic()
    second.login(database="second")
    assert second.ask("select current_database()") == [["second"]]
    assert first.ask("select current_database()") == [["app"]]
    assert time.monotonic() - begin < 15  # of 20 that they would wait in line
