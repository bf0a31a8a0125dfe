"""One text means other tables under another search_path, and under another role where "$user" is in it. What it means,
and so which parameters it has, is decided where it is parsed (PostgreSQL analyses it again under another path, but with
the parameters it had)."""
import pytest

from support.pgwire import SYNC, bind, describe, execute, parse

SCHEMAS = "app, other, third"
SETUP = f"""reset role; drop schema if exists {SCHEMAS} cascade; create schema app; create schema other; create schema third;
create table app.t (n int, note text); create table other.t (n text, note int); create table third.t (n int, note text);
insert into app.t values (1, 'one'), (2, 'two'); insert into other.t values ('1', 10), ('2', 20);
insert into third.t values (1, 'third'); grant all on schema {SCHEMAS} to public;
grant all on all tables in schema {SCHEMAS} to public"""
TEXT = "select note from t where n = $1"


@pytest.fixture
def meaning(diff, twins):
    yield lambda script, **settings: diff(script, SETUP, **settings)
    for postgres in twins:  # "$user" is in everybody's path
        postgres.psql(f"drop schema if exists {SCHEMAS} cascade", db="app")


def use(one, name="", value="1"):
    one.batch(bind(value, name=name), describe(), execute())


CHOOSE = ["set search_path = {}", "select set_config('search_path', '{}', false)", "set role {}",
          "set session authorization {}"]


@pytest.mark.parametrize("choose", CHOOSE)
def test_a_named_statement_is_its_paths_own(meaning, choose):
    def script(play):
        a, b = (play.open(name, user="postgres") for name in "ab")
        a.sql(choose.format("app"))
        b.sql(choose.format("other"))
        for one in (a, b):
            one.batch(parse(TEXT, "s"))
        for one in (a, b, b, a, b):
            use(one, "s")
            one.batch(describe(b"S", "s"))
        play.pins()
    meaning(script)


@pytest.mark.parametrize("choose", CHOOSE)
def test_the_unnamed_statement_said_again_is_another_one(meaning, choose):
    def script(play):
        a, b = (play.open(name, user="postgres") for name in "ab")
        for schema in ("app", "other", "app"):
            a.sql("reset session authorization; reset role; " + choose.format(schema))
            b.sql("select 1")
            for _ in range(2):
                a.batch(parse(TEXT), describe(b"S"), bind("1"), execute())
                a.batch(parse(TEXT), bind("2"), execute())
        a.sql("reset session authorization; reset role; set search_path = app")
        a.batch(parse(TEXT), bind("1"), execute())
        a.sql("begin; set local search_path = other")
        a.batch(parse(TEXT), bind("1"), execute())
        a.sql("commit")
        a.batch(parse(TEXT), bind("1"), execute())
        play.pins()
    meaning(script)


@pytest.mark.parametrize("choose", CHOOSE[:3])
def test_what_sql_prepares_is_its_paths_own(meaning, choose):
    def script(play):
        a, b = (play.open(name, user="postgres") for name in "ab")
        a.sql(choose.format("app"))
        b.sql(choose.format("other"))
        for one in (a, b):
            one.sql(f"prepare p as {TEXT}")
        for one in (a, b, b, a, b):
            one.sql("execute p (1)")
            one.sql("select parameter_types from pg_prepared_statements")
        play.pins()
    meaning(script)


LOCAL = ["set local search_path = {}", "select set_config('search_path', '{}', true)", "set local role {}",
         "do $$begin perform set_config('search_path', '{}', true); end$$"]


@pytest.mark.parametrize("choose", LOCAL)
@pytest.mark.parametrize("end", ["commit", "rollback"])
@pytest.mark.parametrize("extended", [False, True], ids=["query", "extended"])
def test_prepared_within_a_transaction_that_chooses(meaning, choose, end, extended):
    """What PostgREST does. It is nobody else's, keeps no server, and has the parameters it had there."""
    def script(play):
        a, b, c = (play.open(name, user="postgres") for name in "abc")

        def transaction(one, schema, *messages):
            said = choose.format(schema)
            one.sql("begin")
            one.batch(parse(said), bind(), execute()) if extended else one.sql(said)
            one.batch(*messages)
            one.sql(end)
        transaction(a, "app", parse(TEXT, "s"))
        transaction(b, "other", parse(TEXT, "s"))
        c.sql("set search_path = third")
        c.batch(parse(TEXT, "s"))
        for _ in range(3):
            transaction(a, "app", bind("1", name="s"), describe(), execute())
            transaction(b, "other", bind("1", name="s"), describe(), execute())
            use(c, "s")
        play.pins()
    meaning(script)


def test_a_path_that_is_not_settled_yet(meaning):
    def script(play):
        a, b = (play.open(name, user="postgres") for name in "ab")
        a.sql("begin; set search_path = app")
        a.batch(parse(TEXT, "s"))
        b.sql("begin; set search_path = other")
        b.batch(parse(TEXT, "s"))
        for one in (a, b, a):
            use(one, "s")
        a.sql("commit")
        b.sql("commit")
        for one in (a, b, b, a):
            use(one, "s")
        for one in (a, b):
            one.batch(parse(TEXT, "t"))
        for one in (a, b, b, a):
            use(one, "t")
        play.pins()
    meaning(script)


@pytest.mark.parametrize("described", [False, True], ids=["", "described"])
def test_a_path_changed_after_parse_leaves_the_parameters(meaning, described):
    """app and third have tables of one kind; with the parameters of app's, other's has no operator (42883)."""
    def script(play):
        a, b, c = (play.open(name, user="postgres") for name in "abc")
        a.sql("set search_path = app")
        a.batch(parse(TEXT, "s"), *[describe(b"S", "s")] * described)
        b.sql("set search_path = third")
        b.batch(parse(TEXT, "s"))
        for path in ("third", "other", "app", "third"):
            a.sql(f"set search_path = {path}")
            c.sql("select 1")
            for one in (a, b, a, b):
                use(one, "s")
        a.sql("begin; set local search_path = other")
        use(a, "s")
        a.sql("rollback")
        for one in (b, a):
            use(one, "s")
        play.pins()
    meaning(script)


def test_the_brokers_own_question_is_not_heard_however_long_the_answer(meaning):
    """Types that Parse leaves open are asked for behind it; 1200 columns are described in 95 KB."""
    def script(play):
        a, b = (play.open(name, user="postgres") for name in "ab")
        a.sql(f"create table app.wide ({', '.join(f'{chr(99) * 55}_{n} int' for n in range(600))})")
        wide = "select $1::int, w.*, w.* from app.wide w"
        a.batch(parse(wide, "s"), parse("select $1::text", "t"))
        b.batch(parse("select nothing, $1", "s"), parse(wide, "s"))  # 42703, and the rest is skipped
        b.batch(parse(wide, "s"))
        for one in (a, b, a):
            use(one, "s")
        use(a, "t")
        play.pins()
    meaning(script)


def test_many_tenants_pin_nobody(meaning):
    """50 paths and 200 statements: each path's are its own, and there is room for all of them."""
    def script(play):
        tenants = [play.open(f"t{n}", user="postgres") for n in range(50)]
        for n, one in enumerate(tenants):
            one.sql(f"set search_path = {'app' if n % 2 else 'other'}, nowhere{n}")
            one.batch(*(parse(f"{TEXT} -- {k} {'and so on ' * 50}", f"s{k}") for k in range(200)))
        for one in tenants:
            use(one, "s0")
            use(one, "s199")
        play.pins()
    meaning(script)


def test_a_description_under_another_path_is_nobody_elses(meaning):
    """Where the statement is brought under that path its result is another one, for who has it so."""
    def script(play):
        a, b, c = (play.open(name, user="postgres") for name in "abc")
        for one in (a, b, c):
            one.sql("set search_path = app")
            one.batch(parse("select note from t", "s"), describe(b"S", "s"))
        b.sql("begin")
        a.sql("begin; set local search_path = other")
        a.wire.send(describe(b"S", "s"), SYNC)  # 0A000 if it is the session's own server
        a.wire.until(b"Z")
        a.sql("rollback")
        b.sql("commit")
        for one in (b, c, b, c):
            one.batch(bind(name="s"), execute())
    meaning(script)
