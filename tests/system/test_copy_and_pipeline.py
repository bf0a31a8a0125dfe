"""COPY, pipelines and notices through a real driver (psycopg 3), each compared with the direct session."""
import subprocess
import sys

import pytest

from support.pool import direct_env

PROLOGUE = """
import sys, psycopg
conn = psycopg.connect(sys.argv[1], autocommit=True, prepare_threshold=None)
cur = conn.cursor()
def attempt(f, *a):
    try:
        return f(*a)
    except psycopg.Error as e:
        return type(e).__name__, e.sqlstate
def rows(): return cur.execute("select count(*), coalesce(sum(n), 0) from t").fetchone()
"""
SCRIPTS = {
    "copy-in": """
with cur.copy("copy t (n) from stdin") as copy:
    for n in range(20000): copy.write_row((n,))
print(rows())""",
    "copy-in-fails-on-the-server": """
def bad():
    with cur.copy("copy t (n) from stdin") as copy:
        for n in range(1000): copy.write(b"1\\n")
        copy.write(b"rubbish\\n")
print(attempt(bad), rows())""",
    "copy-in-fails-in-the-program": """
def bad():
    with cur.copy("copy t (n) from stdin") as copy:
        copy.write(b"1\\n")
        raise KeyError("mine")
print(attempt(bad), rows())""",
    "copy-in-in-a-transaction-that-fails": """
def bad():
    with conn.transaction():
        cur.execute("insert into t values (1)")
        with cur.copy("copy t (n) from stdin") as copy: copy.write(b"rubbish\\n")
print(attempt(bad), rows())""",
    "copy-out": """
with cur.copy("copy (select generate_series(1, 20000)) to stdout") as copy:
    print(sum(int(r[0]) for r in copy.rows()))
print(rows())""",
    "copy-out-fails-halfway": """
def bad():
    with cur.copy("copy (select 1 / (5000 - n) from generate_series(1, 10000) n) to stdout") as copy:
        for _ in copy: pass
print(attempt(bad), rows())""",
    "copy-out-given-up": """
def bad():
    with cur.copy("copy (select repeat('x', 1000) from generate_series(1, 100000)) to stdout") as copy:
        next(iter(copy)); raise KeyError
try: bad()
except KeyError: print("given up")
print(rows())""",
    "large-copy-rows": """
with cur.copy("copy t (note) from stdin") as copy:
    for n in range(10): copy.write_row(("x" * 3000000,))
print(cur.execute("select count(*), sum(length(note)) from t").fetchone())""",
    "binary-copy": """
with cur.copy("copy t (n) from stdin (format binary)") as copy:
    copy.set_types(["int4"])
    for n in range(1000): copy.write_row((n,))
print(rows())""",
    "pipeline": """
with conn.pipeline():
    cursors = [conn.execute("select %s::int", (n,)) for n in range(500)]
print(sum(c.fetchone()[0] for c in cursors))""",
    "pipeline-of-transactions": """
with conn.pipeline():
    for n in range(50):
        with conn.transaction(): conn.execute("insert into t values (%s)", (n,))
print(rows())""",
    "pipeline-with-an-error": """
def bad():
    with conn.pipeline():
        conn.execute("insert into t values (1)")
        conn.execute("select 1/0")
        conn.execute("insert into t values (2)")
print(attempt(bad), rows())""",
    "pipeline-with-syncs-and-an-error": """
def bad():
    with conn.pipeline() as p:
        conn.execute("insert into t values (1)"); p.sync()
        conn.execute("select 1/0"); p.sync()
        conn.execute("insert into t values (2)"); p.sync()
print(attempt(bad), rows())""",
    "notices": """
heard = []
conn.add_notice_handler(lambda d: heard.append((d.severity, d.sqlstate, d.message_primary)))
cur.execute("do $$ begin raise notice 'one'; raise warning 'two'; end $$")
cur.execute("drop table if exists nowhere")
print(heard)""",
    "large-result": """
print(sum(len(r[0]) for r in cur.execute("select repeat('x', 1000) from generate_series(1, 50000)")))
print(rows())""",
    "server-side-cursor": """
with conn.transaction():
    named = conn.cursor("mine")
    named.execute("select generate_series(1, 10000)")
    print(sum(r[0] for r in named))
print(rows())""",
    "stream": """
print(sum(r[0] for r in cur.stream("select generate_series(1, 10000)")))
print(rows())""",
}


def words(stderr):
    """psycopg says this, or not, as the reply to its last Sync is there when the block ends: direct as well."""
    return "".join(line for line in stderr.splitlines(True) if not line.startswith("error ignored terminating <psycopg.Pipe"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_same_direct_and_pooled(name, pool, postgres_trust):
    def say(env):
        postgres_trust.psql("drop table if exists t; create table t (n int, note text);"
                            " alter table t owner to app", db="app")
        command = [sys.executable, "-c", PROLOGUE + SCRIPTS[name], postgres_trust.dsn("app", user="app")]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, words(done.stderr)

    expected = say(direct_env())
    assert expected[0] == 0 and expected[1], expected
    assert say(pool.env()) == expected
