"""An unmodified program with a connection in every state that its sudden end can meet, named after it.

    busy.py DSN
"""
import sys
import threading
import time

import psycopg2

ENDLESS = "copy (select repeat('x', 1000) from generate_series(1, 10000) a, generate_series(1, 100000) b) to stdout"
dsn = sys.argv[1]


class Nowhere:
    """Takes what it is given: all of it, or nothing any more after a moment."""

    def __init__(self, stalls):
        self.stalls = stalls

    def write(self, _):
        if self.stalls:
            time.sleep(3600)


def connect(name):
    """Each in a pool of its own, by a startup setting: none may be lent another's session."""
    connection = psycopg2.connect(f"{dsn} application_name={name} options='-c geqo_seed=0.{len(name)}{ord(name[1]) % 10}'")
    connection.autocommit = True
    return connection.cursor()


def execute(cursor, sql):
    threading.Thread(target=cursor.execute, args=(sql,), daemon=True).start()


def copy(cursor, stalls):
    threading.Thread(target=cursor.copy_expert, args=(ENDLESS, Nowhere(stalls)), daemon=True).start()


idle, within, executing, sending, stalled = (connect(n) for n in ("idle", "within", "executing", "sending", "stalled"))
idle.execute("select 1")
within.execute("begin; select 1")
execute(executing, "select pg_sleep(3600)")
copy(sending, False)
copy(stalled, True)
print("all are busy", flush=True)
time.sleep(3600)
