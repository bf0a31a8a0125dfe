"""Settings read again while everybody works: on SIGHUP, `podpool reload`, or when the file has changed."""
import os
import signal
import subprocess

import pytest

from support.pool import PODPOOL, direct_env

pytestmark = pytest.mark.pooled


@pytest.fixture
def settings(tmp_path, raw, pool):
    """The file; the pool was started with max_servers = 1 in it."""
    file = tmp_path / "podpool.ini"
    file.write_text("max_servers = 1\nwait_timeout = 20s\n")
    raw(CONFIG=file, MAX_SERVERS="").login().ask("select 1")
    assert pool.status()["cap"]["max"] == 1
    return file


def write(file, text):
    """Whole or not at all: the broker may look at any moment."""
    aside = file.with_suffix(".new")
    aside.write_text(text)
    os.replace(aside, file)


def reload(pool):
    done = subprocess.run([PODPOOL, "reload", "--dir", pool.dir], capture_output=True, text=True, timeout=30,
                          env=direct_env())
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.mark.parametrize("how", ["signal", "command", "file"])
def test_a_new_limit_is_in_force_at_once_and_nobody_is_disturbed(how, settings, raw, pool):
    busy = raw().login()
    busy.ask("begin")
    write(settings, "max_servers = 3\nwait_timeout = 20s\n")
    if how == "signal":
        os.kill(pool.broker_pid, signal.SIGHUP)
    elif how == "command":
        assert reload(pool) == (0, "")
    pool.until_status(lambda s: s["cap"]["max"] == 3, "the new limit")
    others = [raw().login() for _ in range(2)]
    for other in others:
        other.ask("begin")  # each has a server of its own now
    assert busy.ask("select 1") == [["1"]]
    for wire in (busy, *others):
        wire.ask("commit")


def test_less_is_also_possible(settings, raw, pool):
    write(settings, "max_servers = 3\n")
    assert reload(pool) == (0, "")
    pool.until_status(lambda s: s["cap"]["max"] == 3, "more")
    wires = [raw().login() for _ in range(3)]
    for wire in wires:
        wire.ask("begin")
    write(settings, "max_servers = 1\n")
    assert reload(pool) == (0, "")
    for wire in wires:
        wire.ask("commit")
    pool.until_status(lambda s: s["totals"]["servers"] == 1, "one is left")
    assert wires[0].ask("select 1") == [["1"]]


def test_a_bad_file_is_refused_whole_with_line_and_reason(settings, raw, pool):
    write(settings, "max_servers = 3\nwait_timeout = soon\n")
    status, said = reload(pool)
    assert status == 1 and "podpool.ini line 2: PODPOOL_WAIT_TIMEOUT: 'soon' is not a duration" in said
    assert "the settings stay as they were" in pool.stderr_text()
    assert raw().login().ask("select 1") == [["1"]]
    assert pool.status()["cap"]["max"] == 1
    settings.unlink()
    status, said = reload(pool)
    assert status == 1 and "cannot open" in said
    write(settings, "max_servers = 2\n")
    assert reload(pool) == (0, "")


def test_the_mode_stays(settings, pool):
    write(settings, "mode = session\nmax_servers = 2\n")
    status, said = reload(pool)
    assert status == 0 and "PODPOOL_MODE stays" in said
    pool.until_status(lambda s: s["cap"]["max"] == 2, "the rest is taken")


def test_a_bad_certificate_is_refused_too(settings, pool):
    write(settings, "max_servers = 2\nclient_tls = terminate\nclient_tls_cert = /nowhere\n")
    status, said = reload(pool)
    assert status == 1 and "/nowhere" in said
    assert pool.status()["cap"]["max"] == 1
