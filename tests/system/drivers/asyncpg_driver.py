"""asyncpg (variant nocache: statement_cache_size=0): host port user password dbname scenario variant clients
transactions."""
import asyncio
import io
import sys

import asyncpg

HOST, PORT, USER, PASSWORD, DBNAME, SCENARIO, VARIANT, CLIENTS, TRANSACTIONS = sys.argv[1:]
ELEPHANT = "žluťoučký kůň 日本 🐘"


async def connect():
    settings = {"statement_cache_size": 0} if VARIANT == "nocache" else {}
    return await asyncpg.connect(host=HOST, port=int(PORT), user=USER, password=PASSWORD, database=DBNAME, timeout=30,
                                 ssl=False, **settings)


async def count(conn):
    return await conn.fetchval("select count(*) from items")


async def sqlstate(conn, sql):
    try:
        await conn.fetch(sql)
    except asyncpg.PostgresError as e:
        return e.sqlstate
    return "no error"


async def transactions(conn):
    async with conn.transaction():
        await conn.execute("insert into items values (1, 'one')")
        await conn.execute("insert into items values ($1, $2)", 2, "two")
    print("committed", await count(conn))
    tx = conn.transaction()
    await tx.start()
    await conn.execute("insert into items values (3, 'three')")
    await tx.rollback()
    print("rolled back", await count(conn))
    print("duplicate", await sqlstate(conn, "insert into items values (1, 'again')"))
    tx = conn.transaction()
    await tx.start()
    await conn.execute("insert into items values (4, 'four')")
    print("error", await sqlstate(conn, "select 1 / 0"))
    print("aborted", await sqlstate(conn, "select 1"))
    await tx.rollback()
    print("after error", await count(conn))


async def basic():
    conn = await connect()
    print("server", await conn.fetchval("show server_version"))
    await transactions(conn)
    print("parameters", *await conn.fetchrow("select $1::int + 1, upper($2)", 41, "it's"))
    print("megabyte", *await conn.fetchrow("select length($1::text), md5($1::text)", "x" * 1048576))
    print("fetched", len(await conn.fetchval("select repeat('y', 1048576)")))
    print("unicode", *await conn.fetchrow("select $1::text, char_length($1::text)", ELEPHANT))
    print("null", "yes" if await conn.fetchval("select null") is None else "no")
    print("repeated", sum([await conn.fetchval("select $1::int", n) for n in range(1, 8)]))
    await conn.copy_records_to_table("items", records=[(n, f"row {n}") for n in range(1001, 2001)])
    print("copied in", await conn.fetchval("select count(*) from items where id > 1000"))
    out = io.BytesIO()
    await conn.copy_from_query("select * from items where id > 1000 order by id", output=out)
    print("copied out", len(out.getvalue().splitlines()))
    await conn.close()
    print("closed")


async def cancel():
    """asyncpg cancels what a task waits for when the task is cancelled: its own means."""
    conn = await connect()
    sleeper = asyncio.create_task(conn.execute("select pg_sleep(30)"))
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    sleeper.cancel()
    try:
        await sleeper
    except asyncio.CancelledError:
        print("cancelled 57014")  # asyncpg keeps the server's words to itself
    print(await conn.fetchval("select 'works after'"))
    await conn.close()


async def lost():
    """The connection dies under the query."""
    conn = await connect()
    try:
        await conn.execute("select pg_sleep(30)")
    except (asyncpg.PostgresError, OSError) as e:
        print("lost", type(e).__name__, e, conn.is_closed())
    conn = await connect()
    print(await conn.fetchval("select 'works after'"))
    await conn.close()


async def load():
    connections = await asyncio.gather(*[connect() for _ in range(int(CLIENTS))])

    async def client(number, conn):
        for n in range(int(TRANSACTIONS)):
            async with conn.transaction():
                await conn.execute("insert into load_log values ($1, $2)", number, n)
                await conn.execute("select pg_sleep(0.005)")
        return int(TRANSACTIONS)

    done = await asyncio.gather(*[client(n, c) for n, c in enumerate(connections)])
    await asyncio.gather(*[c.close() for c in connections])
    print("ok", sum(done))


asyncio.run({"basic": basic, "cancel": cancel, "lost": lost, "load": load}[SCENARIO]())
