"""Settings given at connect time are the session's defaults, through the pool as without it."""
import pytest

from shell import psql, said
from support import pgwire
from support.pool import direct_env

SHOW = ("select current_setting('statement_timeout'), current_setting('application_name'),"
        " current_setting('client_encoding'), current_setting('DateStyle'), current_setting('TimeZone'),"
        " current_setting('geqo'), current_setting('search_path'), current_setting('extra_float_digits'),"
        " current_setting('my.tenant', true)")
WAYS = {  # name: (environment, words of the connection string)
    "nothing": ({}, ""),
    "options": ({}, "options='-c statement_timeout=5s'"),
    "options-with-spaces": ({}, r"options='-c search_path=a\\ b,c -c statement_timeout=7s'"),
    "own-setting": ({}, "options='-c my.tenant=7'"),
    "pgoptions": ({"PGOPTIONS": "-c statement_timeout=6s -c extra_float_digits=1"}, ""),
    "application-name": ({}, "application_name=billing"),
    "application-name-with-quote": ({}, r"application_name='it\'s'"),
    "pgappname": ({"PGAPPNAME": "from the environment"}, ""),
    "fallback-name": ({}, "fallback_application_name=fallback"),
    "encoding": ({}, "client_encoding=LATIN1"),
    "pgclientencoding": ({"PGCLIENTENCODING": "LATIN2"}, ""),
    "date-style": ({"PGDATESTYLE": "German"}, ""),
    "time-zone": ({"PGTZ": "Europe/Prague"}, ""),
    "optimizer": ({"PGGEQO": "off"}, ""),
    "wrong-option": ({}, "options='-c no_such_setting=1'"),
    "wrong-value": ({}, "options='-c statement_timeout=soon'"),
    "not-for-everybody": ({}, "options='-c log_statement=none'"),
    "wrong-encoding": ({}, "client_encoding=KLINGON"),
}


def once(done):
    """libpq tries again without application_name when a setting is unknown, and then repeats itself."""
    status, out, err = said(done)
    return status, out, set(err.replace("psql: error: ", "").splitlines())


@pytest.mark.parametrize("name", WAYS)
def test_setting_at_connect(name, pool):
    env, words = WAYS[name]
    expected = once(psql(pool.postgres, direct_env(**env), SHOW, words))
    pooled = pool.env() | env
    for _ in range(2):  # a new server, then a used one
        assert once(psql(pool.postgres, pooled, SHOW, words)) == expected


def test_different_settings_never_meet(pool, raw):
    """Three programs with settings of their own, in turn on two servers."""
    wires = {n: raw(MAX_SERVERS=2).login(options=f"-c statement_timeout={n}s") for n in (5, 6, 7)}
    for _ in range(3):
        for n, wire in wires.items():
            assert wire.ask("show statement_timeout") == [[f"{n}s"]]


def test_reset_goes_back_to_what_was_given_at_connect(raw):
    wire = raw().login(options="-c statement_timeout=5s", application_name="first")
    wire.ask("set statement_timeout = '9s'")
    wire.ask("set application_name = 'second'")
    wire.ask("reset all")
    assert wire.ask("select current_setting('statement_timeout'), current_setting('application_name')") == [
        ["5s", "first"]]


def test_server_reports_the_same_settings(raw, direct):
    assert raw().login().settings == direct().login().settings


def test_a_reported_setting_that_changes_is_reported(raw):
    wire = raw().login()
    wire.send(pgwire.query("set TimeZone = 'Europe/Prague'"))
    assert (b"S", pgwire.text("TimeZone", "Europe/Prague")) in wire.until(b"Z")


def test_role_and_database_defaults_apply(pool, raw, postgres_trust):
    postgres_trust.psql("alter role app in database second set work_mem = '9MB'")
    assert raw().login(database="second").ask("show work_mem") == [["9MB"]]
    assert raw().login(database="app").ask("show work_mem") == [["4MB"]]


def test_read_only_role_default_reaches_the_client(raw, postgres_trust):
    """target_session_attrs=read-write asks for this setting."""
    postgres_trust.psql("alter role other set default_transaction_read_only = on")
    try:
        assert raw().login(user="other").settings["default_transaction_read_only"] == "on"
    finally:
        postgres_trust.psql("alter role other reset default_transaction_read_only")


@pytest.mark.parametrize("words, works", [("read-write", True), ("primary", True), ("standby", False)])
def test_target_session_attributes(words, works, pool):
    words = f"target_session_attrs={words}"
    direct = psql(pool.postgres, direct_env(), words=words)
    pooled = psql(pool.postgres, pool.env(), words=words)
    assert (pooled.returncode == 0) == (direct.returncode == 0) == works
    assert pooled.stdout == direct.stdout


def test_what_the_server_remarks_at_login_is_said_at_every_login(raw, direct, pool, postgres_trust):
    """A collation of another version, a default that is no good any more: two remarks, in their order."""
    postgres_trust.psql("create database remarked owner app;\n\n"
                        "update pg_database set datcollversion = '0' where datname = 'remarked'")
    try:
        said = []
        for wire in (direct(), raw(), raw(), raw()):
            wire.send(pgwire.startup(database="remarked"))
            said.append([(letter, p) for letter, p in wire.until(b"Z") if letter in b"RNZ"])
            wire.bye()
        assert b"collation" in dict(said[0])[b"N"]
        assert said[1:] == said[:1] * 3
        words = "dbname=remarked"
        for env in (direct_env(), pool.env()):
            assert "WARNING:  database \"remarked\" has" in psql(postgres_trust, env, words=words).stderr
    finally:
        if pool.pooled:
            pool.settle()
        postgres_trust.psql("drop database remarked with (force)")


@pytest.mark.pooled
def test_more_parameters_than_podpool_keeps_are_said_to_be_too_many(raw):
    with pytest.raises(ConnectionError) as refused:
        raw().login(**{f"my.number{n}": "1" for n in range(70)})
    error = refused.value.args[0]
    assert error["C"] == "54000" and "too many parameters" in error["M"], error
