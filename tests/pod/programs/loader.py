"""loader.py DSN REPORT handler|plain: eight threads, one short transaction after the other, until SIGTERM.

REPORT gets a line per step: "inserted ID", "acked ID", "failed ID why". With a handler the threads end their transaction
and the program exits with 0; plain dies of the signal whenever it comes.
"""
import os
import signal
import sys
import threading
import uuid

import psycopg2

dsn, report, kind = sys.argv[1:4]
lines = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
told = threading.Event()


def say(*words):
    os.write(lines, (" ".join(words) + "\n").encode())


def one(connection):
    name = uuid.uuid4().hex
    try:
        cursor = connection.cursor()
        cursor.execute("insert into rolls values (%s)", [name])
        say("inserted", name)
        cursor.execute("select pg_sleep(0.01)")
        connection.commit()
        say("acked", name)
    except psycopg2.Error as error:
        say("failed", name, " ".join(str(error).split()))
        raise


def work():
    connection = psycopg2.connect(dsn)
    while not told.is_set():
        one(connection)
    connection.close()


if kind == "handler":
    signal.signal(signal.SIGTERM, lambda *_: told.set())
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
while any(thread.is_alive() for thread in threads):
    told.wait(0.1)
for thread in threads:
    thread.join()
