"""Every driver says the same through the pool as without it: by trust and by password, on few servers."""
import re

import pytest

import driver_table
from programs import Programs
from support import wait
from support.pool import direct_env
from support.serverlog import ServerLog

CLIENTS, TRANSACTIONS = 20, 10
ALL = [pytest.param(d, id=d.name) for d in driver_table.ALL]
CANCELLERS = [pytest.param(d, id=d.name) for d in driver_table.ALL if d.cancel]


@pytest.fixture
def programs(java, postgres, tmp_path):
    """programs(driver, env) -> Programs, with empty tables."""
    def make(driver, env, **more):
        postgres.psql(driver_table.TABLES, db="app")
        return Programs(driver, env, postgres, java, tmp_path / "programs", **more)
    return make


def was_pooled(pool):
    """php-fpm ends by SIGTERM, all its processes: then the broker may have left with them, and its last words count."""
    try:
        return pool.status()["totals"]["transactions"] > 0
    except AssertionError:  # nobody answers
        return re.search(r"the broker ends: [1-9]\d* transactions", pool.stderr_text()) is not None


@pytest.mark.parametrize("driver", ALL)
def test_same_words_direct_and_pooled(driver, postgres, make_pool, programs):
    with programs(driver, direct_env()) as direct:
        expected = direct.run("basic")
    assert expected[0] == 0, expected[2]
    if not driver.name.startswith("pgbench"):
        assert expected[1] == driver_table.expected_basic(driver, postgres)
    pool = make_pool(postgres)
    with programs(driver, pool.env()) as pooled:
        assert pooled.run("basic") == expected
    if pool.pooled:
        assert was_pooled(pool), "the program was not pooled at all"


@pytest.mark.parametrize("driver", CANCELLERS)
def test_cancels_its_query_and_goes_on(driver, postgres, make_pool, programs):
    pool = make_pool(postgres)
    with programs(driver, pool.env()) as pooled:
        log = ServerLog(postgres)
        process = pooled.start("cancel")
        running(postgres)
        pooled.cancel_now(process)
        status, out, err = pooled.finish(process, seconds=20)  # the query itself would take 30 s
    assert (status, out) == (0, "cancelled 57014\nworks after\n"), err
    assert log.text().count("canceling statement due to user request") == 1


@pytest.mark.parametrize("driver", ALL)
def test_twenty_clients_at_once(driver, postgres, make_pool, programs):
    """On 4 servers, whatever the driver sets and prepares by itself."""
    pool = make_pool(postgres)
    env = pool.env(MAX_SERVERS=4)
    log = ServerLog(postgres)
    processes, clients = (1, CLIENTS) if driver.one_process else (CLIENTS, 1)
    with programs(driver, env, fpm_workers=CLIENTS) as pooled:
        running = [pooled.start("load", clients, TRANSACTIONS) for _ in range(processes)]
        answers = [pooled.finish(p) for p in running]
        pins = pool.status()["totals"]["pins"] if pool.pooled else {}
    assert [a[0] for a in answers] == [0] * processes, answers
    rows = int(postgres.psql("select count(*) from load_log", db="app"))
    assert rows == CLIENTS * TRANSACTIONS
    if not driver.name.startswith("pgbench"):
        assert [a[1] for a in answers] == [f"ok {clients * TRANSACTIONS}\n"] * processes
    if pool.pooled:
        assert log.peak <= 4
        assert not pins


def running(postgres, query="select pg_sleep(30)"):
    """Waits until the database works on this query."""
    sql = f"select pid from pg_stat_activity where state = 'active' and query like '{query}%'"
    return wait.until(lambda: postgres.psql(sql), f"the server runs {query}", seconds=30)
