"""The broker is everybody's, whoever connected first: limits, the directory it stood in."""
import os
import resource
import shutil
import subprocess
import sys

import pytest

from shell import psql, said
from support import wait
from support.pool import KNOCK, PODPOOL, direct_env

pytestmark = pytest.mark.pooled


@pytest.fixture
def first(pool):
    """first(ulimits): a program with these limits connects first -> the pid of the broker."""
    def connect(ulimits, **more):
        pool.settings = {}
        with open(pool.stderr, "ab") as stderr:
            subprocess.run(["bash", "-c", f'{ulimits}; exec "$@"', "bash", sys.executable, "-c", KNOCK, pool.postgres.host,
                            str(pool.postgres.port)], env=pool.program_env(**more), stderr=stderr, timeout=60, check=True)
        return pool.broker_pid
    return connect


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        return sum(map(int, stat.read().rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")


def test_a_limit_of_processor_time_was_meant_for_the_program(first, pool):
    pid = first("ulimit -St 1")
    load = subprocess.Popen(["pgbench", "-n", "-c8", "-T300", "-f", "/dev/stdin", "-h", pool.postgres.host, "-p",
                             str(pool.postgres.port), "-U", "app", "app"], env=pool.program_env(PGPASSWORD="app-secret"),
                            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with load:
        load.stdin.write(b"select 1\n")
        load.stdin.close()
        try:
            wait.until(lambda: wait.gone(pid) or cpu_seconds(pid) > 1.5, "it has worked for longer", seconds=120)
            assert not wait.gone(pid) and pool.broker_pid == pid
            assert load.poll() is None
        finally:
            load.kill()
    assert "processor time" not in pool.stderr_text()


def test_soft_limits_are_lifted_as_far_as_may_be(first):
    pid = first("ulimit -St 60; ulimit -Sf 64; ulimit -Hf 10000; ulimit -Ss 1024; ulimit -Sn 100")
    for kind in (resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_STACK, resource.RLIMIT_NOFILE):
        soft, hard = resource.prlimit(pid, kind)
        assert soft == hard, kind
    assert resource.prlimit(pid, resource.RLIMIT_FSIZE)[1] == 10000 << 10


def test_what_will_kill_it_is_in_the_log(first, pool):
    first("ulimit -t 60")
    assert "killed after 60 s of processor time" in pool.stderr_text()


def test_the_log_is_as_long_as_it_may_be_and_the_broker_lives(first, pool):
    pid = first("ulimit -f 1")
    for _ in range(30):
        assert said(psql(pool.postgres, pool.program_env(), "select 1")) == (0, "1\n", "")
    wait.until(lambda: pool.stderr.stat().st_size == 1024, "no more fits in")
    assert pool.broker_pid == pid


def test_it_stands_elsewhere_and_finds_what_was_named_from_there(make_pool, postgres_tls, tmp_path, monkeypatch):
    """In whose directory it stood, that could not be unmounted."""
    pool = make_pool(postgres_tls)
    home, settings = tmp_path / "home", "max_servers = {}\nclient_tls = terminate\nclient_tls_cert = cert.pem\n"
    settings += "client_tls_key = tls/key.pem\n"
    (home / "tls").mkdir(parents=True)
    shutil.copy(postgres_tls.root_cert, home / "cert.pem")
    shutil.copy(postgres_tls.workdir / "server.key", home / "tls/key.pem")
    (home / "podpool.ini").write_text(settings.format(3))
    monkeypatch.chdir(home)
    pool.settings = {"CONFIG": "podpool.ini", "MAX_SERVERS": ""}
    pool.knock()
    monkeypatch.chdir("/")
    pid = pool.broker_pid
    assert os.readlink(f"/proc/{pid}/cwd") == str(pool.dir)
    assert pool.status()["cap"]["max"] == 3
    (home / "podpool.ini").write_text(settings.format(2))
    pool.until_status(lambda s: s["cap"]["max"] == 2, "it is read again")
    assert "error: " not in pool.stderr_text()


def test_begun_by_hand_it_finds_its_directory(pool, tmp_path):
    pool.settings = {}
    with open(pool.stderr, "ab") as stderr:
        broker = subprocess.Popen([PODPOOL, "broker", "--dir", pool.dir.name], cwd=pool.dir.parent, env=direct_env(),
                                  stderr=stderr)
    try:
        wait.until(pool.is_up, "it listens")
        assert os.readlink(f"/proc/{broker.pid}/cwd") == str(pool.dir)
        pool.dir.rename(pool.dir.with_name("elsewhere"))
        wait.until(pool.is_up, "its directory is made again")
    finally:
        broker.terminate()
        assert broker.wait(10) == 0
