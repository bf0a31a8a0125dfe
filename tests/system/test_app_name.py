"""application_name is a client's own: programs of different names share the servers."""
import subprocess
import threading

import pytest

from support import pgwire

SEEN = "select application_name from pg_stat_activity where pid = pg_backend_pid()"


def restores(postgres, since=0):
    return postgres.log_text()[since:].count("set_config(E'application_name'")


@pytest.fixture
def said_by(own_postgres):
    """A database that logs each statement it is told."""
    own_postgres.psql("alter system set log_statement = 'all'")
    own_postgres.psql("select pg_reload_conf()")
    return own_postgres


@pytest.mark.pooled
def test_programs_of_different_names_share_servers(raw, pool):
    wires = {f"program {n}": raw(MAX_SERVERS=4).login(application_name=f"program {n}") for n in range(20)}
    for name, wire in wires.items():
        assert wire.settings["application_name"] == name
    wrong = []

    def work(name, wire):
        for _ in range(25):
            wrong.extend(row for row in wire.ask(SEEN) if row != [name])

    threads = [threading.Thread(target=work, args=job) for job in wires.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong
    status = pool.status()
    assert len(status["pools"]) == 1 and "application_name" not in status["pools"][0]["settings"]
    assert status["pools"][0]["servers"] <= 4
    assert {c["application_name"] for c in status["clients"]} == set(wires)


@pytest.mark.pooled
def test_equal_names_cost_nothing(make_pool, said_by):
    """Each server is told once, by its first client."""
    pool = make_pool(said_by)
    done = subprocess.run(["pgbench", "-n", "-c8", "-j2", "-t50", "-f", "/dev/stdin", "-h", said_by.host, "-p",
                           str(said_by.port), "-U", "app", "app"], input="select 1;\n", env=pool.env(MAX_SERVERS=3),
                          text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "number of transactions actually processed: 400/400" in done.stdout
    assert 1 <= restores(said_by) <= 3


@pytest.mark.pooled
def test_no_name_or_the_servers_own_costs_nothing(make_pool, said_by):
    said_by.psql("alter role app set application_name = 'app of ours'")
    pool = make_pool(said_by)
    with pool.dialer(MAX_SERVERS=1) as dialer:
        for settings in ({}, {"application_name": "app of ours"}):
            wire = pgwire.Wire(dialer.connect(said_by.host, said_by.port)).login(**settings)
            assert wire.settings["application_name"] == "app of ours"
            assert wire.ask(SEEN) == [["app of ours"]]
            wire.sock.close()
    assert restores(said_by) == 0


def test_set_by_the_program_is_shown_by_status(raw, pool):
    wire = raw().login(application_name="first")
    wire.ask("set application_name = 'second'")
    assert wire.ask(SEEN) == [["second"]]
    if pool.pooled:
        assert pool.client_of("second") and not pool.client_of("first")
    wire.ask("reset all")
    assert wire.ask(SEEN) == [["first"]]
    if pool.pooled:
        assert pool.client_of("first")


def test_a_name_never_stays_with_a_server(raw):
    """Who gave none has none, whoever had the server before."""
    named, nameless = raw(MAX_SERVERS=1).login(application_name="named"), raw().login()
    for _ in range(3):
        assert named.ask(SEEN) == [["named"]]
        assert nameless.ask(SEEN) == [[""]]
