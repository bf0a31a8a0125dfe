"""Clients of one driver in one process. usage: worker.py DRIVER PORT FIRST-CLIENT CLIENTS SEED LEDGER

Each writes numbered rows until standard input ends, over connections that it keeps for a while, and notes of each what
it was told: a(cknowledged), or ? (an error came instead: it may or may not be there).
"""
import asyncio
import collections
import concurrent.futures
import contextlib
import json
import random
import sys
import threading
import time

INSERT = "insert into writes values ({}, {}, current_setting('app.who'))"
TIMEOUT = 60  # nothing that happens here takes longer


class Books:
    def __init__(self):
        self.lines = []

    def write(self):
        self.lines.append("?")
        return len(self.lines)

    def acknowledge(self):
        self.lines[-1] = "a"


class Chance:
    """What a client does next, and how long it thinks."""

    def __init__(self, seed, client):
        self.random = random.Random(f"{seed}-{client}")

    def writes(self):
        return self.random.choice([1, 20, 200])

    def is_transaction(self):
        return self.random.random() < 0.5

    def is_impatient(self):
        return self.random.random() < 0.02

    def pause(self):
        return self.random.expovariate(1 / 0.2)


def name_of(error):
    state = getattr(error, "pgcode", None) or getattr(error, "sqlstate", None) or ""
    text = " ".join(str(error).split())[:90]
    return f"{type(error).__name__} {state} {text}".strip()


def cancel(db):
    """In the midst of what is being executed, or too early, or too late."""
    with contextlib.suppress(Exception):
        db.cancel()


def blocking(driver, port, client, seed, books, errors, over):
    chance = Chance(seed, client)
    while not over.is_set():
        db = None
        try:
            db = driver.connect(host="127.0.0.1", port=port, user="app", dbname="app", connect_timeout=TIMEOUT)
            db.autocommit = True
            cursor = db.cursor()
            cursor.execute(f"set app.who = 'client-{client}'")
            for _ in range(chance.writes()):
                over.wait(chance.pause())
                if over.is_set():
                    break
                sql = INSERT.format(client, books.write())
                if chance.is_impatient():
                    threading.Timer(chance.pause() / 100, cancel, [db]).start()
                for statement in ("begin", sql, "commit") if chance.is_transaction() else (sql,):
                    cursor.execute(statement)
                books.acknowledge()
        except driver.Error as e:
            errors[name_of(e)] += 1
            time.sleep(0.2)
        if db:
            db.close()


def threads(driver, port, clients, seed, books, errors, over):
    with concurrent.futures.ThreadPoolExecutor(max(len(clients), 1)) as pool:
        started = [pool.submit(blocking, driver, port, client, seed, books[client], errors, over) for client in clients]
    for client in started:
        client.result()  # raises what ended it


async def awaiting(asyncpg, port, client, seed, books, errors, over):
    chance = Chance(seed, client)
    while not over.is_set():
        db = None
        try:
            db = await asyncpg.connect(host="127.0.0.1", port=port, user="app", database="app", ssl=False, timeout=TIMEOUT)
            await db.execute(f"set app.who = 'client-{client}'")
            for _ in range(chance.writes()):
                await asyncio.sleep(chance.pause())
                if over.is_set():
                    break
                values = client, books.write()
                sql = INSERT.format("$1", "$2")
                if chance.is_transaction():
                    async with db.transaction():
                        await db.execute(sql, *values)
                else:
                    await db.execute(sql, *values)
                books.acknowledge()
            await db.close()
        except Exception as e:  # asyncpg has some of its own for a connection lost at the wrong moment
            errors[name_of(e)] += 1
            await asyncio.sleep(0.2)
        if db:
            db.terminate()


def tasks(asyncpg, port, clients, seed, books, errors, over):
    async def everybody():
        await asyncio.gather(*(awaiting(asyncpg, port, client, seed, books[client], errors, over) for client in clients))
    asyncio.run(everybody())


def main():
    name, port, first, count, seed, ledger = sys.argv[1:]
    clients = range(int(first), int(first) + int(count))
    books = {client: Books() for client in clients}
    errors, over = collections.Counter(), threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    crew = tasks if name == "asyncpg" else threads
    crew(__import__(name), int(port), clients, int(seed), books, errors, over)
    with open(ledger, "w") as f:
        json.dump({"errors": errors, "ledgers": {client: "".join(b.lines) for client, b in books.items()}}, f)


main()
