"""psycopg2: the arguments of psycopg_scenarios.py."""
import io

import psycopg2

from psycopg_scenarios import one, run


def copy(cur):
    cur.copy_expert("copy items from stdin", io.StringIO("".join(f"{n}\trow {n}\n" for n in range(1001, 2001))))
    cur.connection.commit()
    print("copied in", one(cur, "select count(*) from items where id > 1000")[0])
    out = io.StringIO()
    cur.copy_expert("copy (select * from items where id > 1000 order by id) to stdout", out)
    print("copied out", len(out.getvalue().splitlines()))


run(psycopg2, copy)
