"""An unmodified program with a query under way, one that it begins when told to (SIGUSR1), and a session that then is idle.

    waiting.py DSN
"""
import signal
import sys
import threading
import time

import psycopg2

dsn = sys.argv[1]
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])


def connect():
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    return connection.cursor()


def run(cursor, name, sql):
    begin = time.monotonic()
    try:
        cursor.execute(sql)
        heard = cursor.fetchone()
    except psycopg2.Error:
        heard = "lost"
    print(name, heard, "after", round(time.monotonic() - begin, 1), flush=True)


def thread(*args):
    threading.Thread(target=run, args=args, daemon=True).start()


executing, asking, idle = connect(), connect(), connect()
asking.execute("begin")
asking.execute("select 1")  # this server is its own
thread(executing, "executing", "select 1 from pg_sleep(600)")
time.sleep(0.5)
print("ready", flush=True)
signal.sigwait([signal.SIGUSR1])
thread(asking, "asking", "select 2")
print("asked", flush=True)
signal.sigwait([signal.SIGUSR1])
run(idle, "idle", "select 'works'")
