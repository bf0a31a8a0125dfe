"""What the programs of psycopg2 and psycopg 3 do: host port user password dbname scenario variant clients transactions.

run(module, copy, **more): copy(cursor) copies 1000 rows in, commits, and out again; more is for connect()."""
import functools
import sys
import threading

HOST, PORT, USER, PASSWORD, DBNAME, SCENARIO, VARIANT, CLIENTS, TRANSACTIONS = sys.argv[1:]
ELEPHANT = "žluťoučký kůň 日本 🐘"


def one(cursor, sql, args=None):
    cursor.execute(sql, args)
    return cursor.fetchone()


def count(cursor):
    return one(cursor, "select count(*) from items")[0]


def sqlstate(cursor, sql):
    try:
        cursor.execute(sql)
    except Exception as e:
        return e.pgcode if hasattr(e, "pgcode") else e.sqlstate
    return "no error"


def basic(connect, copy):
    conn = connect()
    cur = conn.cursor()
    print("server", one(cur, "show server_version")[0])
    cur.execute("insert into items values (1, 'one')")
    cur.execute("insert into items values (2, 'two')")
    conn.commit()
    print("committed", count(cur))
    cur.execute("insert into items values (3, 'three')")
    conn.rollback()
    print("rolled back", count(cur))
    conn.commit()
    print("duplicate", sqlstate(cur, "insert into items values (1, 'again')"))
    conn.rollback()
    cur.execute("insert into items values (4, 'four')")
    print("error", sqlstate(cur, "select 1 / 0"))
    print("aborted", sqlstate(cur, "select 1"))
    conn.rollback()
    print("after error", count(cur))
    conn.commit()
    conn.autocommit = True
    print("parameters", *one(cur, "select %s::int + 1, upper(%s)", (41, "it's")))
    print("megabyte", *one(cur, "select length(%(big)s), md5(%(big)s)", {"big": "x" * 1048576}))
    print("fetched", len(one(cur, "select repeat('y', 1048576)")[0]))
    print("unicode", *one(cur, "select %(s)s, char_length(%(s)s)", {"s": ELEPHANT}))
    print("null", "yes" if one(cur, "select null")[0] is None else "no")
    print("repeated", sum(one(cur, "select %s::int", (n,))[0] for n in range(1, 8)))
    conn.autocommit = False
    copy(cur)
    conn.close()
    print("closed")


def cancel(connect, _):
    conn = connect()
    conn.autocommit = True
    threading.Thread(target=lambda: sys.stdin.readline() and conn.cancel()).start()
    print("cancelled", sqlstate(conn.cursor(), "select pg_sleep(30)"))
    print(*one(conn.cursor(), "select 'works after'"))


def lost(connect, _):
    """The connection dies under the query."""
    conn = connect()
    conn.autocommit = True
    try:
        conn.cursor().execute("select pg_sleep(30)")
    except Exception as e:
        print("lost", type(e).__name__, str(e).splitlines()[0], bool(conn.closed))
    print(*one(connect().cursor(), "select 'works after'"))


def load(connect, _):
    all_connected = threading.Barrier(int(CLIENTS))
    done = []

    def client(number):
        conn = connect()
        cur = conn.cursor()
        insert = "insert into load_log values (%s, %s)"
        all_connected.wait(60)
        for n in range(int(TRANSACTIONS)):
            if VARIANT == "prepare" and n == 0:
                cur.execute("prepare log (int, int) as insert into load_log values ($1, $2)")
                cur.execute(f"prepare own_{number % 3} as select {number}")  # not all have the same
                insert = "execute log (%s, %s)"
            if VARIANT == "prepare" and one(cur, f"execute own_{number % 3}") != (number,):
                raise AssertionError("another client's statement")
            cur.execute(insert, (number, n))
            cur.execute("select pg_sleep(0.005)")
            conn.commit()
            done.append(1)
        all_connected.wait(60)
        conn.close()

    threads = [threading.Thread(target=client, args=(n,)) for n in range(int(CLIENTS))]
    [t.start() for t in threads]
    [t.join() for t in threads]
    print("ok", len(done))


def run(module, copy, **more):
    connect = functools.partial(module.connect, host=HOST, port=PORT, user=USER, password=PASSWORD, dbname=DBNAME,
                                connect_timeout=20, **more)
    {"basic": basic, "cancel": cancel, "lost": lost, "load": load}[SCENARIO](connect, copy)
