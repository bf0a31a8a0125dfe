"""A server that has ever had a custom setting suits only clients that have it: a role at its limit of connections may
have nothing but such servers. Who cannot use them lets those pass who can, and gets a place of its own."""
import time

import pytest

from support import pgwire, wait

pytestmark = pytest.mark.pooled
WAIT = 12  # until who has no server is refused


@pytest.fixture
def narrow(raw, postgres_trust):
    """(two clients of a role that may have two connections, labelled and idle ones; connect another)"""
    postgres_trust.psql("create role narrow login connection limit 2")

    def connect():
        return raw(MAX_SERVERS=8, WAIT_TIMEOUT=f"{WAIT}s").login(user="narrow")

    labelled = [connect(), connect()]
    for wire in labelled:
        wire.ask("begin")
    for wire in labelled:
        wire.ask("select set_config('app.t', '1', false)")
    for wire in labelled:
        wire.ask("commit")
    yield *labelled, connect
    postgres_trust.psql("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'narrow'")
    postgres_trust.psql("drop role narrow")


def refusals(postgres):
    return postgres.log_text().count('too many connections for role "narrow"')


@pytest.fixture
def unsuited(narrow, postgres_trust):
    """unsuited() -> a client in line, for whom the server has been asked for one more connection, in vain."""
    *_, connect = narrow

    def start():
        wire, before = connect(), refusals(postgres_trust)
        wire.send(pgwire.query("select 'unlabelled'"))
        wait.until(lambda: refusals(postgres_trust) > before, "the role is at its limit")
        return wire

    return start


def answered(wire, sql="select current_setting('app.t')"):
    """Well before anybody is refused."""
    begin = time.monotonic()
    assert wire.ask(sql) == [["1"]]
    assert time.monotonic() - begin < WAIT / 2


def test_those_whom_idle_servers_suit_pass_and_room_is_made_for_who_waits(narrow, unsuited):
    one, two, _ = narrow
    third = unsuited()
    for wire in (one, two, one, two):
        answered(wire)
    assert third.rows() == [["unlabelled"]]
    for wire in (one, two):
        answered(wire)


def test_those_in_a_transaction_and_those_whom_the_idle_one_suits_go_on(narrow, unsuited):
    one, two, _ = narrow
    two.ask("begin")
    third = unsuited()
    for wire in (one, two, one, two):
        answered(wire)
    assert third.rows() == [["unlabelled"]]
    answered(two)
    two.ask("commit")
    for wire in (one, two):
        answered(wire)
