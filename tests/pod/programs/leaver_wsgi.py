"""The same as a WSGI application: one request is one transaction with 0.7 s of work; see test_drain_matrix.py."""
import os
import sys

import psycopg2

idle = None
print("application loaded", file=sys.stderr, flush=True)


def application(_, start_response):
    global idle
    idle = psycopg2.connect(os.environ["LEAVER_DSN"])
    idle.autocommit = True
    idle.cursor().execute("insert into t values (1)")
    with psycopg2.connect(os.environ["LEAVER_DSN"]) as busy:
        cursor = busy.cursor()
        cursor.execute("insert into t values (2)")
        print("is busy", file=sys.stderr, flush=True)
        cursor.execute("select pg_sleep(0.7)")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"committed"]
