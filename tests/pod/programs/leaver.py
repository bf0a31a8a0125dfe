"""leaver.py DSN handler|plain|sigwait|loop [SECONDS]: one idle connection, one open transaction with 0.7 s of work, or so many.

Ends as its kind does when SIGTERM comes; see test_drain_matrix.py. `loop` inserts for ever and says what it is told.
"""
import pathlib
import signal
import socket
import sys
import threading
import time

import psycopg2

dsn, kind, seconds = (*sys.argv[1:], "0.7")[:3]
TERM = signal.SIGTERM


def connect():
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    return connection


def work(cursor):
    cursor.execute("select pg_sleep(%s)", [seconds])
    cursor.execute("commit")


def loop():
    """By hand: psycopg2 forgets the server's last words when the connection ends behind them."""
    sys.path.append(str(pathlib.Path(__file__).resolve().parents[2]))
    from support.pgwire import Refused, Wire
    at = dict(word.split("=") for word in dsn.split())
    wire = Wire(socket.create_connection((at["host"], int(at["port"])))).login(at["user"], at["dbname"])
    print("is busy", flush=True)
    while True:
        try:
            wire.ask("select 1")
        except Refused as error:
            print("told:", error.sqlstate, flush=True)
            break
        time.sleep(0.1)
    time.sleep(60)


if kind == "loop":
    loop()
if kind == "sigwait":
    signal.pthread_sigmask(signal.SIG_BLOCK, [TERM])  # inherited by the thread
told = []  # not an Event: a second SIGTERM within set() would wait for the first
if kind == "handler":
    signal.signal(TERM, lambda *_: told.append(TERM))
idle = connect()
idle.cursor().execute("insert into t values (1)")
busy = connect().cursor()
busy.execute("begin")
busy.execute("insert into t values (2)")
worker = threading.Thread(target=work, args=(busy,), daemon=True)
worker.start()
print("is busy", flush=True)
if kind == "plain":
    time.sleep(60)
elif kind == "sigwait":
    signal.sigwait([TERM])
else:
    while not told:
        time.sleep(0.05)
worker.join()
sys.exit(7)
