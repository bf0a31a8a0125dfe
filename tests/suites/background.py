"""Clients beside a suite, in the same database and as the same user: each with settings, a role and temporary
objects of its own, which it looks at again and again. They must not be noticed, and must notice nobody.

usage: background.py HOST PORT COUNT    until stdin ends; prints what was wrong
"""
import random
import select
import sys
import threading
import time

import psycopg2

SETTINGS = [("work_mem", "{n}MB"), ("search_path", "pg_temp, pg_catalog"), ("datestyle", "German, DMY"),
            ("timezone", "Asia/Tokyo"), ("extra_float_digits", "-{n}"), ("enable_seqscan", "off"),
            ("app.tenant", "t{n}"), ("intervalstyle", "iso_8601"), ("statement_timeout", "{n}min"), ("row_security", "off"),
            ("default_transaction_isolation", "repeatable read"), ("quote_all_identifiers", "on")]
ROLES = ["pg_monitor", "pg_read_all_data", "none", "pg_signal_backend"]


class Client(threading.Thread):
    def __init__(self, number, host, port):
        super().__init__(daemon=True)
        self.number, self.where = number, {"host": host, "port": port, "user": "postgres", "dbname": "regression"}
        self.wrong, self.rounds, self.over = [], 0, threading.Event()

    def connect(self):
        """The database is made by the suite, a moment later."""
        while not self.over.is_set():
            try:
                conn = psycopg2.connect(**self.where)
                conn.autocommit = True
                return conn
            except psycopg2.OperationalError:
                time.sleep(0.2)
        raise SystemExit

    def run(self):
        chance = random.Random(self.number)
        conn = self.connect()
        cursor = conn.cursor()
        expected = {}
        try:
            for name, value in chance.sample(SETTINGS, 6):
                cursor.execute("select set_config(%s, %s, false)", (name, value.format(n=self.number + 1)))
                expected[name] = cursor.fetchone()[0]
            cursor.execute(f"set role {ROLES[self.number % len(ROLES)]}")
            if self.number % 2:  # half of them keep a server of their own
                cursor.execute("create temp table mine as select %s as n", (self.number,))
            cursor.execute(f"prepare mine as select {self.number}")
            while not self.over.wait(chance.random() * 0.1):
                self.look(cursor, expected)
        except Exception as e:  # also that of a row that did not come
            self.wrong.append(f"background {self.number}: {type(e).__name__} {e}".strip().replace("\n", " "))

    def look(self, cursor, expected):
        self.rounds += 1
        for name, value in expected.items():
            cursor.execute("select current_setting(%s)", (name,))
            self.equal(name, cursor.fetchone()[0], value)
        cursor.execute("show role")
        self.equal("role", cursor.fetchone()[0], ROLES[self.number % len(ROLES)])
        cursor.execute("execute mine")
        self.equal("statement", cursor.fetchone()[0], self.number)
        if self.number % 2:
            cursor.execute("select n from pg_temp.mine")
            self.equal("temp table", cursor.fetchone()[0], self.number)

    def equal(self, what, got, wanted):
        if got != wanted and len(self.wrong) < 5:
            self.wrong.append(f"background {self.number}: {what} is {got!r}, not {wanted!r}")


def main(host, port, count):
    clients = [Client(n, host, port) for n in range(int(count))]
    for client in clients:
        client.start()
    select.select([sys.stdin], [], [])
    for client in clients:
        client.over.set()
    for client in clients:
        client.join(20)
    for client in clients:
        if client.is_alive():
            client.wrong.append(f"background {client.number}: waits for its database")
        if not client.rounds:
            client.wrong.append(f"background {client.number}: never worked")
        print("\n".join(client.wrong), end="\n" if client.wrong else "")


main(*sys.argv[1:])
