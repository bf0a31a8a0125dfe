"""Sixty-four clients of each driver on four servers: nobody is ever pinned, by nothing a driver does by itself."""
import pytest

import driver_table
from driver_table import Driver, PYTHON, RUBY, script
from programs import Programs
from support.serverlog import ServerLog

CLIENTS, TRANSACTIONS, SERVERS = 64, 10, 4
SQL_PREPARE = Driver("psycopg2-sql-prepare", script(PYTHON, "psycopg2_driver.py"), "prepare", cancel="")
RAILS = Driver("active-record", script(RUBY, "active_record.rb"), cancel="")
LEFT_OUT = ("psql", "php-fpm-pgsql", "php-fpm-pdo", "dbd-pg-noprepare", "php-pgsql")  # the same words as others say
ALL = [pytest.param(d, id=d.name) for d in (*driver_table.ALL, RAILS, SQL_PREPARE) if d.name not in LEFT_OUT]


@pytest.mark.parametrize("driver", ALL)
def test_64_clients_on_4_servers(driver, postgres_trust, pool, java, tmp_path):
    postgres_trust.psql(driver_table.TABLES, db="app")
    env = pool.env(MAX_SERVERS=SERVERS, LOG="info")
    log = ServerLog(postgres_trust)
    processes, clients = (1, CLIENTS) if driver.one_process else (CLIENTS, 1)
    with Programs(driver, env, postgres_trust, java, tmp_path / "programs") as programs:
        answers = [programs.finish(p) for p in [programs.start("load", clients, TRANSACTIONS) for _ in range(processes)]]
    assert [a[0] for a in answers] == [0] * processes, [a for a in answers if a[0]][:1]
    assert postgres_trust.psql("select count(*) from load_log", db="app") == str(CLIENTS * TRANSACTIONS)
    if pool.pooled:
        totals = pool.status()["totals"]
        assert log.peak <= SERVERS
        assert totals["transactions"] >= CLIENTS * TRANSACTIONS
        assert totals["pins"] == {}
