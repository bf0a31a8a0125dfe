"""A wrong password is its program's own misfortune: sessions that are logged in already, and other programs, notice nothing."""
import threading

import pytest

import fakepg
from databases import database
from driver_table import PASSWORD
from support import pgwire, wait
from support.dialer import Dialer
from support.pgwire import Wire

pytestmark = pytest.mark.pooled
WRONG = 'password authentication failed for user "app"'


class Judge:
    """Takes its time for a wrong password: until open() is called."""

    def __init__(self):
        self.heard = []
        self.opened = threading.Event()

    def __call__(self, password):
        self.heard.append(password)
        if password == "right":
            return None
        self.opened.wait()
        return fakepg.fatal("28P01", WRONG)


@pytest.fixture
def judged(pool, postgres_trust):
    """(judge, fake, open a raw connection) where nobody has a server open."""
    judge = Judge()
    with fakepg.FakePg(judge=judge) as fake:
        wires = []
        with Dialer(pool.env(TARGETS=f"*:{postgres_trust.port},*:{fake.port}", WAIT_TIMEOUT="10s")) as dialer:
            def connect():
                wires.append(Wire(dialer.connect(fake.host, fake.port)))
                return wires[-1]
            yield judge, fake, connect
            judge.opened.set()
            for wire in wires:
                wire.sock.close()


def lose_servers(pool, fake):
    for conn in fake.connections:
        try:
            conn.shutdown(2)
        except OSError:
            pass
    pool.until_status(lambda s: s["totals"]["servers"] == 0, "no server is open")


def apply(wire, password):
    wire.send(pgwire.startup())
    assert wire.recv() == (b"R", b"\0\0\0\3")
    wire.send(pgwire.msg(b"p", pgwire.text(password)))
    return wire


def refused(wire):
    error = pgwire.fields(wire.until(b"E")[-1][1])
    return (error["S"], error["C"], error["M"]) == ("FATAL", "28P01", WRONG)


def test_a_wrong_password_ends_only_who_brought_it(judged, pool):
    """The one login under way is with the wrong one, and sessions wait for a server meanwhile."""
    judge, fake, connect = judged
    sessions = [connect().login(password="right") for _ in range(3)]
    lose_servers(pool, fake)
    stranger = apply(connect(), "wrong")
    wait.until(lambda: judge.heard[-1] == "wrong", "it is being judged")
    for session in sessions:
        session.send(pgwire.query("select 'good'"))
    pool.until_status(lambda s: s["totals"]["waiting"] == 3, "they wait")
    judge.opened.set()
    assert refused(stranger)
    assert [session.rows() for session in sessions] == [[["yes"]]] * 3


def test_wrong_passwords_one_after_the_other_keep_no_session_waiting(judged, pool):
    """Each that was refused is followed by another one that was there already."""
    judge, fake, connect = judged
    session = connect().login(password="right")
    lose_servers(pool, fake)
    strangers = [apply(connect(), "wrong 0")]
    wait.until(lambda: judge.heard[-1] == "wrong 0", "it is being judged")
    strangers += [apply(connect(), f"wrong {n}") for n in range(1, 5)]
    session.send(pgwire.query("select 'good'"))
    pool.until_status(lambda s: s["totals"]["waiting"] == 1 and s["totals"]["clients"] == 6, "all are there")
    before = len(judge.heard)
    judge.opened.set()
    assert session.rows() == [["yes"]]
    assert all(refused(stranger) for stranger in strangers)
    assert judge.heard[before] == "right", "after the first wrong one it is the session's turn"


@pytest.fixture
def own_scram():
    with database("scram-sha-256") as postgres:
        yield postgres


def test_sessions_and_wrong_passwords_while_servers_come_and_go(own_scram, make_pool):
    pool = make_pool(own_scram)
    with pool.dialer() as dialer:
        def connect():
            return Wire(dialer.connect(own_scram.host, own_scram.port))
        sessions = [connect().login(password=PASSWORD) for _ in range(3)]
        for _ in range(10):
            pool.until_status(lambda s: not s["totals"]["logging_in"], "no login comes later")
            own_scram.psql("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'app'")
            pool.until_status(lambda s: s["totals"]["servers"] == 0, "no server is open")
            stranger = apply(connect(), "wrong")
            for session in sessions:
                session.send(pgwire.query("select 1"))
            assert [session.rows() for session in sessions] == [[["1"]]] * 3
            assert refused(stranger)
            stranger.sock.close()
        for session in sessions:
            session.bye()
