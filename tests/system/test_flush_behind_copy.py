"""A batch goes on behind a COPY FROM STDIN, with what the broker may send on only when it has the answers so far: the
server keeps them back behind CopyDone too, until it is told to Flush."""
import pytest

from support.pgwire import COPY_DONE, SYNC, bind, close, copy_data, copy_fail, describe, execute, fields, parse, query

COPY = [parse("copy t from stdin"), bind(), execute()]
DONE = [copy_data(b"1\n2\n"), COPY_DONE]
FAILS = {"wrong": [copy_data(b"one\n"), COPY_DONE], "given up": [copy_data(b"1\n"), copy_fail()]}
BEHIND = {
    "describe": [describe(b"S", "s")],
    "deallocate": [parse("deallocate s"), bind(), execute()],
    "describe and bind": [describe(b"S", "s"), bind("1", name="s"), execute()],
}


def hears(wire, *letters):
    return [(letter, fields(payload) if letter == b"E" else payload) for letter, payload in wire.until(*letters)]


def plays(wire, data, behind, in_one_go):
    """What it hears from the COPY on."""
    if in_one_go:
        wire.send(*COPY, *data, *behind, SYNC)
        return hears(wire, b"Z")
    wire.send(*COPY, b"H\0\0\0\4")
    begun = hears(wire, b"G", b"E")
    wire.send(*data, *behind, SYNC)
    return begun + hears(wire, b"Z")


@pytest.fixture
def heard(raw, direct, table):
    """heard(...) -> what is heard directly and pooled, and how many rows have come."""
    def heard(*script):
        both = []
        for open_wire, settings in ((direct, {}), (raw, {"MAX_SERVERS": 2})):
            wire, other = open_wire(timeout=6, **settings).login(), open_wire().login()
            wire.send(parse("select $1::int + 1", "s"), SYNC)
            assert hears(wire, b"Z") == [(b"1", b""), (b"Z", b"I")]
            other.ask("begin")  # on the only server that has it
            before = table()
            both.append((plays(wire, *script), table() - before, wire.ask("select 1")))
            other.ask("rollback")
        return both
    return heard


@pytest.fixture(params=[True, False], ids=["in one go", "data when asked for"])
def in_one_go(request):
    return request.param


@pytest.mark.parametrize("behind", BEHIND)
def test_batch_goes_on_behind_copy(behind, in_one_go, heard):
    direct, pooled = heard(DONE, BEHIND[behind], in_one_go)
    assert pooled == direct and direct[1:] == (2, [["1"]])


@pytest.mark.parametrize("data", FAILS)
def test_nothing_of_it_is_answered_behind_a_copy_that_fails(data, in_one_go, heard):
    direct, pooled = heard(FAILS[data], BEHIND["describe"], in_one_go)
    assert pooled == direct and direct[1:] == (0, [["1"]])


COPY_AND_DATA = [parse("copy t from stdin", "c"), bind(name="c"), execute(), *DONE]
SAID_BEFORE = {
    "bind of the COPY": [*COPY_AND_DATA, bind(name="c")],
    "bind of one prepared": [parse("select 5", "p"), *COPY_AND_DATA, bind(name="p"), execute()],
    "bind of the unnamed one": [parse("select 5"), *COPY_AND_DATA, bind(), execute()],
    "parse of one closed": [parse("select 5", "p"), close(name="p"), *COPY_AND_DATA, parse("select 6", "p"), bind(name="p"),
                            execute()],
    "close, and then a bind": [parse("select 5", "p"), *COPY_AND_DATA, close(name="other"), bind(name="p"), execute()],
    "query that deallocates": [parse("select 5", "p"), *COPY_AND_DATA, query("deallocate p")],
}


@pytest.mark.parametrize("script", SAID_BEFORE)
def test_what_was_said_before_the_copy_is_used_behind_it(script, raw, direct, table):
    """Whether it is there is told with the answer to the COPY, and no ReadyForQuery comes before the Sync."""
    heard = []
    for open_wire in (direct, raw):
        wire = open_wire(timeout=6).login()
        wire.send(*SAID_BEFORE[script], *([SYNC] if "query" not in script else []))
        heard.append(hears(wire, b"Z"))
    assert heard[0] == heard[1] and table() == 4
