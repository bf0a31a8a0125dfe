"""What the database sees of a broker: never more connections than the cap, whatever they are for; cancel requests come on
top, one to a server."""
import contextlib
import os
import signal
import socket
import threading
import time

import pytest

import fakepg
from support import pgwire, wait
from support.dialer import Dialer
from support.pgwire import Wire

pytestmark = pytest.mark.pooled
ESTABLISHED = 1
SSL_REQUEST = b"\0\0\0\x08" + (80877103).to_bytes(4, "big")
CANCEL = b"\0\0\0\x10" + (80877102).to_bytes(4, "big")  # and the key
SLEEP = "select pg_sleep(30)"


@pytest.fixture
def dial(pool, postgres_trust):
    """dial(port, **settings) -> open a raw connection to it."""
    with contextlib.ExitStack() as stack:
        def start(far, **settings):
            dialer = stack.enter_context(Dialer(pool.env(TARGETS=f"*:{postgres_trust.port},*:{far}", **settings)))
            return lambda port=far: Wire(stack.enter_context(dialer.connect("127.0.0.1", port)))
        yield start


def is_open(sock):
    """At both ends, as the kernel says."""
    try:
        return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == ESTABLISHED
    except OSError:
        return False  # closed at this end


def test_whether_another_server_is_there_is_asked_in_a_place_under_the_cap(dial, postgres_trust):
    with fakepg.FakePg() as fake:
        raw = dial(fake.port, MAX_SERVERS=1)
        holder = raw(postgres_trust.port).login()
        holder.ask("begin")
        other = raw()
        other.send(pgwire.startup())
        time.sleep(0.3)  # nothing to wait for: it must not come
        assert not fake.connections
        holder.ask("commit")
        assert other.until(b"Z", b"E")[-1] == (b"Z", b"I")
        assert other.ask("select 'good'") == [["yes"]]
        assert holder.ask("select 1") == [["1"]], "and back"


def test_a_place_that_is_not_to_be_had_in_time_is_an_error(dial, postgres_trust):
    with fakepg.FakePg() as fake:
        raw = dial(fake.port, MAX_SERVERS=1, WAIT_TIMEOUT="3s")
        holder = raw(postgres_trust.port).login()
        holder.ask("begin")
        other = raw()
        other.send(SSL_REQUEST)
        letter, payload = other.recv()
        assert letter == b"E" and pgwire.fields(payload)["C"] == "53300"
        assert not fake.connections and holder.ask("commit") == []


def test_what_was_only_guessed_for_want_of_an_answer_waits_for_one_in_a_place(dial, postgres_trust):
    with socket.create_server(("127.0.0.1", 0)) as far:
        far.settimeout(20)
        raw = dial(far.getsockname()[1], MAX_SERVERS=1)
        other = raw()
        conn, _ = far.accept()
        assert conn.recv(8) == SSL_REQUEST
        conn.close()  # no answer
        holder = raw(postgres_trust.port).login()
        holder.ask("begin")
        time.sleep(1.1)  # for a second the guess does
        other.send(SSL_REQUEST)
        other.sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            other.sock.recv(1)
        other.sock.settimeout(20)
        holder.ask("commit")
        conn, _ = far.accept()
        with conn:
            assert conn.recv(8) == SSL_REQUEST
            conn.sendall(b"N")
            assert other.sock.recv(1) == b"N"


def test_after_the_loss_of_one_server_of_many_nobody_asks_whether_it_is_there(dial):
    with fakepg.FakePg(hang_up_after={"select 'and die'"}) as fake:
        raw = dial(fake.port)
        wires = [raw().login() for _ in range(2)]
        for wire in wires:
            wire.ask("begin")
        for wire, words in zip(wires, ("select 'and die'", "select 'good'")):
            wire.send(pgwire.query(words))
            wire.until(b"Z", b"")
        assert wires[0].recv() == (b"", b"")
        time.sleep(0.005)  # the broker's clock must tell the loss and what the other one says apart
        assert wires[1].ask("select 'good'") == [["yes"]]
        before = len(fake.connections)
        assert raw().login() and len(fake.connections) == before


def test_a_login_that_the_server_leaves_unanswered_shows_that_it_is_there(dial, pool):
    hold, entered = threading.Event(), threading.Event()

    def refuse(packet):
        if len(fake.startups) > 1:
            entered.set()
            hold.wait(20)

    with fakepg.FakePg(refuse=refuse) as fake:
        raw = dial(fake.port)
        wire = raw().login()
        wire.ask("select 'good'")
        pool.until_status(lambda s: s["totals"]["idle"] == 1, "the server was returned: its loss is not the client's")
        for conn in filter(is_open, fake.connections):
            conn.shutdown(socket.SHUT_RDWR)
        pool.until_status(lambda s: s["totals"]["servers"] == 0, "the broker has seen it")
        wire.send(pgwire.query("select 'good'"))
        assert entered.wait(10), "a login is under way"
        before = len(fake.connections)
        begin = time.monotonic()
        raw()
        assert time.monotonic() - begin < 1.2 and len(fake.connections) == before
        hold.set()
        assert wire.rows() == [["yes"]]


def connections_to(postgres):
    with open("/proc/net/tcp") as f:
        far = f"0100007F:{postgres.port:04X}"
        return sum(words[2] == far and int(words[3], 16) == ESTABLISHED for words in map(str.split, list(f)[1:]))


def test_cancel_requests_to_a_server_are_one_at_a_time(make_pool, own_postgres):
    pool = make_pool(own_postgres)
    with pool.dialer(MAX_SERVERS=1) as dialer:
        wires = [Wire(dialer.connect(own_postgres.host, own_postgres.port)) for _ in range(12)]
        victim = wires.pop(0).login()
        victim.send(pgwire.query(SLEEP))
        wait.until(lambda: own_postgres.psql(f"select 1 from pg_stat_activity where query = '{SLEEP}'"), "asleep")
        wait.until(lambda: connections_to(own_postgres) == 1, "one session")
        os.kill(own_postgres.pid, signal.SIGSTOP)
        try:
            for wire in wires:
                wire.send(CANCEL + victim.key)
            wait.until(lambda: connections_to(own_postgres) > 1, "a cancel request is under way")
            pool.until_status(lambda s: sum(c["state"] == "cancel" for c in s["clients"]) == len(wires), "all have asked")
            assert connections_to(own_postgres) == 2
        finally:
            os.kill(own_postgres.pid, signal.SIGCONT)
        assert [wire.drain() for wire in wires] == [b""] * len(wires)
        with pytest.raises(pgwire.Refused) as refused:
            victim.rows()
        assert refused.value.sqlstate == "57014"
        victim.bye()


def test_a_cancel_request_that_comes_while_one_is_under_way_is_sent_after_it(dial, pool):
    with fakepg.FakePg(answers={"select 'long'": b""}) as fake:
        raw = dial(fake.port)
        victim = raw().login()
        victim.send(pgwire.query("select 'long'"))
        pool.until_status(lambda s: s["totals"]["lent"] == 1, "it runs")
        fake.take_cancels.clear()
        wires = []
        for _ in range(3):
            wires.append(raw())
            wires[-1].send(CANCEL + victim.key)
            pool.until_status(lambda s: sum(c["state"] == "cancel" for c in s["clients"]) == len(wires), "it has asked")
            wait.until(lambda: fake.cancels == 1, "the first is under way")
        fake.take_cancels.set()
        assert [wire.drain() for wire in wires] == [b""] * len(wires)
        assert fake.cancels == 2, "one for all who came meanwhile"


class Deaf(fakepg.FakePg):
    """Takes cancel requests and does not end their connections; "select 'long'" lasts until go is set."""

    def __init__(self):
        self.go = threading.Event()
        super().__init__({"select 'long'": fakepg.ANSWER})
        self.take_cancels.clear()

    def answer(self, conn, sql):
        if sql == "select 'long'":
            self.go.wait()
        super().answer(conn, sql)


def cancel_all(raw, pool, victims):
    """The requests' wires, once each of the victims' servers is about to be told."""
    for victim in victims:
        victim.send(pgwire.query("select 'long'"))
    pool.until_status(lambda s: s["totals"]["lent"] == len(victims), "all are busy")
    wires = [raw() for _ in victims]
    for wire, victim in zip(wires, victims):
        wire.send(CANCEL + victim.key)
    pool.until_status(lambda s: sum(c["state"] == "cancel" for c in s["clients"]) == len(victims), "all have asked")
    return wires


def test_a_cancel_request_without_end_costs_its_server_and_not_the_place(dial, pool):
    with Deaf() as fake:
        raw = dial(fake.port, MAX_SERVERS=1, WAIT_TIMEOUT="25s")
        victim, other = raw().login(), raw().login()
        cancel_all(raw, pool, [victim])
        fake.go.set()
        assert victim.rows() == [["yes"]]
        victim.send(pgwire.query("select 'good'"))
        assert victim.rows() == [["yes"]]
        assert other.ask("select 'good'") == [["yes"]]
        assert victim.ask("select 'good'") == [["yes"]]


def test_cancel_requests_without_end_leave_workers_for_logins(dial, pool, postgres_trust):
    """More of them than there are workers."""
    with Deaf() as fake:
        raw = dial(fake.port, MAX_SERVERS=40)
        cancel_all(raw, pool, [raw().login() for _ in range(36)])
        with wait_at_most(8), raw(postgres_trust.port).sock as sock:
            assert Wire(sock).login().ask("select 1") == [["1"]]
        fake.go.set()


@contextlib.contextmanager
def wait_at_most(seconds):
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < seconds
