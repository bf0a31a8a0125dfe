"""Clients that ask without a pause, and note when they asked and what they heard. usage: restart_clients.py PORT CLIENTS

One JSON array when standard input ends: of each query [client, asked at, answered at, error or null].
"""
import json
import sys
import threading
import time

import psycopg2


def work(port, client, heard, over):
    db = None
    while not over.is_set():
        asked, error = time.monotonic(), None
        try:
            if not db:
                db = psycopg2.connect(host="127.0.0.1", port=port, user="app", dbname="app")
                db.autocommit = True
                cursor = db.cursor()
                cursor.execute(f"set app.who = 'client-{client}'")
                asked = time.monotonic()
            cursor.execute("select current_setting('app.who') from pg_sleep(0.005)")
            if cursor.fetchone() != (f"client-{client}",):
                error = "somebody else's setting"
        except psycopg2.Error as e:
            error = ("" if db else "connect: ") + str(e)
            db = None
            time.sleep(0.05)
        heard.append((client, asked, time.monotonic(), error))


def main():
    port, clients = map(int, sys.argv[1:])
    heard, over = [], threading.Event()
    threads = [threading.Thread(target=work, args=(port, client, heard, over)) for client in range(clients)]
    for thread in threads:
        thread.start()
    print("started", flush=True)
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    json.dump(heard, sys.stdout)


main()
