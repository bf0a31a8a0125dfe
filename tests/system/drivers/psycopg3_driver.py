"""psycopg 3 (variant noprepare: prepare_threshold=None): the arguments of psycopg_scenarios.py."""
import psycopg

from psycopg_scenarios import VARIANT, one, run


def copy(cur):
    with cur.copy("copy items from stdin") as rows:
        for n in range(1001, 2001):
            rows.write_row((n, f"row {n}"))
    cur.connection.commit()
    print("copied in", one(cur, "select count(*) from items where id > 1000")[0])
    with cur.copy("copy (select * from items where id > 1000 order by id) to stdout") as rows:
        print("copied out", sum(1 for _ in rows.rows()))


run(psycopg, copy, **({"prepare_threshold": None} if VARIANT == "noprepare" else {}))
