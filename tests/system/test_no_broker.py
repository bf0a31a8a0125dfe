"""Without a broker, or with one that dies, a program sees what it would see without podpool."""
import os
import shutil
import signal
import subprocess
import types

import pytest

import driver_table
from programs import Programs
from shell import psql
from support import wait
from support.forwarder import Forwarder
from support.pool import SHIM, direct_env

ALL = [pytest.param(d, id=d.name) for d in driver_table.ALL]


def tables(postgres):
    postgres.psql(driver_table.TABLES, db="app")


@pytest.fixture(scope="session")
def said_directly(java, postgres_trust, tmp_path_factory):
    """said_directly(driver): what its basic scenario prints without podpool; asked once."""
    known = {}

    def ask(driver):
        if driver not in known:
            tables(postgres_trust)
            with Programs(driver, direct_env(), postgres_trust, java, tmp_path_factory.mktemp("direct")) as direct:
                known[driver] = direct.run("basic")
        return known[driver]
    return ask


@pytest.fixture
def lonely_shim(tmp_path):
    """libpodpool.so as somebody copies it into an image alone, without bin/podpool beside lib/."""
    lib = tmp_path / "opt" / "lib"
    lib.mkdir(parents=True)
    return shutil.copy(SHIM, lib)


@pytest.mark.pooled
@pytest.mark.parametrize("driver", ALL)
def test_without_broker_binary(driver, pool, java, tmp_path, said_directly, lonely_shim, postgres_trust):
    expected = said_directly(driver)
    tables(postgres_trust)
    env = pool.program_env() | {"LD_PRELOAD": str(lonely_shim)}
    with Programs(driver, env, postgres_trust, java, tmp_path / "programs") as programs:
        assert programs.run("basic") == expected


@pytest.mark.pooled
@pytest.mark.parametrize("driver", ALL)
def test_with_a_directory_that_cannot_be(driver, pool, java, tmp_path, said_directly, postgres_trust):
    expected = said_directly(driver)
    tables(postgres_trust)
    env = pool.program_env() | {"PODPOOL_DIR": "/proc/nonexistent"}
    with Programs(driver, env, postgres_trust, java, tmp_path / "programs") as programs:
        assert programs.run("basic") == expected


DIRECTORIES = {  # name -> (mode, owner)
    "read-only": (0o555, "nobody"),
    "of-root": (0o700, "root"),
    "of-somebody-else-and-open-to-all": (0o777, 54321),
}


@pytest.mark.pooled
@pytest.mark.parametrize("name", DIRECTORIES)
def test_unprivileged_user_with_an_unusable_directory(name, pool, postgres_trust, scratch, installed):
    if os.getuid() != 0:
        pytest.skip("needs root to become somebody else")
    mode, owner = DIRECTORIES[name]
    folder = scratch / "run"
    folder.mkdir()
    shutil.chown(folder, owner)
    folder.chmod(mode)
    env = pool.program_env() | {"LD_PRELOAD": str(installed / "lib/libpodpool.so"), "PODPOOL_DIR": str(folder)}
    done = psql(postgres_trust, env, command=["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"],
                capture_output=True, cwd="/")
    assert (done.returncode, done.stdout, done.stderr) == (0, "answer\n", "")
    assert list(folder.iterdir()) == []


@pytest.mark.pooled
def test_switched_off(pool, postgres_trust):
    done = psql(postgres_trust, pool.program_env() | {"PODPOOL": "off"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "answer\n", "")
    assert list(pool.dir.iterdir()) == []


@pytest.mark.pooled
def test_other_destinations_are_left_alone(pool, postgres_trust):
    done = psql(postgres_trust, pool.program_env() | {"PODPOOL_TARGETS": "*:1"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "answer\n", "")
    assert list(pool.dir.iterdir()) == []


@pytest.mark.pooled
def test_nobody_listens_there(pool):
    """Connection refused is said by the kernel of the real destination, broker or not."""
    nobody = types.SimpleNamespace(host="127.0.0.1", port=1)
    direct = psql(nobody, direct_env())
    env = pool.env(TARGETS=f"*:1,*:{pool.postgres.port}")
    pooled = psql(nobody, env)
    assert pooled.returncode == direct.returncode == 2
    assert "Connection refused" in direct.stderr
    assert pooled.stdout == ""


LOSERS = [pytest.param(d, id=d.name) for d in driver_table.ALL if not d.name.startswith("pgbench-prep")]


@pytest.mark.parametrize("driver", LOSERS)
def test_broker_killed_in_the_middle_of_a_query(driver, pool, java, tmp_path, postgres_trust):
    """The program says what it says when any connection dies, and its next connection works."""
    with Forwarder(postgres_trust.port) as forwarder:
        through = types.SimpleNamespace(host="127.0.0.1", port=forwarder.port)
        with Programs(driver, direct_env(), through, java, tmp_path / "direct") as programs:
            expected = lose(programs, postgres_trust, forwarder.kill_connections)
    assert expected[1].endswith("works after\n"), expected
    if pool.pooled:
        with Programs(driver, pool.env(MAX_SERVERS=4, IDLE_TIMEOUT="60s"), postgres_trust, java,
                      tmp_path / "pooled") as programs:
            first = pool.broker_pid
            assert lose(programs, postgres_trust, lambda: os.kill(first, signal.SIGKILL)) == expected


def lose(programs, postgres, kill):
    process = programs.start("lost")
    sleeping = "select pid from pg_stat_activity where state = 'active' and query like 'select pg_sleep(30)%'"
    pid = wait.until(lambda: postgres.psql(sleeping), "the query runs", seconds=30)
    kill()
    try:
        return programs.finish(process, seconds=20)
    finally:  # PostgreSQL notices a lost client only when it has something to say
        postgres.psql(f"select pg_terminate_backend({pid}, 5000)")


@pytest.mark.pooled
def test_a_shell_that_reads_the_output_does_not_wait_for_the_broker(pool, postgres_trust):
    """`x=$(psql ... 2>&1)`: the broker that psql starts must not keep the pipe open."""
    done = psql(postgres_trust, pool.program_env(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0 and done.stdout.endswith("answer\n")
    assert pool.status()["totals"]["transactions"] == 1


@pytest.mark.pooled
@pytest.mark.release  # who has waited two seconds for the broker goes without, and a sanitized one is slow to begin
def test_many_programs_start_one_broker(pool, postgres_trust):
    command = ["psql", "-XAtq", "-d", postgres_trust.dsn("app", user="app"), "-c", "select 'answer'"]
    many = [subprocess.Popen(command, env=pool.program_env(), stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.DEVNULL) for _ in range(16)]
    assert [p.communicate(timeout=60)[0] for p in many] == ["answer\n"] * 16
    status = pool.status()
    assert status["totals"]["transactions"] == 16, "some were not pooled, or by another broker"
