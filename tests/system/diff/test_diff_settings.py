"""Settings, direct and pooled: scenarios 1 to 9. Two servers; nobody may notice."""
import random
import re
import subprocess

import pytest

from support.pgwire import bind, execute, parse
from support.pool import direct_env

# What a session may have, as one row; its prepared statements are looked at in test_16.
ALL = """select current_setting('work_mem'), current_setting('search_path'), current_setting('DateStyle'),
 current_setting('my.tenant', true), current_user, session_user,
 (select count(*) from pg_class where relnamespace = pg_my_temp_schema()),
 (select count(*) from pg_listening_channels()),
 (select count(*) from pg_cursors where name <> ''),
 (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())"""


def three(play):
    return [play.open(name) for name in "abc"]


def test_01_search_path_is_its_owners(diff):
    def script(play):
        a, b, c = three(play)
        a.sql("set search_path = stage")
        a.sql("select count(*) from t")
        for one in (b, c, a, b, a, c):
            one.sql("show search_path")
            one.sql("select count(*) from t")  # 42P01 but for a
        b.sql("set search_path to pg_catalog, stage")
        c.sql("select current_schemas(true)")
        for one in (a, b, c) * 2:
            one.sql("select current_schemas(false)")
        play.pins()
    diff(script, "create table t (n int)")


@pytest.mark.parametrize("name, statements", {
    "rollback": ["begin", "set work_mem = '7MB'", "rollback"],
    "commit": ["begin", "set work_mem = '7MB'", "commit"],
    "rollback to savepoint": ["begin", "set work_mem = '7MB'", "savepoint s", "set work_mem = '8MB'", "rollback to s",
                              "show work_mem", "commit"],
    "released savepoint": ["begin", "savepoint s", "set work_mem = '8MB'", "release s", "commit"],
    "savepoint of the same name": ["begin", "savepoint s", "set work_mem = '7MB'", "savepoint s", "set work_mem = '8MB'",
                                   "rollback to s", "release s", "rollback to s", "show work_mem", "commit"],
    "set then set local": ["begin", "set work_mem = '7MB'", "set local work_mem = '8MB'", "show work_mem", "commit"],
    "set local then set": ["begin", "set local work_mem = '8MB'", "set work_mem = '7MB'", "show work_mem", "commit"],
    "reset rolled back": ["set work_mem = '7MB'", "begin", "reset work_mem", "show work_mem", "rollback"],
    "reported setting": ["begin", "set datestyle = german", "savepoint s", "set datestyle = sql", "rollback to s", "commit"],
    "reported setting rolled back": ["begin", "set datestyle = german", "rollback"],
    "commit and chain": ["begin", "set work_mem = '7MB'", "commit and chain", "set work_mem = '8MB'", "rollback and chain",
                         "show work_mem", "commit"],
    "two phase": ["begin", "set work_mem = '7MB'", "prepare transaction 'x'"],
}.items())
def test_02_set_in_a_transaction(diff, name, statements):
    def script(play):
        a, b, c = three(play)
        for statement in statements:
            a.sql(statement)
            b.sql("show work_mem")
        for one in (a, b, c) * 3:
            one.sql(ALL)
        play.pins()
    diff(script)


@pytest.mark.parametrize("statements", [
    ["set work_mem = '7MB'; select 1/0"],
    ["set work_mem = '7MB'; select 1; set work_mem = '8MB'"],
    ["set work_mem = '7MB'; begin; set work_mem = '8MB'", "rollback"],
    ["begin; set work_mem = '7MB'; commit; set work_mem = '8MB'; select 1/0"],
    ["begin", "set work_mem = '7MB'", "select 1/0", "commit"],
    ["begin", "set work_mem = '7MB'", "select 1/0", "set work_mem = '8MB'", "rollback"],
    ["set work_mem = 'nonsense'"],
    ["set no_such_setting = 1"],
    ["set session characteristics as transaction read only", "begin; show transaction_read_only", "commit"],
    ["set local work_mem = '7MB'"],
    ["begin", "set transaction isolation level serializable", "show transaction_isolation", "commit"],
], ids=lambda s: " | ".join(s)[:60])
def test_03_failed_set(diff, statements):
    def script(play):
        a, b, c = three(play)
        for statement in statements:
            a.sql(statement)
            b.sql("select 1")
        for one in (a, b, c) * 3:
            one.sql(ALL + ", current_setting('default_transaction_read_only')")
        play.pins()
    diff(script)


HIDING = """
create function in_sql() returns text language sql as $$ select set_config('work_mem', '7MB', false) $$;
create function in_stable() returns text language plpgsql stable as
 $$ begin return set_config('work_mem', '8MB', false); end $$;
create function in_execute() returns void language plpgsql as $$ begin execute 'set ' || 'work_mem = ''9MB'''; end $$;
create function in_trigger() returns trigger language plpgsql as
 $$ begin perform set_config('my.tenant', new.n::text, false); return new; end $$;
create function within() returns text language sql as $$ select stage.in_stable() $$;
create table t (n int);
create trigger hiding before insert on t for each row execute function in_trigger();
create view v as select set_config('work_mem', '10MB', false);
create procedure in_procedure() language plpgsql as $$ begin set work_mem = '11MB'; end $$
"""


@pytest.mark.parametrize("said", [
    "select set_config('work_mem', '7MB', false)", "select set_config('my.tenant', 'x''y', false)",
    "select set_config('work_mem', '7MB', true)",
    "select set_config(n, v, false) from (values ('work_mem', '6MB')) x (n, v)",
    "select stage.in_sql()", "select stage.in_stable()", "select stage.in_execute()", "select stage.within()",
    "insert into stage.t values (42)", "select * from stage.v", "call stage.in_procedure()",
    "do $$ begin perform set_config('work_mem', '12MB', false); end $$",
    "prepare p (text) as select set_config('work_mem', $1, false); execute p ('13MB')",
    "begin; select stage.in_sql(); rollback", "begin; select stage.in_sql(); commit",
])
def test_04_set_config_wherever_it_hides(diff, said):
    def script(play):
        a, b, c = three(play)
        b.sql("select 1")
        a.sql(said)
        for one in (b, a, c) * 3:
            one.sql(ALL)
    diff(script, HIDING)


def test_04_set_config_bound_as_a_parameter(diff):
    def script(play):
        a, b, c = three(play)
        a.batch(parse("select set_config($1, $2, false)"), bind("work_mem", "7MB"), execute())
        a.batch(parse("select set_config($1, $2, false)", "s"))
        b.sql(ALL)
        a.batch(bind("my.tenant", "one", name="s"), execute(), bind("work_mem", "8MB", name="s"), execute())
        for one in (b, a, c) * 3:
            one.sql(ALL)
    diff(script)


def test_05_tenants_of_row_level_security(diff):
    def script(play):
        order = random.Random(5)
        tenants = [play.open(f"t{n}") for n in range(12)]
        for n, tenant in enumerate(tenants):
            tenant.sql(f"set app.tenant = '{n}'")
        for _ in range(150):
            n = order.randrange(len(tenants))
            said = order.choice(("select n, count(*) from stage.t group by n", f"insert into stage.t values ({n})",
                                 "begin; select count(*) from stage.t; commit", f"insert into stage.t values ({n + 1})",
                                 f"begin; set local app.tenant = '{n + 1}'; select count(*) from stage.t; rollback"))
            tenants[n].sql(said)
            tenants[n].sql("select current_setting('app.tenant')")
        play.pins()
    diff(script, """create table t (n int); alter table t enable row level security;
                 alter table t force row level security;
                 create policy p on t using (n = current_setting('app.tenant')::int)""")


@pytest.mark.parametrize("said, undone", [
    ("set role app", "reset role"), ("set role app", "reset all"), ("set role app", "discard all"),
    ("set session authorization app", "reset session authorization"), ("set session authorization app", "reset all"),
    ("set session authorization app", "discard all"), ("set session authorization app; set role other", "set role none"),
    ("begin; set role app; rollback", "select 1"), ("set role app; set work_mem = '7MB'", "set role other"),
])
def test_06_roles(diff, said, undone):
    def script(play):
        a, b, c = (play.open(name, user="postgres") for name in "abc")
        a.sql(said)
        for one in (b, a, c) * 2:
            one.sql(ALL)
        a.sql(undone)
        for one in (b, a, c) * 2:
            one.sql(ALL)
        play.pins()
    diff(script)


@pytest.mark.parametrize("name, value", {
    "200": "'" + "x" * 200 + "'", "400": "'" + "y" * 400 + "'", "quotes": "'it''s \"quoted\"'", "backslash": r"'a\b\\c'",
    "escape": r"E'a\\b\n\'c'", "utf-8": "'žluťoučký 🐘'", "dollar": "$$it's$$", "empty": "''", "semicolon": "'a; reset all'",
    "comment": "/* a */ 'b' -- c", "number": "17", "identifier": "word", "list": "one, two", "blanks": "'  padded  '",
}.items())
def test_07_values_of_all_kinds(diff, name, value):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql(f"set my.tenant = {value}")
        for one in (b, a) * 3:
            one.sql("select current_setting('my.tenant', true)")
        play.pins()
    diff(script)


@pytest.mark.parametrize("said", [
    "set search_path = \"A b\", c, \"d\"\"e\"", "set search_path = ''", "set search_path to default",
    "set standard_conforming_strings = off", r"set standard_conforming_strings = off; set my.tenant = 'a\\b'",
    "set client_encoding = 'LATIN1'", "set names 'UTF8'", "set time zone 'Europe/Prague'",
    "set time zone interval '+02:30' hour to minute",
    "set timezone = -7", "set datestyle = 'German, DMY'", "set extra_float_digits = -5", "set intervalstyle = iso_8601",
    "set bytea_output = escape", "set statement_timeout = '12345ms'", "set default_transaction_isolation = serializable",
    "set xmloption = document", "set seed = 0.5", "set session my.tenant to 'x'",
    "set datestyle to iso; set application_name = 'me'",
])
def test_07_settings_of_all_kinds(diff, said):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql(said)
        for one in (b, a) * 3:
            one.sql("select current_setting('search_path'), current_setting('standard_conforming_strings'),"
                    " current_setting('client_encoding'), current_setting('TimeZone'), current_setting('my.tenant', true),"
                    r" 'a\\b', now() - now(), 0.1::float8 + 0.2, interval '1 day 2 hours', '\xff'::bytea, date '2020-02-01',"
                    " current_setting('statement_timeout'), current_setting('default_transaction_isolation'),"
                    " current_setting('xmloption'), current_setting('application_name')")
    diff(script)


def dump(env, postgres):
    done = subprocess.run([postgres.bindir / "pg_dump", "-n", "stage",
                           postgres.dsn("app", user="app", password="app-secret")],
                          env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return re.sub(r"(?m)^\\(un)?restrict .*$", "", done.stdout)


def test_08_pg_dump_besides_an_application(lending, pool, raw):
    """pg_dump empties search_path and more; neither it nor the others may notice."""
    env = pool.env(MAX_SERVERS=2, **lending)
    pool.postgres.psql("drop schema if exists stage cascade; create schema stage authorization app; set role app;"
                       "create table stage.t (n int primary key, f float8, note text default 'it''s');"
                       "insert into stage.t select n, n / 3.0, 'x' from generate_series(1, 100) n", db="app")
    app = raw().login()
    app.ask("set search_path = stage; set extra_float_digits = 0")
    first = app.ask("select n, f from t order by n limit 5")
    expected = dump(direct_env(), pool.postgres)
    assert "0.3333333333333333" in expected
    for _ in range(3):
        process = subprocess.Popen(["true"])
        assert dump(env, pool.postgres) == expected
        assert app.ask("select n, f from t order by n limit 5") == first
        process.wait()
    assert app.ask("show search_path") == [["stage"]]


@pytest.mark.parametrize("settings", [
    {"options": "-c statement_timeout=5s -c search_path=stage"}, {"extra_float_digits": "3"},
    {"options": "-c my.tenant=seven --work-mem=7MB"}, {"DateStyle": "German", "TimeZone": "Asia/Tokyo"},
    {"client_encoding": "latin1", "application_name": "it's"}, {"options": r"-c my.tenant=with\ blank"},
    {"options": "-c no_such_setting=1"}, {"statement_timeout": "nonsense"}, {"my.tenant": "dotted"},
], ids=str)
def test_09_startup_settings_are_what_reset_returns_to(diff, settings):
    def script(play):
        a, b = play.open("a", **settings), play.open("b")
        if "no_such_setting" in str(settings) or "nonsense" in str(settings):
            return
        ask = ("select current_setting('statement_timeout'), current_setting('search_path'),"
               " current_setting('my.tenant', true), current_setting('work_mem'), 0.1::float8 + 0.2, now() - now(), current_setting('DateStyle'),"
               " current_setting('client_encoding'), current_setting('application_name')")
        for said in (ask, "set statement_timeout = 99; set search_path = pg_catalog; set my.tenant = 'other';"
                     "set work_mem = '9MB'; set extra_float_digits = 0; set datestyle = iso", ask,
                     "reset statement_timeout; reset search_path", ask, "reset all", ask, "discard all", ask):
            a.sql(said)
            b.sql(ask)
    diff(script)
