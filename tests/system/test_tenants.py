"""No tenant ever sees another's settings: fifty clients on five servers, whatever happens to some of them.

PP_TENANT_TRANSACTIONS=100000 makes it the long run: PP_TENANT_TRANSACTIONS=100000 scripts/test system -- -k tenants
"""
import os
import pathlib
import subprocess
import sys

import pytest

import tenants
from support.serverlog import ServerLog

LEAVING = 5  # a session whose client vanished ends with its query: its place may be taken before
TRANSACTIONS = int(os.environ.get("PP_TENANT_TRANSACTIONS", "5000"))


@pytest.mark.parametrize("lending", [{}, {"LEND": "rotate", "MIN_SERVERS": 5}], ids=["last", "rotate"])
def test_tenants_see_their_own(lending, own_postgres, make_pool):
    own_postgres.psql(";\n\n".join(tenants.SETUP), db="app")
    pool = make_pool(own_postgres)
    env = pool.env(MAX_SERVERS=5, LOG="info", **lending)
    log = ServerLog(own_postgres)
    program = pathlib.Path(tenants.__file__)
    done = subprocess.run([sys.executable, program, own_postgres.host, str(own_postgres.port), str(TRANSACTIONS), "1"],
                          env=env, capture_output=True, text=True, timeout=60 + TRANSACTIONS / 50)
    assert done.returncode == 0, done.stderr[-3000:]
    assert own_postgres.psql("select count(*) from work where tenant = 'gone'", db="app") == "0"
    assert own_postgres.psql("select count(*) from work where tenant <> 't' || n", db="app") == "0"
    if pool.pooled:
        assert log.peak <= 5 + LEAVING
        totals = pool.status()["totals"]
        assert totals["servers"] <= 5
        assert totals["pins"] == {}
