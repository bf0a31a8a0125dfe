"""currval and lastval answer for the session that asks. Nothing carries them to another server, so in a program that asks
for them a server stays with its client from whatever may have advanced a sequence until it has been seen what comes next."""
import time

import pytest

from support import pgwire
from support.pgwire import SYNC, bind, execute, parse

ADVANCED = {
    "nextval": "select nextval('numbers')",
    "insert": "insert into numbered default values",
    "insert-behind-with": "with a as (insert into numbered default values returning id) select count(*) from a",
    "copy": "copy numbered (note) from stdin",
}
ASKED = ["select currval('numbers')", "select lastval()"]


@pytest.fixture(autouse=True)
def numbers(postgres_trust):
    postgres_trust.psql("drop table if exists numbered; drop sequence if exists numbers; create sequence numbers;"
                        " create table numbered (id int default nextval('numbers'), note text);"
                        " alter sequence numbers owner to app; alter table numbered owner to app", db="app")
    yield
    postgres_trust.psql("drop table numbered; drop sequence numbers", db="app")


def advance(wire, name):
    wire.send(pgwire.query(ADVANCED[name]))
    if name == "copy":
        wire.until(b"G")
        wire.send(pgwire.copy_data(b"x\n"), pgwire.msg(b"c"))
    assert wire.until(b"Z")[-1] == (b"Z", b"I")


@pytest.fixture
def program(raw, pool):
    """program(settings) -> more clients of a program that has asked for a sequence's value before."""
    def start(**settings):
        first = raw(**settings).login()
        first.ask("select nextval('numbers'), lastval()")
        first.bye()
        if pool.pooled:
            pool.until_status(lambda s: s["totals"]["servers"] >= settings.get("MIN_SERVERS", 0), "its servers are there")
        return lambda: raw().login()
    return start


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("name", ADVANCED)
def test_value_is_the_own(name, asked, program):
    client = program(MAX_SERVERS=3, LEND="rotate", MIN_SERVERS=3)
    one, two = client(), client()
    for _ in range(3):
        advance(one, name)
        advance(two, name)
    (mine,), (others,) = one.ask(asked)[0], two.ask(asked)[0]
    assert int(others) == int(mine) + 1 == 7


def test_value_is_the_own_though_another_role_never_asks_and_inserts_the_same(program, raw, postgres_trust):
    """What one role's texts do to a session was read for a program that does not ask."""
    postgres_trust.psql("grant all on numbered, numbers to other", db="app")
    client = program(MAX_SERVERS=8, LEND="rotate", MIN_SERVERS=3)
    one, two, stranger = client(), client(), raw().login(user="other")
    for wire in (stranger, stranger, one, two):
        wire.ask("insert into numbered (note) values (5)")
    (mine,), (others,) = one.ask("select lastval()")[0], two.ask("select lastval()")[0]
    assert int(others) == int(mine) + 1 == 5


def test_value_of_an_insert_prepared_before_anybody_asked(raw):
    one, two = raw(MAX_SERVERS=3).login(), raw().login()
    for wire in (one, two):
        wire.send(parse("insert into numbered default values", "s"), SYNC)
        wire.until(b"Z")
    two.ask("select nextval('numbers'), currval('numbers')")
    one.send(bind(name="s"), execute(), SYNC)
    one.until(b"Z")
    assert raw().login().ask("select nextval('numbers')") == [["3"]]
    assert one.ask("select lastval()") == [["2"]]


def test_server_goes_back_when_something_else_comes_next(program, pool):
    client = program(MAX_SERVERS=1, WAIT_TIMEOUT="3s")
    one, two = client(), client()
    pinned = pool.status()["totals"]["pins"].get("nextval", 0) if pool.pooled else 0
    one.ask("select nextval('numbers')")
    if pool.pooled:
        assert pool.status()["totals"]["pins"]["nextval"] == pinned + 1  # it may be over by now
    one.ask("select 1")
    assert two.ask("select 1") == [["1"]]
    if pool.pooled:
        assert not any(c["pins"] for c in pool.status()["clients"])


def test_server_goes_back_when_nothing_comes_next(program):
    client = program(MAX_SERVERS=1, WAIT_TIMEOUT="10s")
    one, two = client(), client()
    one.ask("select nextval('numbers')")
    assert two.ask("select 1") == [["1"]]


def test_program_that_never_asks_keeps_no_server(raw, pool):
    one, two = raw(MAX_SERVERS=1, WAIT_TIMEOUT="3s").login(), raw().login()
    for name in ADVANCED:
        advance(one, name)
        advance(two, name)
    if pool.pooled:
        assert pool.status()["totals"]["pins"] == {}


@pytest.mark.pooled
def test_servers_go_back_together_when_nothing_comes_next(program):
    """All whose moment is over at one look of the janitor, or the next. One a look, four to seven a second, is slow."""
    client = program(MAX_SERVERS=8, MIN_SERVERS=8)
    clients = [client() for _ in range(16)]
    for wire in clients:
        wire.send(pgwire.query(ADVANCED["insert"]))
    served = []
    for wire in clients:
        assert wire.until(b"Z")[-1] == (b"Z", b"I")
        served.append(time.monotonic())
    assert served[-1] - served[8] < 0.75, "one a look takes a second and more"
