"""What a client did by ways that are easy to overlook is nobody else's: the next one on that server meets none of it."""
import pytest

from support import pgwire
from support.pgwire import SYNC, bind, close, execute, parse

CUSTOM = "select current_setting('my.tenant', true)"


def sqlstates(wire, *messages):
    wire.send(*messages)
    return [pgwire.fields(payload)["C"] for letter, payload in wire.until(b"Z") if letter == b"E"]


def test_setting_made_by_executing_a_prepared_text(raw):
    owner, stranger = raw(MAX_SERVERS=2).login(), raw().login()
    owner.ask("prepare p as select set_config('my.tenant', '7', false)")
    owner.ask("execute p")
    owner.ask("deallocate p")
    stranger.ask("begin")
    other = raw().login()
    assert stranger.ask(CUSTOM) == other.ask(CUSTOM) == [[None]]
    stranger.ask("rollback")
    assert owner.ask(CUSTOM) == [["7"]]


def test_lock_taken_by_executing_a_prepared_text(raw):
    owner, stranger = raw(MAX_SERVERS=1, WAIT_TIMEOUT="3s").login(), raw().login()
    owner.ask("prepare p as select pg_advisory_lock(7)")
    owner.ask("execute p")
    owner.ask("deallocate p")
    with pytest.raises((pgwire.Refused, ConnectionError)):  # the lock keeps the server, direct it would only wait
        stranger.ask("begin; set local lock_timeout = '1s'; select pg_advisory_xact_lock(7)")
    assert owner.ask("select pg_advisory_unlock(7)") == [["t"]]


def test_setting_made_by_a_statement_that_sql_has_spoken_of(raw):
    """EXECUTE brings the client's names to the server; what they do then is still its own."""
    owner = raw(MAX_SERVERS=1).login()
    owner.send(parse("select set_config('my.tenant', '7', false)", "s"), SYNC)
    owner.until(b"Z")
    owner.ask("execute s")
    owner.send(bind(name="s"), execute(), SYNC)
    owner.until(b"Z")
    owner.bye()
    assert raw().login().ask(CUSTOM) == [[None]]


@pytest.mark.parametrize("size", [10, 100_000])
def test_statement_under_the_clients_own_name(size, raw):
    owner = raw(MAX_SERVERS=1).login()
    owner.send(parse(f"select length('{'x' * size}')", "s"), SYNC)
    owner.until(b"Z")
    if size == 10:
        owner.ask("execute s")
    owner.bye()
    assert sqlstates(raw().login(), bind(name="s"), SYNC) == ["26000"]


def test_cleaning_up_after_sql_prepare_forgets_what_others_have_prepared_there(raw):
    keeper, owner = raw(MAX_SERVERS=1).login(), raw().login()
    for wire, before in ((keeper, ""), (owner, "begin; prepare p as select 1")):
        wire.ask(before)
        wire.send(parse("select 'kept'", "s"), SYNC)
        wire.until(b"Z")
    owner.ask("commit")
    owner.bye()
    keeper.send(bind(name="s"), execute(), SYNC)
    assert keeper.rows() == [["kept"]]


def test_custom_setting_of_a_text_that_failed(raw):
    """42601 need not mean that nothing was executed."""
    owner = raw(MAX_SERVERS=1).login()
    owner.send(pgwire.query("do $$ begin perform set_config('my.' || 'tenant', '7', false); execute 'bogus'; end $$"))
    assert b"E" in [letter for letter, _ in owner.until(b"Z")]
    owner.bye()
    assert raw().login().ask(CUSTOM) == [[None]]


def test_deallocate_behind_another_query_in_a_pipeline(raw):
    wire = raw(MAX_SERVERS=1).login()
    wire.send(parse("select 1", "s"), SYNC)
    wire.until(b"Z")
    wire.send(pgwire.query("select 1"), pgwire.query("deallocate s"), pgwire.query("select 2"))
    for _ in range(3):
        wire.until(b"Z")
    wire.send(bind(name="s"), SYNC)
    (error,) = [pgwire.fields(payload) for letter, payload in wire.until(b"Z") if letter == b"E"]
    assert (error["C"], error["M"]) == ("26000", 'prepared statement "s" does not exist')


def test_batch_that_asks_for_statements_behind_its_own(raw):
    """Its Sync comes last: whoever waits for the batch to end before going on waits for ever."""
    wire = raw(MAX_SERVERS=1).login()
    wire.send(parse("select 1", "s"), bind(name="s"), execute(), parse("select count(*) from pg_prepared_statements"),
              bind(), execute(), SYNC)
    assert wire.until(b"Z")[-1] == (b"Z", b"I")


def test_statement_bound_to_a_portal_with_a_long_name(raw):
    wire = raw(MAX_SERVERS=1).login()
    portal = "p" * 5000
    wire.send(parse("select 'bound'", "s"), SYNC, bind(name="s", portal=portal), execute(portal), close(b"P", portal), SYNC)
    wire.until(b"Z")
    assert wire.rows() == [["bound"]]
