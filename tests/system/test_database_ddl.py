"""Statements that want a database without sessions find none but those of the program: an idle pooled server must not be
what "is being accessed by other users" is about, and a session of the program still is."""
import pytest

from program_text import said_by_program
from shell import psql, said
from support import pgwire, wait
from support.pool import direct_env

LENDING = {"last": {}, "rotate": {"LEND": "rotate", "MIN_SERVERS": 2}}
STATEMENTS = {
    "drop": "drop database shop",
    "drop quoted": 'DROP /* all */ DATABASE IF EXISTS "shop"',
    "rename": "alter database shop rename to store",
    "tablespace": "alter database shop set tablespace pg_default",
    "template": "create database store template shop",
    "template quoted": "create database store with encoding 'UTF8' template = 'shop'",
}


@pytest.fixture(params=LENDING)
def lent(request, pool):
    """The environment for programs, in each way to lend."""
    return pool.env(**LENDING[request.param])


@pytest.fixture
def shop(postgres_trust):
    drop = "drop database if exists shop with (force); drop database if exists store with (force);"
    postgres_trust.psql(drop.replace(";", ";\n\n"))
    postgres_trust.psql("create database shop")
    yield "shop"
    postgres_trust.psql(drop.replace(";", ";\n\n"))


def sessions(postgres, database):
    return int(postgres.psql(f"select count(*) from pg_stat_activity where datname = '{database}'"))


def admin(postgres, env, sql, **how):
    return psql(postgres, env, sql, "user=postgres dbname=postgres", **how)


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS.keys())
def test_nobody_is_in_the_way_once_the_program_has_left(statement, lent, shop, pool):
    for user in ("app", "other"):
        done = psql(pool.postgres, lent, "select current_database()", f"user={user} dbname=shop")
        assert said(done) == (0, "shop\n", "")
    if pool.pooled:
        assert sessions(pool.postgres, "shop") >= 2  # idle servers, or this test proves nothing
    assert said(admin(pool.postgres, lent, statement)) == (0, "", "")  # PostgreSQL's patience is 5 s


def test_template1_is_the_template_nobody_named(lent, shop, pool):
    assert psql(pool.postgres, lent, words="dbname=template1").returncode == 0
    assert said(admin(pool.postgres, lent, "create database store")) == (0, "", "")


def test_what_a_pinned_session_leaves_is_not_in_the_way(lent, shop, pool):
    sql = "create temp table mine (n int); select pg_advisory_lock(7); listen something"
    assert psql(pool.postgres, lent, sql, "dbname=shop").returncode == 0
    assert said(admin(pool.postgres, lent, "drop database shop")) == (0, "", "")


ADMIN = """
admin = connect(user="postgres", dbname="postgres")
"""


def run(pool, env, text):
    return said_by_program(pool, env, ADMIN + text)


def test_left_just_before(lent, shop, pool):
    """As test runners do it: the program's own last connection closes, and the database is dropped at once."""
    assert run(pool, lent, """
mine = [connect(user="app", dbname="shop") for _ in range(3)]
for connection in mine:
    assert rows(connection, "select 1") == [(1,)]
rows(mine[0], "create temp table t (n int)")
for connection in mine:
    connection.close()
print(rows(admin, "drop database shop"))
""") == "done\n"


def test_prepared_by_the_protocol(raw, shop, pool):
    admin_wire = raw().login(user="postgres", database="postgres")
    assert psql(pool.postgres, pool.program_env(), "select 1", "dbname=shop").returncode == 0
    admin_wire.send(pgwire.parse("drop database shop", "gone"), pgwire.SYNC)
    admin_wire.until(b"Z")
    admin_wire.send(pgwire.bind(name="gone"), pgwire.execute(), pgwire.SYNC)
    assert [letter for letter, _ in admin_wire.until(b"Z")] == [b"2", b"C", b"Z"]


def test_a_session_of_the_program_is_still_in_the_way(lent, shop, pool):
    """And the detail counts the program's sessions, not the pool's servers."""
    text = """
mine = [connect(user="app", dbname="shop") for _ in range(2)]
for connection in mine:
    rows(connection, "begin")
for connection in mine:
    rows(connection, "commit")
mine.pop().close()
print(rows(admin, "drop database shop"), rows(mine[0], "select current_database()"))
"""
    expected = run(pool, direct_env(), text)
    assert "55006" in expected and "There is 1 other session" in expected
    assert run(pool, lent, text) == expected


@pytest.mark.pooled
def test_servers_kept_by_min_servers_are_not_in_the_way_and_come_back(raw, shop, pool):
    stays, two = raw(MIN_SERVERS=2, MAX_SERVERS=8).login(), [raw().login(database="shop") for _ in range(2)]
    for wire in [stays, *two]:
        wire.ask("select 1")
    wait.until(lambda: sessions(pool.postgres, "shop") == 2, "servers beyond what is needed")
    for wire in two:
        wire.sock.close()
    admin_wire = raw().login(user="postgres", database="postgres")
    assert admin_wire.ask("drop database shop") == []
    wait.until(lambda: sessions(pool.postgres, "app") == 2, "the others have what they had")
