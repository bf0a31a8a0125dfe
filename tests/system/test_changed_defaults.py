"""ALTER ROLE, ALTER DATABASE, DROP ROLE: who connects afterwards gets what a session of its own would get, and who was
connected before keeps what it had."""
import pytest

from program_text import said_by_program
from support import wait
from support.pool import direct_env

LENDING = {"last": {}, "rotate": {"LEND": "rotate", "MIN_SERVERS": 2}}


@pytest.fixture(params=LENDING)
def lent(request, pool):
    return pool.env(**LENDING[request.param])


@pytest.fixture
def clerk(postgres_trust):
    """A role and a database that this test may change."""
    def forget():
        for sql in ("drop database if exists shop with (force)", "drop role if exists clerk", "drop role if exists boss"):
            postgres_trust.psql(sql)
    forget()
    postgres_trust.psql("create role clerk login")
    postgres_trust.psql("create database shop")
    yield "clerk"
    forget()


ADMIN = """
admin = connect(user="postgres")
"""


def run(pool, env, text):
    return said_by_program(pool, env, ADMIN + text, user="clerk", dbname="shop")


@pytest.fixture
def same(pool, lent, clerk):
    """same(text): the program says pooled what it says directly."""
    def check(text, undo=""):
        expected = run(pool, direct_env(), text)
        for sql in filter(None, undo.split(";")):
            pool.postgres.psql(sql)
        assert run(pool, lent, text) == expected
        return expected
    return check


CHANGES = {
    "role": ("alter role clerk set statement_timeout = '71s'", "show statement_timeout", "71s"),
    "user all": ("alter user all set statement_timeout = '71s'", "show statement_timeout", "71s"),
    "database": ("alter database shop set statement_timeout = '71s'", "show statement_timeout", "71s"),
    "both": ("alter role clerk in database shop set work_mem = '7MB'", "show work_mem", "7MB"),
    "list": ("alter role clerk set search_path = \"a, b\", pg_catalog", "show search_path", '"a, b", pg_catalog'),
    "custom": ("alter role clerk set app.tenant = 'seven'", "select current_setting('app.tenant', true)", "seven"),
}
UNDO = "alter role clerk reset all;alter role all reset all;alter database shop reset all;" \
       "alter role clerk in database shop reset all"


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_new_session_has_the_new_default_and_an_old_one_the_old(change, same, postgres_trust):
    statement, show, value = change
    try:
        said = same(f"""
old = connect()
before = ask(old, {show!r})
print(ask(admin, {statement!r}))
new = [connect() for _ in range(3)]
for connection in new:
    ask(connection, "begin")
print([ask(connection, {show!r}) for connection in new], ask(old, {show!r}) in (before, ""))
for connection in new:
    ask(connection, "commit")
for _ in range(5):
    print([ask(connection, {show!r}) for connection in new], ask(old, {show!r}) in (before, ""))
""", UNDO)
    finally:
        for sql in UNDO.split(";"):
            postgres_trust.psql(sql)
    assert said.count(f"{[value] * 3} True") == 6


def test_an_old_session_keeps_its_defaults_when_its_server_is_gone(raw, pool, clerk):
    """Also where the new one had none of its own before, and behind RESET."""
    pool.postgres.psql("alter role clerk set work_mem = '7MB'")
    old = raw(MAX_SERVERS=3, IDLE_TIMEOUT=20).login(user="clerk", database="shop")
    assert old.ask("show work_mem; ") == [["7MB"]]
    with_superuser = raw().login(user="postgres", database="shop")
    with_superuser.ask("alter role clerk set work_mem = '8MB'")
    with_superuser.ask("alter role clerk set datestyle = 'German'")
    pids = "select pid from pg_stat_activity where usename = 'clerk'"
    before = set(pool.postgres.psql(pids).split())
    assert before
    pool.postgres.psql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'clerk'"
                       " and state = 'idle'" if pool.pooled else "select 1")
    wait.until(lambda: not pool.pooled or not before & set(pool.postgres.psql(pids).split()), "the old server is gone")
    new = raw().login(user="clerk", database="shop")
    seen = "select current_setting('work_mem'), current_setting('datestyle')"
    assert new.ask(seen) == [["8MB", "German, DMY"]]
    assert new.settings["DateStyle"] == "German, DMY" and old.settings["DateStyle"] == "ISO, MDY"
    for _ in range(3):
        assert old.ask(seen) == [["7MB", "ISO, MDY"]]
        assert new.ask(seen) == [["8MB", "German, DMY"]]
    old.ask("reset all")
    assert old.ask(seen) == [["7MB", "ISO, MDY"]]
    old.ask("set work_mem = '9MB'")
    assert old.ask(seen) == [["9MB", "ISO, MDY"]]
    old.ask("reset work_mem")
    assert old.ask(seen) == [["7MB", "ISO, MDY"]]


REFUSALS = {
    "dropped": ("drop role clerk", 'role "clerk" does not exist'),
    "nologin": ("alter role clerk nologin", 'role "clerk" is not permitted to log in'),
    "renamed": ("alter user clerk rename to boss", 'role "clerk" does not exist'),
    "database right": ("revoke connect on database shop from public", 'permission denied for database "shop"'),
    "database closed": ("alter database shop allow_connections false", 'database "shop" is not currently accepting'),
}
RESTORE = "drop role if exists clerk;drop role if exists boss;create role clerk login;" \
          "grant connect on database shop to public;alter database shop allow_connections true"


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
def test_who_may_no_longer_log_in_is_refused(refusal, same):
    statement, words = refusal
    said = same(f"""
first = connect()
print(ask(first, "select 1"))
first.close()
admin.close()
admin = connect(user="postgres", dbname="postgres")
print(ask(admin, {statement!r}))
print(refused())
""", RESTORE)
    assert words in said


def test_a_role_made_again_is_another_role(same):
    """Whose sessions are not those of the dropped one."""
    assert same("""
ask(admin, "create table if not exists mine (n int); grant all on mine to public")
first = connect()
first_id = ask(first, "select usesysid from pg_user where usename = session_user")
first.close()
ask(admin, "drop role clerk")
ask(admin, "create role clerk login")
second = connect()
print(ask(second, "select current_user"), ask(second, "select pg_has_role('clerk', 'usage')"),
      ask(second, "select usesysid from pg_user where usename = session_user") != first_id)
""") == "clerk True True\n"


def test_within_a_transaction_it_counts_from_the_commit(same):
    assert same("""
old = connect()
ask(old, "select 1")
ask(admin, "begin; alter role clerk set work_mem = '5MB'")
print(ask(connect(), "show work_mem"))
ask(admin, "commit")
print(ask(connect(), "show work_mem"))
""", UNDO) == "4MB\n5MB\n"


def test_in_the_body_of_a_do(same):
    assert same("""
print(ask(connect(), "show work_mem"))
ask(admin, "do $$ begin execute 'alter role clerk set work_mem = ''6MB'''; end $$")
print(ask(connect(), "show work_mem"))
""", UNDO) == "4MB\n6MB\n"


@pytest.mark.pooled
def test_sessions_of_a_dropped_role_are_gone(lent, clerk, pool):
    run(pool, lent, """
for connection in [connect() for _ in range(3)]:
    ask(connection, "select 1")
    connection.close()
ask(admin, "drop role clerk")
""")
    left = "select count(*) from pg_stat_activity where datname = 'shop' and usename is distinct from 'postgres'"
    wait.until(lambda: pool.postgres.psql(left) == "0", "no session of the dropped role")


@pytest.fixture
def secret(make_pool, postgres_scram):
    for sql in ("drop role if exists spy", "create role spy login password 'one'"):
        postgres_scram.psql(sql)
    yield make_pool(postgres_scram)
    postgres_scram.psql("drop role spy")


ROTATION = """
admin = connect(user="postgres", password="throwaway")
old = connect(password="one")
print(ask(old, "select 1"))
ask(admin, "alter role spy password 'two'")
print(refused(password="one"))
new = connect(password="two")
print(ask(new, "select 2"), ask(old, "select 3"), ask(new, "begin"), ask(old, "select 4"))
print(refused(password="one"), refused(password="two"))
"""


@pytest.mark.parametrize("lending", LENDING.values(), ids=LENDING.keys())
def test_a_changed_password_counts_at_once(lending, secret):
    wrong = 'password authentication failed for user "spy"'
    said = said_by_program(secret, secret.env(**lending), ROTATION, user="spy", dbname="app")
    assert said == f"1\n{wrong}\n2 3 done 4\n{wrong} in\n"
