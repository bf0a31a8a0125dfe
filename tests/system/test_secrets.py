"""A password that went through the broker is in none of the places where somebody might find it."""
import os
import pathlib
import resource
import signal
import subprocess

import pytest

from shell import psql
from support import wait
from support.pgwire import Wire
from support.pool import PODPOOL, direct_env

pytestmark = pytest.mark.pooled
WAYS = ("conninfo", "uri", "environment", "passfile", "asked", "wrong", "statement")
ALL_OF_IT = "0x33"  # coredump_filter as the kernel sets it


def secret(way):
    return f"Xq7-{way}-9Kz"


@pytest.fixture
def used(make_pool, postgres_scram, tmp_path):
    """A pool whose broker was started by a program with a password in its environment, and has seen one in every way."""
    pool = make_pool(postgres_scram)
    for way in WAYS:
        postgres_scram.psql(f"create role s_{way} login password '{secret(way)}'")
    passfile = tmp_path / "pgpass"
    passfile.write_text(f"*:*:*:s_passfile:{secret('passfile')}\n")
    passfile.chmod(0o600)
    at = f"{postgres_scram.host}:{postgres_scram.port}"

    def run(way, words="", sql="select 1", **env):
        return psql(postgres_scram, pool.program_env(**env), sql, f"user=s_{way} {words}", cwd=tmp_path,
                    capture_output=True)

    assert run("environment", PGPASSWORD=secret("environment")).returncode == 0
    pool.settings = {}
    assert run("conninfo", f"password={secret('conninfo')}").returncode == 0
    assert run("passfile", PGPASSFILE=str(passfile)).returncode == 0
    assert run("wrong", "password=" + secret("wrong") + "-not").returncode == 2
    uri = f"postgresql://s_uri:{secret('uri')}@{at}/app"
    assert subprocess.run(["psql", "-Xc", "select 1", uri], env=pool.program_env(), capture_output=True,
                          cwd=tmp_path).returncode == 0
    change = "alter role s_statement password 'Xq7-changed-9Kz'; select 1 as \"Xq7-changed-9Kz\" from nothing"
    assert run("statement", f"password={secret('statement')}", change).returncode != 0
    with pool.dialer() as dialer:
        wire = Wire(dialer.connect(postgres_scram.host, postgres_scram.port))
        wire.login("s_asked", password=secret("asked")).ask("select 1")
        yield pool
    postgres_scram.psql("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename like 's\\_%'")
    for way in WAYS:
        postgres_scram.psql(f"drop role s_{way}")


def found_in(data):
    return [way for way in (*WAYS, "changed") if f"Xq7-{way}".encode() in data]


def test_not_in_log_status_command_line_or_environment(used):
    pid = used.broker_pid
    log = (used.dir / "log").read_bytes()
    assert b"debug: " in log  # it is the right one
    assert found_in(log) == []
    for name in ("cmdline", "environ"):
        assert found_in(pathlib.Path(f"/proc/{pid}/{name}").read_bytes()) == []
    assert b"PODPOOL_DIR=" in pathlib.Path(f"/proc/{pid}/environ").read_bytes()
    assert found_in(repr(used.status()).encode()) == []


def test_nor_is_what_a_sidecar_was_started_with(make_pool, postgres_trust):
    pool = make_pool(postgres_trust)
    broker = subprocess.Popen([PODPOOL, "broker", "--dir", pool.dir], stderr=subprocess.DEVNULL,
                              env=direct_env(PGPASSWORD=secret("environment"), PGUSER="x", PODPOOL_LOG="debug"))
    try:
        wait.until(pool.is_up, "it listens")
        environ = pathlib.Path(f"/proc/{broker.pid}/environ").read_bytes()
        assert found_in(environ) == [] and b"PODPOOL_LOG=debug" in environ
    finally:
        broker.terminate()
        assert broker.wait(10) == 0


def test_no_core_is_written(used):
    limits = pathlib.Path(f"/proc/{used.broker_pid}/limits").read_text()
    assert next(line for line in limits.splitlines() if "core file" in line).split()[4] == "0"


@pytest.mark.release
@pytest.mark.parametrize("filtered", [True, False], ids=["filtered", "the test finds what is there"])
def test_nor_has_it_anything_in_it(filtered, used):
    """Where a handler takes cores through a pipe, the limit does not hold; what is in them was decided at the start."""
    if os.getuid() != 0 or pathlib.Path("/proc/sys/kernel/core_pattern").read_text().startswith(("|", "/")):
        pytest.skip("needs root, and a core file in the working directory")
    pid = used.broker_pid
    if not filtered:
        pathlib.Path(f"/proc/{pid}/coredump_filter").write_text(ALL_OF_IT)
    most = resource.prlimit(pid, resource.RLIMIT_CORE)[1]
    if most != resource.RLIM_INFINITY:
        pytest.skip("no core files here: ulimit -Hc")
    resource.prlimit(pid, resource.RLIMIT_CORE, (most, most))
    os.kill(pid, signal.SIGABRT)
    wait.until(lambda: wait.gone(pid), "it is gone", 30)
    (core,) = used.dir.glob("core*")
    assert bool(found_in(core.read_bytes())) != filtered
