"""What functions do to a session without the statement saying so: found in the catalog, however new they are."""
import pytest

from support import pgwire
from support.pgwire import bind, execute, parse, SYNC

STATE = """select current_setting('work_mem'), current_setting('my.tenant', true),
 (select count(*) from pg_class where relname = 'mine' and relnamespace = pg_my_temp_schema()),
 (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())"""
CLEAN = ["4MB", None, "0", "0"]
BODY = "language plpgsql as $$ begin"
# name: (what is made beforehand, what the client says, what its state is then)
HIDDEN = {
    "sql": ("create function h() returns text language sql as $$ select set_config('work_mem', '7MB', false) $$",
            "select h()", ["7MB", None, "0", "0"]),
    "custom": (f"create function h() returns void {BODY} perform set_config('my.tenant', '7', false); end $$",
               "select h()", ["4MB", "7", "0", "0"]),
    "lock": ("create function h() returns void language sql as 'select pg_advisory_lock(7)'", "select h()",
             ["4MB", None, "0", "1"]),
    "temp": (f"create function h() returns void {BODY} create temp table mine (n int); end $$", "select h()",
             ["4MB", None, "1", "0"]),
    "called-by-another": (f"create function deep() returns void {BODY} set my.tenant = '7'; end $$;"
                          f"create function h() returns void {BODY} perform deep(); end $$",
                          "select h()", ["4MB", "7", "0", "0"]),
    "atomic-body": ("create function h() returns text begin atomic select set_config('my.tenant', '7', false); end",
                    "select h()", ["4MB", "7", "0", "0"]),
    "trigger": (f"create function h() returns trigger {BODY} perform set_config('my.tenant', '7', false); return new; end $$;"
                "create trigger x before insert on h for each row execute function h()",
                "insert into h values (1)", ["4MB", "7", "0", "0"]),
    "trigger-of-a-partition": (
        f"create function g() returns trigger {BODY} perform set_config('my.tenant', '7', false); return new; end $$;"
        "create table p (n int) partition by list (n); create table q partition of p for values in (1);"
        "create trigger x before insert on q for each row execute function g()",
        "insert into p values (1)", ["4MB", "7", "0", "0"]),
    "trigger-behind-a-cascade": (
        f"create function g() returns trigger {BODY} perform set_config('my.tenant', '7', false); return old; end $$;"
        "create table p (n int primary key); create table q (n int references p on delete cascade);"
        "create trigger x before delete on q for each row execute function g(); insert into p values (1);"
        "insert into q values (1)", "delete from p", ["4MB", "7", "0", "0"]),
    "default": ("alter table h add note text default set_config('my.tenant', '7', false)",
                "insert into h (n) values (1)", ["4MB", "7", "0", "0"]),
    "view": ("create view v as select set_config('my.tenant', '7', false)", "select * from v", ["4MB", "7", "0", "0"]),
    "view-on-a-view": ("create view v as select set_config('my.tenant', '7', false); create view w as select * from v",
                       "select * from w", ["4MB", "7", "0", "0"]),
    "rule": ("create rule r as on insert to h do also select set_config('my.tenant', '7', false)",
             "insert into h values (1)", ["4MB", "7", "0", "0"]),
    "policy": ("alter table h enable row level security; alter table h force row level security;"
               "create policy p on h using (set_config('my.tenant', '7', false) is not null)",
               "insert into h values (1)", ["4MB", "7", "0", "0"]),
    "check": ("alter table h add check (set_config('my.tenant', '7', false) is not null)",
              "insert into h values (1)", ["4MB", "7", "0", "0"]),
    "operator": ("create function g(int, int) returns bool language sql as"
                 " $$ select set_config('my.tenant', '7', false) is not null $$;"
                 "create operator public.### (leftarg = int, rightarg = int, function = g)",
                 "select 1 ### 2", ["4MB", "7", "0", "0"]),
    "aggregate": ("create function g(int, int) returns int language sql as"
                  " $$ select set_config('my.tenant', '7', false)::int $$;"
                  "create aggregate h(int) (sfunc = g, stype = int)", "select h(1)", ["4MB", "7", "0", "0"]),
    "quoted-name": ('create function "H h"() returns text language sql as'
                    " $$ select set_config('my.tenant', '7', false) $$", 'select "H h"()', ["4MB", "7", "0", "0"]),
    "dynamic": (f"create function h(q text) returns void {BODY} execute q; end $$", "select h('set work_mem = ''7MB''')",
                ["7MB", None, "0", "0"]),
    "too-long-to-read": (f"create function h() returns void {BODY} /* {'x' * 30000} */"
                         " perform set_config('my.tenant', '7', false); end $$", "select h()", ["4MB", "7", "0", "0"]),
    "computed-name": (f"create function h(n text) returns void {BODY} perform set_config('my.' || n, '7', false); end $$",
                      "select h('tenant')", ["4MB", "7", "0", "0"]),
}
HARMLESS = {
    "reads-a-setting": ("create function h() returns text language sql as $$ select current_setting('my.tenant', true) $$",
                        "select h()"),
    "own-settings": ("create function h() returns text language sql set work_mem = '7MB' as"
                     " $$ select current_setting('work_mem') $$", "select h()"),
    "update": (f"create function h() returns void {BODY} update h set n = n + 1; execute 'update h set ' || 'n = 1'; end $$",
               "select h()"),
    "transaction-lock": ("create function h() returns void language sql as 'select pg_advisory_xact_lock(7)'", "select h()"),
    "local": ("create function h() returns text language sql as $$ select set_config('work_mem', '7MB', true) $$",
              "select h()"),
}


@pytest.fixture
def fresh(postgres_trust):
    """An empty schema `hide` that everybody sees first."""
    def psql(sql):
        postgres_trust.psql(f"set role app; set search_path = hide, public; {sql}", db="app")
    postgres_trust.psql("drop schema if exists hide cascade; drop operator if exists public.### (int, int);"
                        "create schema hide authorization app; alter role app set search_path = hide, public", db="app")
    psql("create table h (n int); grant usage on schema hide to public; grant create on schema hide to app")
    yield psql
    postgres_trust.psql("drop schema hide cascade; alter role app reset search_path", db="app")


@pytest.fixture(autouse=True)
def may_create(postgres_trust):
    postgres_trust.psql("grant create on schema public to app", db="app")


def check(raw, owner, expected):
    assert owner.ask(STATE) == [expected]
    for _ in range(3):
        assert raw().login().ask(STATE) == [CLEAN]
    assert owner.ask(STATE) == [expected]


@pytest.mark.parametrize("name", HIDDEN)
def test_hidden_state_is_its_owners(name, raw, fresh):
    made, said, expected = HIDDEN[name]
    fresh(made)
    owner = raw(MAX_SERVERS=2).login()
    owner.ask(said)
    check(raw, owner, expected)


@pytest.mark.parametrize("name", HIDDEN)
def test_hidden_state_comes_along_to_another_server(name, raw, fresh):
    made, said, expected = HIDDEN[name]
    fresh(made)
    owner = raw(MAX_SERVERS=2, LEND="rotate", MIN_SERVERS=2).login()
    owner.ask(said)
    for _ in range(3):
        check(raw, owner, expected)


@pytest.mark.parametrize("name", [n for n in HIDDEN if n not in ("operator",)])
def test_what_is_made_through_the_pool_is_known_at_once(name, raw, fresh):
    made, said, expected = HIDDEN[name]
    owner, maker = raw(MAX_SERVERS=2).login(), raw().login()
    owner.ask("select count(*) from h")
    for part in made.replace("; end", "\0 end").replace("; return", "\0 return").split(";"):
        maker.ask(part.replace("\0", ";"))
    owner.ask(said)
    check(raw, owner, expected)


def test_statement_prepared_before_the_function_was_changed(raw, fresh, pool):
    fresh("create function h() returns text language sql volatile as $$ select 'nothing' $$")
    owner, maker = raw(MAX_SERVERS=2).login(), raw().login()
    owner.send(parse("select h()", "s"), SYNC)
    owner.until(b"Z")
    owner.send(bind(name="s"), execute(), SYNC)
    assert owner.rows() == [["nothing"]]
    maker.ask("create or replace function h() returns text language sql volatile as"
              " $$ select set_config('my.tenant', '7', false) $$")
    owner.send(bind(name="s"), execute(), SYNC)
    owner.until(b"Z")
    check(raw, owner, ["4MB", "7", "0", "0"])


def test_made_and_called_in_one_text_or_transaction(raw, fresh):
    one, two = raw(MAX_SERVERS=2).login(), raw().login()
    body = "returns text language sql as $$ select set_config('my.tenant', '7', false) $$"
    one.ask(f"create function h() {body}; select h()")
    check(raw, one, ["4MB", "7", "0", "0"])
    two.ask("begin")
    two.ask(f"create function g() {body}")
    two.ask("select g()")
    two.ask("commit")
    check(raw, two, ["4MB", "7", "0", "0"])


def test_made_by_a_do_block(raw, fresh):
    owner, maker = raw(MAX_SERVERS=2).login(), raw().login()
    owner.ask("select 1")
    maker.ask("do $do$ begin create function h() returns text language sql as"
              " $$ select set_config('my.tenant', '7', false) $$; end $do$")
    owner.ask("select h()")
    check(raw, owner, ["4MB", "7", "0", "0"])


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_function_gives_the_server_back(name, raw, pool, fresh):
    made, said = HARMLESS[name]
    fresh(made)
    one, two = raw(MAX_SERVERS=1, WAIT_TIMEOUT="3s").login(), raw().login()
    for wire in (one, two, one):
        wire.ask(said)
    assert one.ask(STATE) == [CLEAN]
    if pool.pooled:
        assert not pool.status()["totals"]["pins"]


PLAIN = {
    "simple": [pgwire.query("select 1")],
    "unnamed": [parse("select 1"), bind(), execute(), SYNC],
    "long-unnamed": [parse("select 1" + " " * 20000), bind(), execute(), SYNC],
    "named": [parse("select 1", "s"), bind(name="s"), execute(), SYNC, pgwire.close(name="s"), SYNC],
}


@pytest.mark.pooled
@pytest.mark.parametrize("said", PLAIN.values(), ids=PLAIN)
def test_what_changes_nothing_is_not_asked_about(said, raw, postgres_trust):
    wire = raw(MAX_SERVERS=1).login()
    for _ in range(3):
        wire.send(*said)
        assert ["1"] in wire.rows()
        last = postgres_trust.psql("select query from pg_stat_activity where usename = 'app'")
        assert last.strip() == "select 1"
        if pgwire.close(name="s") in said:
            wire.until(b"Z")


def test_lock_taken_by_one_function_and_released_by_another(raw, pool, fresh):
    fresh("create function locks() returns void language sql as 'select pg_advisory_lock(7)';"
          "create function unlocks() returns bool language sql as 'select pg_advisory_unlock(7)'")
    owner, other = raw(MAX_SERVERS=1, WAIT_TIMEOUT="3s").login(), raw().login()
    owner.ask("select locks()")
    assert owner.ask("select unlocks()") == [["t"]]
    assert other.ask(STATE) == [CLEAN]


def test_without_the_right_to_read_the_catalog_everything_is_suspicious(raw, postgres_trust, fresh):
    fresh("create function h() returns text language sql as $$ select set_config('work_mem', '7MB', false) $$")
    postgres_trust.psql("revoke select on pg_catalog.pg_proc from public", db="app")
    try:
        owner = raw(MAX_SERVERS=2).login()
        owner.ask("select h()")
        check(raw, owner, ["7MB", None, "0", "0"])
    finally:
        postgres_trust.psql("grant select on pg_catalog.pg_proc to public", db="app")


def test_what_a_client_wants_its_plans_to_be_does_not_hold_everybody_up(raw, pool, fresh):
    """Compiled, the broker's question takes longer than it may."""
    fresh("create function h() returns text language sql as $$ select set_config('work_mem', '7MB', false) $$")
    wish = "set enable_seqscan = off; set jit = on; set jit_above_cost = 0; set jit_inline_above_cost = 0"
    owner = raw(MAX_SERVERS=1).login(options="-c " + wish.replace("set ", "").replace(" = ", "=").replace("; ", " -c "))
    owner.ask("create or replace function g() returns int language sql as 'select 1'")
    owner.ask("select h()")
    assert owner.ask("show work_mem") == [["7MB"]]
    assert "cannot be known" not in pool.stderr_text()


@pytest.mark.parametrize("table", ["h", "p"])
def test_machine_code_of_unknown_origin_keeps_its_server_and_ends_with_it(table, raw, pool, postgres_trust, fresh):
    """Nobody can ask refint what it remembers: it takes the plan of a DELETE for that of an UPDATE, in one session."""
    fresh("create table p (n int primary key); insert into p values (1)")
    postgres_trust.psql("set search_path = hide; create function check_primary_key() returns trigger as '$libdir/refint'"
                        " language c; create trigger x before insert on h for each row"
                        " execute function check_primary_key('n', 'p', 'n')", db="app")
    owner = raw(MAX_SERVERS=1).login()
    server = owner.ask(pgwire.PID)
    owner.ask(f"insert into {table} values (1) on conflict do nothing" if table == "p" else "insert into h values (1)")
    if pool.pooled:
        assert [c["pins"] for c in pool.status()["clients"]] == ["load" if table == "h" else ""]
    owner.bye()
    assert (raw().login().ask(pgwire.PID) == server) == (table == "p" and bool(pool.pooled))


def test_many_functions_are_looked_at_in_one_go(raw, fresh):
    fresh("set check_function_bodies = off; do $do$ begin for n in 1 .. 3000 loop execute format('create function f%s()"
          " returns text language plpgsql as $$ begin return f%s(); end $$', n, n - 1); end loop; end $do$;"
          "create function f0() returns text language sql as $$ select set_config('work_mem', '7MB', false) $$")
    owner = raw(MAX_SERVERS=2).login()
    owner.ask("select f20()")
    check(raw, owner, ["7MB", None, "0", "0"])
