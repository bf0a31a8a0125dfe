"""An unmodified program with one connection, told what to do by its arguments.

    program.py DSN HANDLER STEP...

HANDLER  own: installs a SIGTERM handler that remembers; once: one that also gives the default action back;
         default: leaves SIGTERM alone
STEP     insert:N   a committed row                  begin:N   opens a transaction with that row
         work:S     the server works S seconds       commit    ends the transaction
         await_term until the handler has run        sleep:S   in the program, not on the server
         connect    closes and connects anew         abandon   keeps the connection, opens another
         close      closes politely                  exit:N    ends with that status
         say:WORD   prints it                       raise      SIGTERM to itself, by the default action

Prints each step after it is done, and the SIGTERM it saw.
"""
import os
import signal
import sys
import time

import psycopg2

dsn, handler, steps = sys.argv[1], sys.argv[2], sys.argv[3:]
seen = []
kept = []


def on_term(number, _frame):
    seen.append(number)
    if handler == "once":
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    print("got SIGTERM", flush=True)


def connect():
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    return connection


def run(connection, step):
    word, _, value = step.partition(":")
    cursor = connection.cursor() if not connection.closed else None
    if word == "insert":
        cursor.execute("insert into t values (%s)", [value])
    elif word == "begin":
        cursor.execute("begin")
        cursor.execute("insert into t values (%s)", [value])
    elif word == "work":
        cursor.execute("select pg_sleep(%s)", [value])
    elif word == "commit":
        cursor.execute("commit")
    elif word == "await_term":
        while not seen:
            time.sleep(0.01)
    elif word == "sleep":
        until = time.monotonic() + float(value)
        while time.monotonic() < until:  # a signal may cut one sleep short
            time.sleep(0.05)
    elif word == "connect":
        connection.close()
        return connect()
    elif word == "abandon":
        kept.append(connection)
        return connect()
    elif word == "close":
        connection.close()
    elif word == "exit":
        sys.stdout.flush()
        os._exit(int(value))
    elif word == "raise":
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)
    elif word == "say":
        pass
    else:
        raise ValueError(step)
    return connection


if handler in ("own", "once"):
    signal.signal(signal.SIGTERM, on_term)
current = connect()
print("connected", flush=True)
for one in steps:
    if one.startswith("exit:"):
        print(one, flush=True)
    current = run(current, one)
    print("done", one, flush=True)
