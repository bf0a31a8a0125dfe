"""podpool status says what is so."""
import os
import subprocess

import pytest

from support import pgwire
from support.pool import PODPOOL, direct_env

pytestmark = pytest.mark.pooled


def test_numbers_follow_what_happens(raw, pool):
    busy, idle = raw(MAX_SERVERS=3).login(application_name="busy"), raw().login(application_name="busy")
    for _ in range(5):
        idle.ask("select 1")
    busy.ask("begin")
    status = pool.status()
    assert status["state"] == "run" and status["uptime_ms"] >= 0 and status["version"]
    totals = status["totals"]
    assert (totals["clients"], totals["servers"], totals["lent"], totals["idle"]) == (2, 1, 1, 0)
    assert (totals["waiting"], totals["tunnels"], totals["pins"]) == (0, 0, {})
    assert status["cap"]["max"] == 3 and 1 <= status["cap"]["servers"] <= 3 and status["cap"]["reason"]
    (one_pool,) = [p for p in status["pools"] if p["clients"]]
    assert (one_pool["user"], one_pool["database"], one_pool["servers"], one_pool["lent"]) == ("app", "app", 1, 1)
    assert one_pool["destination"] == f"127.0.0.1:{pool.postgres.port}"
    assert one_pool["server_version"].startswith("15")
    rows = sorted(status["clients"], key=lambda c: c["transactions"])
    assert [c["transactions"] for c in rows][1] == 5
    assert {c["application_name"] for c in rows} == {"busy"} and len({c["id"] for c in rows}) == 2
    assert int(busy.ask(pgwire.PID)[0][0]) in [c["server_pid"] for c in status["clients"]]
    busy.ask("commit")
    totals = pool.status()["totals"]
    assert (totals["lent"], totals["idle"], totals["transactions"]) == (0, 1, 6)
    busy.bye()
    idle.bye()
    assert pool.settle()["totals"]["servers"] == 1


@pytest.mark.parametrize("value", ["\u00e9" * 400, "x" + "\u00e9" * 400])
def test_a_pool_is_shown_however_its_settings_are_cut(value, raw, pool):
    """They are longer than what is shown: the end falls between characters with one of the two, into one with the other."""
    assert raw().login(**{"app.x": value}).ask("show app.x") == [[value]]
    (shown,) = [p for p in pool.status()["pools"] if p["clients"]]
    assert "app.x=" + value[:100] in shown["settings"]


def test_a_pool_is_shown_when_its_users_name_is_no_utf8(make_pool, own_postgres):
    own_postgres.psql("create database latin encoding 'LATIN1' locale 'C' template template0")
    own_postgres.psql("set client_encoding = 'UTF8'; create role \"caf\u00e9\" login", db="latin")
    pool = make_pool(own_postgres)
    with pool.dialer() as dialer, dialer.connect(own_postgres.host, own_postgres.port) as sock:
        wire = pgwire.Wire(sock)
        wire.send(pgwire.startup("caf?", "latin").replace(b"caf?", b"caf\xe9"))
        assert wire.until(b"Z", b"E")[-1][0] == b"Z"
        shown = {(p["user"], p["database"], p["clients"]) for p in pool.status()["pools"]}
    assert ("caf?", "latin", 1) in shown


def test_client_row_knows_the_programs_pid(raw, pool):
    raw().login().ask("select 1")
    (client,) = pool.status()["clients"]
    with open(f"/proc/{client['pid']}/cmdline") as cmdline:
        assert "dialer.py" in cmdline.read()


def test_for_people(raw, pool):
    raw().login().ask("create temp table mine (n int)")
    done = subprocess.run([PODPOOL, "status", "--dir", pool.dir], capture_output=True, text=True, env=direct_env())
    assert (done.returncode, done.stderr) == (0, "")
    assert "app" in done.stdout and "temp" in done.stdout


def test_without_a_broker(tmp_path):
    done = subprocess.run([PODPOOL, "status", "--dir", tmp_path], capture_output=True, text=True, env=direct_env())
    assert done.returncode != 0 and done.stdout == "" and str(tmp_path) in done.stderr
    assert os.listdir(tmp_path) == []


def test_three_hundred_idle_clients_cost_little(raw, pool):
    raw(MAX_SERVERS=4).login().bye()
    before = pool.resident_kb()
    wires = [raw().login() for _ in range(300)]
    wires[0].ask("select 1")
    assert pool.status()["totals"]["clients"] == 300
    assert pool.resident_kb() - before < 300 * 4 + 4096
