"""PODPOOL_MODE=session: a client has one server to itself, from its login on."""
import struct

import pytest

from support import pgwire, wait
from support.pgwire import Refused

PID = "select pg_backend_pid()"


def pid(wire):
    return str(struct.unpack_from("!I", wire.key)[0])


def test_the_pid_told_at_login_is_the_servers(raw):
    wires = [raw(MODE="session", MAX_SERVERS=3).login(application_name=f"number {n}") for n in range(3)]
    for wire in wires:
        assert [[pid(wire)]] == wire.ask(PID)
        assert wire.ask("select application_name = current_setting('application_name') from pg_stat_activity"
                        " where pid = pg_backend_pid()") == [["t"]]
    assert len({pid(wire) for wire in wires}) == 3
    wires[0].ask("listen news")
    wires[0].send(pgwire.query("notify news"))
    assert [p[:4] for letter, p in wires[0].until(b"Z") if letter == b"A"] == [wires[0].key[:4]]


@pytest.mark.pooled
def test_the_next_client_has_another_key_to_the_same_server(raw, pool, postgres_trust):
    """So that what the one before it may still cancel is not its query."""
    one = raw(MODE="session", MAX_SERVERS=1).login()
    one.bye()
    pool.until_status(lambda s: s["totals"]["clients"] == 0, "it has left")
    two = raw().login()
    assert two.key[:4] == one.key[:4] and two.key[4:] != one.key[4:]
    two.send(pgwire.query("select pg_sleep(0.3)"))
    for key in (one.key, b"\0\0\0\1" + two.key[4:]):
        other = raw()
        other.send(b"\0\0\0\x10" + (80877102).to_bytes(4, "big") + key)
        assert other.drain() == b""
    assert two.rows() == [[""]]


def test_cancel_with_the_key_told_at_login(raw, postgres_trust):
    wire = raw(MODE="session", MAX_SERVERS=2).login()
    wire.send(pgwire.query("select pg_sleep(30)"))
    wait.until(lambda: postgres_trust.psql("select count(*) from pg_stat_activity where state = 'active'"
                                           " and query like 'select pg_sleep(30)%'") == "1", "it sleeps")
    other = raw()
    other.send(b"\0\0\0\x10" + (80877102).to_bytes(4, "big") + wire.key)
    assert other.drain() == b""
    with pytest.raises(Refused) as refused:
        wire.rows()
    assert refused.value.sqlstate == "57014"


@pytest.mark.pooled
def test_who_comes_when_all_servers_are_taken_waits_at_the_login(raw, pool):
    one = raw(MODE="session", MAX_SERVERS=1).login()
    two = raw()
    two.send(pgwire.startup(), pgwire.query(PID))
    pool.until_status(lambda s: s["totals"]["waiting"] == 1, "it waits")
    one.bye()
    assert two.until(b"Z")[-1] == (b"Z", b"I")
    assert two.rows() == [[pid(one)]]


@pytest.mark.pooled
@pytest.mark.parametrize("goodbye", ["bye", "reset"])
def test_who_leaves_while_it_waits_at_the_login_takes_no_server(goodbye, raw, pool):
    one = raw(MODE="session", MAX_SERVERS=1).login()
    two = raw()
    two.send(pgwire.startup())
    pool.until_status(lambda s: s["totals"]["waiting"] == 1, "it waits")
    getattr(two, goodbye)()
    one.bye()
    assert raw().login().ask("select 1") == [["1"]]


@pytest.mark.pooled
def test_waiting_at_the_login_has_an_end(raw):
    one = raw(MODE="session", MAX_SERVERS=1, WAIT_TIMEOUT="3s").login()
    with pytest.raises(ConnectionError) as refused:
        raw().login()
    assert (refused.value.args[0]["S"], refused.value.args[0]["C"]) == ("FATAL", "53300")
    assert one.ask("select 1") == [["1"]]


def test_the_greeting_is_the_servers(raw, direct):
    """The greeting, letter by letter, but for the key."""
    said = []
    for wire in (direct(), raw(MODE="session")):
        wire.send(pgwire.startup(application_name="x") + pgwire.query("select 1"))
        said.append([(letter, p) for letter, p in wire.until(b"Z") + wire.until(b"Z") if letter not in b"KS"])
    assert said[0] == said[1]
