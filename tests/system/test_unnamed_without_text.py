"""A long unnamed statement is kept like a short one, to be repeated on another server, as far as there is room. One too
long for that (shim/broker/statements.h) is nowhere but on its server: nothing of the broker's own may end it, as a
simple Query does, and its client keeps that server until the statement ends."""
import hashlib

import pytest

from support.pgwire import SYNC, bind, close, columns, describe, execute, parse, query

LONG = parse(f"select 'long' /* {'x' * 600000} */")
ALL_MAX = 8 * 1024 * 1024  # so much of them is kept, over all clients: PP_UNNAMED_ALL_MAX
ALONE = {"MAX_SERVERS": 1, "WAIT_TIMEOUT": "5s"}
PINNED = ("statement", "a long unnamed statement")
FUNCTION = "create or replace function changes_what_others_do() returns void language sql as 'select null::void'"


def values(wire, *messages):
    wire.send(*messages)
    return [columns(payload) if letter == b"D" else payload for letter, payload in wire.until(b"Z") if letter in b"DE"]


@pytest.mark.parametrize("before", [
    [parse(FUNCTION), bind(), execute()],  # what functions hide may have changed: they are read again
    [parse("set app.x = '1'"), bind(), execute()],
    [parse("select 1", "twice"), SYNC, parse("select 2", "twice"), SYNC],  # has left a statement to be taken away
], ids=["function made", "setting made", "name taken twice"])
def test_is_there_in_the_next_batch(raw, table, before):
    wire = raw().login()
    wire.send(*before, LONG, describe(b"S"), SYNC)
    for _ in range(1 + before.count(SYNC)):
        assert wire.until(b"Z")
    for _ in range(3):
        assert values(wire, bind(), execute(), SYNC) == [["long"]]
    assert values(wire, parse("select 'short'"), bind(), execute(), SYNC) == [["short"]]
    wire.ask("select 1")
    assert b"C26000" in values(wire, bind(), execute(), SYNC)[0]


def test_that_was_discarded_leaves_nobody_elses(raw):
    """The server has another client's unnamed statement still, and the long one is never read."""
    other, wire = raw(MAX_SERVERS=1).login(), raw().login()
    assert values(other, parse("select 'other'"), bind(), execute(), SYNC) == [["other"]]
    wire.send(bind(name="nothing"), LONG, SYNC)
    assert [letter for letter, _ in wire.until(b"Z")] == [b"E", b"Z"]
    assert b"C26000" in values(wire, bind(), execute(), SYNC)[0]


def insert_of(size, word="seen"):
    """(Messages, what they say): Parse with a parameter behind so much text, of which not a byte may be missing or in
    another place, and its use."""
    text = "".join(map(str, range(size // 5 + 3000)))[:size]
    messages = [parse(f"select $1 || md5('{text}')", types=[25]), bind(word), execute(), SYNC]
    return messages, [[word + hashlib.md5(text.encode()).hexdigest()]]


def pins(pool):
    return [(c["pins"], c["pin_cause"]) for c in pool.status()["clients"] if c["pins"]]


@pytest.mark.parametrize("size", [20_000, 150_000, 510_000])
def test_long_one_keeps_no_server(size, raw):
    one, other = raw(**ALONE).login(), raw().login()
    messages, answer = insert_of(size)
    assert values(one, *messages) == answer
    assert other.ask("select 1") == [["1"]]
    assert values(one, *messages[1:]) == answer
    assert values(other, parse("select 'other'"), bind(), execute(), SYNC) == [["other"]]
    assert values(one, *messages[1:]) == answer
    assert values(other, bind(), execute(), SYNC) == [["other"]]


@pytest.mark.pooled
@pytest.mark.parametrize("before", [[], [bind(name="nothing"), parse("select 'short'"), SYNC]],
                         ids=["", "its end discarded"])
@pytest.mark.parametrize("end", [[parse("select 2"), SYNC], [parse("select nonsense"), SYNC], [close(), SYNC],
                                 [query("select 2")], [*insert_of(20_000)[0]]],
                         ids=["Parse", "Parse that fails", "Close", "Query", "another long one"])
def test_too_long_one_keeps_its_server_until_it_ends(end, before, raw, pool):
    one, other = raw(**ALONE).login(), raw().login()
    assert values(one, LONG, bind(), execute(), SYNC) == [["long"]]
    assert pins(pool) == [PINNED]
    if before:
        assert b"C26000" in values(one, *before)[0]
    other.send(query("select 'other'"))
    pool.until_status(lambda s: s["totals"]["waiting"] == 1, "it waits")
    assert values(one, bind(), execute(), SYNC) == [["long"]]
    assert pins(pool) == [PINNED]
    values(one, *end)
    assert other.rows() == [["other"]]
    assert pins(pool) == []


@pytest.mark.pooled
@pytest.mark.parametrize("size", [20_000, 600_000])
def test_that_was_discarded_keeps_no_server(size, raw, pool):
    """The one before it is there again."""
    one, other = raw(**ALONE).login(), raw().login()
    messages, answer = insert_of(1000)
    assert values(one, *messages) == answer
    assert b"C26000" in values(one, bind(name="nothing"), insert_of(size)[0][0], SYNC)[0]
    assert pins(pool) == []
    assert values(other, parse("select 'other'"), bind(), execute(), SYNC) == [["other"]]
    assert values(one, *messages[1:]) == answer


@pytest.mark.parametrize("size", [20_000, 600_000])
def test_rest_of_a_discarded_one_is_nothing_to_the_one_before_it(size, raw):
    """What that one does when it is executed is known as ever."""
    one, other = raw(**ALONE).login(), raw().login()
    assert values(one, parse("set search_path = elsewhere"), SYNC) == []
    long = insert_of(size)[0][0]
    one.send(bind(name="nothing"), long[:size // 2])
    one.until(b"E")
    one.send(long[size // 2:], SYNC)
    one.until(b"Z")
    assert values(one, bind(), execute(), SYNC) == []
    assert other.ask("show search_path") == [['"$user", public']]
    assert one.ask("show search_path") == [["elsewhere"]]


@pytest.mark.pooled
def test_room_for_long_ones_comes_back_however_their_clients_leave(raw, pool):
    """Four of twenty find none, and keep a server each: the rest shares the fifth. Then everybody finds room again."""
    (whole, *again), _ = insert_of(500_000)
    room = ALL_MAX // len(whole)
    wires = [raw(MAX_SERVERS=5, WAIT_TIMEOUT="15s").login() for _ in range(20)]
    for n, wire in enumerate(wires):
        messages, answer = insert_of(500_000, f"client {n} ")
        assert values(wire, *messages) == answer
    assert pins(pool) == [PINNED] * (20 - room)
    for _ in range(2):
        for n, wire in enumerate(wires):
            messages, answer = insert_of(500_000, f"client {n} ")
            assert values(wire, *messages[1:]) == answer
    wires[0].ask("select 1")
    wires[1].send(whole[:len(whole) // 2])
    wires[2].send(bind(name="nothing"), whole)
    wires[3].send(parse("nonsense"), whole[:len(whole) // 2])
    for n, wire in enumerate(wires[1:]):
        wire.bye() if n % 2 else wire.reset()
    pool.until_status(lambda s: s["totals"]["clients"] == 1, "they have left")
    for n in range(room):
        assert values(raw().login(), whole, *again) != []
    assert pins(pool) == []
