"""A client's settings on a server that had another's: they arrive as they were, or its statement does not run there."""
import pytest

from support import pgwire
from support.pgwire import msg, query

TENANT = "select encode(convert_to(current_setting('app.tenant', true), 'UTF8'), 'hex')"
JOSE = "4a6f73c3a9"
ESCAPED = r"select 'it\'s', set_config('app.tenant', '42', false), 'it\'s'"


def test_text_that_is_not_ascii_on_a_server_of_another_encoding(raw):
    owner, other = raw(MAX_SERVERS=1).login(), raw().login()
    owner.ask("select set_config('app.tenant', 'José', false)")
    other.ask("set client_encoding to 'latin1'; set app.tenant to 'bob'")
    assert owner.ask(TENANT) == [[JOSE]]
    assert other.ask(TENANT) == [["626f62"]]
    assert owner.ask("show app.tenant") == [["José"]]


def test_text_that_is_not_ascii_in_an_encoding_of_the_clients_own(raw):
    owner, other = raw(MAX_SERVERS=1).login(), raw().login()
    owner.ask("set client_encoding to 'latin1'")
    owner.send(msg(b"Q", b"set app.tenant to 'Jos\xe9'\0"))
    owner.until(b"Z")
    other.ask("set app.tenant to 'bob'")
    assert owner.ask(TENANT) == [[JOSE]]
    assert other.ask(TENANT) == [["626f62"]]


def test_text_that_was_set_before_the_encoding_was_changed(raw):
    owner, other = raw(MAX_SERVERS=1).login(), raw().login()
    owner.ask("select set_config('app.tenant', 'José', false)")
    owner.ask("set client_encoding to 'latin1'")
    other.ask("set client_encoding to 'latin2'; set app.tenant to 'bob'")
    assert owner.ask(TENANT) == [[JOSE]]
    assert owner.ask("show client_encoding") == [["LATIN1"]]


@pytest.mark.parametrize("value", ["a\\b", "\\\\303\\251", "it''s", "\\x41", "{\"a\": \"\\\\\"}"])
def test_backslashes(value, raw, direct):
    owner, other, alone = raw(MAX_SERVERS=1).login(), raw().login(), direct().login()
    for wire in (owner, alone):
        wire.ask(f"select set_config('app.tenant', '{value}', false)")
    other.ask("set app.tenant to 'bob'")
    assert owner.ask(TENANT) == alone.ask(TENANT)


def test_a_role_that_is_not_ascii(raw, postgres_trust):
    postgres_trust.psql('create role "josé"; grant "josé" to app', db="app")
    try:
        owner, other = raw(MAX_SERVERS=1).login(), raw().login()
        owner.ask('set role "josé"')
        assert other.ask("select current_user") == [["app"]]
        other.ask("set client_encoding to 'latin1'")
        assert owner.ask("select current_user") == [["josé"]]
    finally:
        postgres_trust.psql('drop role "josé"', db="app")


def test_a_name_that_is_not_ascii(raw):
    owner, other = raw(MAX_SERVERS=2).login(), raw().login()
    owner.ask("""select set_config('app.prénom', 'a', false)""")
    other.ask("set client_encoding to 'latin1'")
    assert owner.ask("select current_setting('app.prénom')") == [["a"]]


@pytest.mark.parametrize("setting", ["transaction_read_only to on", "transaction_isolation to 'serializable'",
                                     "transaction_deferrable to on"])
def test_what_ends_with_the_transaction_is_not_restored(setting, raw, table):
    owner, other = raw(MAX_SERVERS=1).login(), raw().login()
    owner.ask(f"begin; set {setting}; commit")
    other.ask("set default_transaction_read_only to on; set default_transaction_isolation to 'repeatable read'")
    other.ask("select 1")
    owner.ask("insert into t values (1)")
    assert table() == 1


def test_setting_of_a_library_that_one_server_has_and_another_not(raw):
    """A placeholder takes any value; where the library is loaded, this user may not set it at all. 2 servers, both in use."""
    owner, keeper, other = [raw(MAX_SERVERS=2).login() for _ in range(3)]
    owner.ask("set plpgsql.variable_conflict to 'use_column'; set app.tenant to 'a'")
    keeper.ask("begin")  # has that server
    other.ask("set app.tenant to 'b'; do 'begin end'")
    owner.send(query("select current_setting('app.tenant')"))
    keeper.ask("commit")
    assert owner.rows() == [["a"]]


def test_text_is_read_as_the_restored_server_will_read_it(raw):
    owner, other = raw(MAX_SERVERS=2).login(), raw().login()
    owner.ask("set standard_conforming_strings to off")
    owner.ask("set escape_string_warning to off")
    other.ask("select 1")  # that server has it on again
    assert owner.ask(ESCAPED) == [["it's", "42", "it's"]]
    other.ask("begin")
    third = raw().login()
    assert other.ask(TENANT) == [[None]]
    other.bye()
    assert third.ask(TENANT) == [[None]]
    assert owner.ask(TENANT) == [["3432"]]


def test_text_behind_ones_own_change_of_how_texts_are_read(raw):
    owner, other = raw(MAX_SERVERS=2).login(), raw().login()
    owner.send(query("set standard_conforming_strings to off"), query(ESCAPED))
    owner.until(b"Z")
    owner.until(b"Z")
    assert other.ask(TENANT) == [[None]]
    assert owner.ask(TENANT) == [["3432"]]


def test_setting_that_a_library_refuses(raw, postgres_trust):
    """A placeholder took it, and a server that has loaded the library does not."""
    def q(sql):
        return postgres_trust.psql(sql, db="app")
    q("create extension if not exists pg_trgm schema public; drop table if exists who;"
      "create table who (says text, tenant text); grant all on who to public")
    b, a = raw(MAX_SERVERS=1).login(), raw().login()
    b.ask("set app.tenant = 'b'; set pg_trgm.similarity_threshold = 'none'")
    a.ask("set app.tenant = 'a'; set pg_trgm.similarity_threshold = '0.5'; select 'x' % 'y'")
    try:
        b.ask("insert into who values ('b', current_setting('app.tenant'))")
    except (ConnectionError, pgwire.Refused):
        pass
    assert q("select count(*) from who where says <> tenant") == "0"


@pytest.fixture
def trigrams(postgres_trust):
    """A library that has a setting, a number."""
    postgres_trust.psql("drop extension if exists pg_trgm; create extension pg_trgm", db="app")
    yield "pg_trgm.similarity_threshold"
    postgres_trust.psql("drop extension pg_trgm", db="app")


@pytest.mark.parametrize("forget", ["reset {}", "reset all", "discard all"])
def test_setting_of_a_library_that_was_reset_where_it_was_not_loaded(forget, raw, trigrams):
    """It is '' there, and that is no number where the library is loaded."""
    one, two = raw(MAX_SERVERS=1).login(), raw().login()
    two.ask(f"set {trigrams} = 0.4")
    two.ask(forget.format(trigrams))
    one.ask(f"set {trigrams} = 0.5")
    one.ask("select similarity('a', 'b')")
    for _ in range(3):
        assert two.ask(f"show {trigrams}") == [["0.3"]]
        assert one.ask(f"show {trigrams}") == [["0.5"]]


def test_empty_custom_setting_is_empty_whatever_default_there_is(raw, postgres_trust):
    postgres_trust.psql("alter role app set app.tenant = 'public'")
    try:
        wire = raw(MAX_SERVERS=2, LEND="rotate", MIN_SERVERS=2).login()
        assert wire.ask("show app.tenant") == [["public"]]
        wire.ask("select set_config('app.tenant', '', false)")
        assert [wire.ask("show app.tenant") for _ in range(4)] == [[[""]]] * 4
        wire.ask("reset app.tenant")
        assert [wire.ask("show app.tenant") for _ in range(4)] == [[["public"]]] * 4
    finally:
        postgres_trust.psql("alter role app reset app.tenant")


def test_empty_setting_of_a_library_is_empty_whatever_default_there_is(raw, postgres_trust):
    postgres_trust.psql("alter role app set plpgsql.extra_errors = 'all'")
    try:
        wire = raw(MAX_SERVERS=2, LEND="rotate", MIN_SERVERS=2).login()
        for _ in range(2):
            wire.ask("do $$ begin end $$")
        wire.ask("set plpgsql.extra_errors = ''")
        assert [wire.ask("show plpgsql.extra_errors") for _ in range(4)] == [[[""]]] * 4
    finally:
        postgres_trust.psql("alter role app reset plpgsql.extra_errors")
