"""A standby that is promoted: who connects afterwards is told that it is none any more (target_session_attrs)."""
import time

import pytest

import fakepg
from support import pgwire
from support.dialer import Dialer
from support.pgwire import Wire

pytestmark = pytest.mark.pooled
STANDBY = fakepg.LOGGED_IN.replace(pgwire.msg(b"S", pgwire.text("in_hot_standby", "off")),
                                   pgwire.msg(b"S", pgwire.text("in_hot_standby", "on")))
REPORT = pgwire.msg(b"S", pgwire.text("in_hot_standby", "off"))


@pytest.fixture
def max_servers():
    return 1


@pytest.fixture
def standby(pool, postgres_trust, max_servers):
    """(fake, connect): a standby; connect() logs a session in."""
    wires = []
    with fakepg.FakePg({"select 'after'": REPORT + fakepg.ANSWER, "select 'long'": b""}, login=STANDBY) as fake:
        with Dialer(pool.env(TARGETS=f"*:{postgres_trust.port},*:{fake.port}", MAX_SERVERS=max_servers)) as dialer:
            def connect():
                wires.append(Wire(dialer.connect(fake.host, fake.port)).login())
                return wires[-1]
            yield fake, connect
            for wire in wires:
                wire.sock.close()


def test_what_a_lent_server_reports_counts_for_who_comes_next(standby):
    """As PostgreSQL does it: before ReadyForQuery."""
    fake, connect = standby
    wire = connect()
    assert wire.settings["in_hot_standby"] == "on"
    fake.login = fakepg.LOGGED_IN
    assert wire.ask("select 'after'") == [["yes"]]
    assert connect().settings["in_hot_standby"] == "off"


def test_that_it_is_a_standby_is_not_believed_for_long_where_nobody_asks_it_anything(standby):
    fake, connect = standby
    assert connect().settings["in_hot_standby"] == "on"
    fake.login = fakepg.LOGGED_IN
    time.sleep(1.1)
    assert connect().settings["in_hot_standby"] == "off"


def test_where_it_is_asked_all_the_time_nobody_logs_in_for_it(standby):
    fake, connect = standby
    wire = connect()
    pauses, end = 0, time.monotonic() + 2.5
    while time.monotonic() < end:
        asked = time.monotonic()
        wire.ask("select 'good'")
        late = connect()
        pauses += time.monotonic() - asked > 0.9
        assert late.settings["in_hot_standby"] == "on"
        late.sock.close()
        time.sleep(0.05)
    assert len(fake.startups) <= 1 + pauses  # of this machine: it is believed for a second


def test_who_comes_while_all_its_servers_are_busy_does_not_wait_for_one(standby, pool):
    """MAX_SERVERS is 1."""
    _, connect = standby
    connect().send(pgwire.query("select 'long'"))
    pool.until_status(lambda s: s["totals"]["lent"] == 1, "it is busy")
    time.sleep(1.1)
    assert connect().settings["in_hot_standby"] == "on"


@pytest.mark.parametrize("max_servers", [8])
def test_where_little_is_asked_of_it_servers_do_not_add_up(standby, pool):
    _, connect = standby
    for _ in range(4):
        assert connect().ask("select 'good'") == [["yes"]]
        time.sleep(1.1)
    assert pool.status()["totals"]["servers"] <= 2


@pytest.mark.parametrize("max_servers", [8])
def test_a_full_one_is_believed_and_loses_no_server_for_it(standby, pool):
    fake, connect = standby
    wire = connect()
    assert wire.ask("select 'good'") == [["yes"]]
    fake.refuse = lambda packet: fakepg.fatal("53300", "sorry, too many clients already")
    time.sleep(1.1)
    began = time.monotonic()
    assert connect().settings["in_hot_standby"] == "on"
    assert time.monotonic() - began < 5
    assert wire.ask("select 'good'") == [["yes"]] and pool.status()["totals"]["servers"] == 1
