#!/usr/bin/python3
"""Another such program: N threads, each with its connection, make reports in transactions: 4 MB in 4000 rows.

usage: reports.py THREADS SECONDS NOTES CONNINFO        one line is appended to NOTES for each report
"""
import os
import sys
import threading
import time

import psycopg2


def report(conn):
    with conn, conn.cursor() as cursor:
        cursor.execute("SELECT n, repeat('x', 1000) FROM generate_series(1, 4000) n")
        rows = cursor.fetchall()
        time.sleep(0.05)  # making something of the rows, which stay in memory meanwhile
        return len(rows)


def work(until, notes, conninfo, failures):
    try:
        conn = psycopg2.connect(conninfo)
        while time.monotonic() < until:
            assert report(conn) == 4000
            os.write(notes, b"report\n")
        conn.close()
    except Exception as error:  # a thread's end must be the program's failure
        failures.append(error)


def main():
    threads, seconds, path, conninfo = sys.argv[1:]
    notes = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    failures = []
    until = time.monotonic() + float(seconds)
    all_threads = [threading.Thread(target=work, args=(until, notes, conninfo, failures)) for _ in range(int(threads))]
    for thread in all_threads:
        thread.start()
    for thread in all_threads:
        thread.join()
    sys.exit(str(failures[0]) if failures else 0)


main()
