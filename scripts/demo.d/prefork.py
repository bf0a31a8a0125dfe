#!/usr/bin/python3
"""A program that knows nothing of podpool: a master, N worker processes, one connection each, like PHP-FPM or gunicorn.

usage: prefork.py WORKERS SECONDS INSIDE BETWEEN NOTES CONNINFO

Each worker places orders: BEGIN, INSERT, think for INSIDE seconds, UPDATE, COMMIT, then does other things for
about BETWEEN. All begin when all are connected, and go on for SECONDS.
After the INSERT is acknowledged it appends a line to NOTES: the order exists in somebody's mind. SIGTERM: the
master passes it on and waits for all, as masters do; the workers leave it at its default. Prints how the workers ended.
"""
import collections
import multiprocessing
import os
import random
import signal
import sys
import time

import psycopg2


def work(me, together, seconds, inside, between, notes, conninfo):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    random.seed(me)
    conn = psycopg2.connect(conninfo)
    together.wait(60)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with conn, conn.cursor() as cursor:
            cursor.execute("INSERT INTO orders (worker) VALUES (%s) RETURNING id", (me,))
            os.write(notes, b"%d\n" % cursor.fetchone())
            time.sleep(inside)
            cursor.execute("UPDATE stock SET sold = sold + 1 WHERE worker = %s", (me,))
        time.sleep(random.uniform(0, 2 * between))  # or all workers think and pause in step
    conn.close()


def main():
    workers, seconds, inside, between, path, conninfo = sys.argv[1:]
    notes = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    together = multiprocessing.Barrier(int(workers))  # a busy machine takes longer than SECONDS to connect them
    children = []
    signal.signal(signal.SIGTERM, lambda *_: [os.kill(pid, signal.SIGTERM) for pid in children])
    for me in range(int(workers)):
        pid = os.fork()
        if pid == 0:
            work(me, together, float(seconds), float(inside), float(between), notes, conninfo)
            os._exit(0)
        children.append(pid)
    ends = collections.Counter(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children)
    print(" ".join(f"{end}:{count}" for end, count in ends.items()))


main()
