"""Routes the broker has published: told, not asked; and every way in which the file can be wrong."""
import os
import signal
import struct
import time

import pytest

from conftest import CLEAN_ENV, root_chown, run, victim
from support import wait


def connect(listener, env):
    return run([victim("connect"), "once", "127.0.0.1", listener.port], env)


def direct(listener):
    return connect(listener, CLEAN_ENV)


@pytest.fixture
def pooled(install, listener):
    """A broker that has published its one route."""
    env = install.env(listener.port, PODPOOL_FAKE="publish")
    first = connect(listener, env)
    assert "pooled" in first[1]
    wait.until(lambda: os.path.exists(os.path.join(install.dir, "routes")), "it has published")
    return env, first


def test_a_known_route_is_told_and_not_asked(pooled, install, listener):
    env, first = pooled
    assert connect(listener, env) == first
    (told,) = wait.until(lambda: install.asked("told"), "it is told")
    (asked,) = install.asked("route")
    assert told["addr"] == asked["addr"] and told["cookie"] not in (0, asked["cookie"])


def test_a_file_of_a_dead_broker_leads_to_a_new_one(pooled, install, listener):
    env, first = pooled
    (pid,) = install.pids()
    os.kill(pid, signal.SIGKILL)
    wait.until(lambda: wait.gone(pid), "it is dead")
    os.utime(os.path.join(install.dir, "lock"), (0, 0))  # it had run for long
    assert connect(listener, env) == first
    assert len(install.pids()) == 2


@pytest.mark.parametrize("content", [b"", b"x" * 39, b"\xff" * 4000], ids=["empty", "short", "nonsense"])
def test_a_file_of_nonsense_is_not_believed(content, pooled, install, listener):
    env, first = pooled
    with open(os.path.join(install.dir, "routes"), "wb") as f:
        f.write(content)
    assert connect(listener, env) == first
    assert len(install.asked("route")) == 2


def test_an_address_that_is_not_the_brokers_is_not_believed(pooled, install, listener):
    env, first = pooled
    path = os.path.join(install.dir, "routes")
    with open(path, "rb") as f:
        line = bytearray(f.read())
    line[64:68] = bytes([10, 0, 0, 1])
    with open(path, "wb") as f:
        f.write(line)
    assert connect(listener, env) == first


@pytest.mark.parametrize("age", [-3600, 60], ids=["future", "past"])
def test_a_pulse_of_another_time_is_not_believed(age, install, listener):
    """Another time namespace's, or that of a broker that hangs: it is asked, and this one answers."""
    env = install.env(listener.port, PODPOOL_FAKE="publish,still")
    first = connect(listener, env)
    write_pulse(install, age)
    assert connect(listener, env) == first
    assert len(install.asked("route")) == 2


def test_a_broker_that_hangs_is_not_waited_for_once_its_pulse_is_old(pooled, install, listener):
    env, first = pooled
    os.kill(install.pids()[0], signal.SIGSTOP)
    write_pulse(install, 60)
    plain = direct(listener)
    begin = time.monotonic()
    for _ in range(5):
        assert connect(listener, env) == plain
    assert time.monotonic() - begin < 6, "a tenth of a second each, and the program's start; two seconds each otherwise"


def write_pulse(install, age):
    with open(os.path.join(install.dir, "routes"), "r+b") as f:
        f.seek(32)
        f.write(struct.pack("=q", time.monotonic_ns() // 1000000 - age * 1000))


@pytest.mark.parametrize("publish", [False, True], ids=["asked", "read"])
def test_a_broker_in_another_network_is_done_without(publish, install, listener):
    """A unix socket is reached from every network namespace; its loopback address is nobody's, or somebody else's."""
    env = install.env(listener.port, PODPOOL_FAKE="elsewhere" + ",publish" * publish)
    for _ in range(3):
        assert connect(listener, env) == direct(listener)
        assert run([victim("connect"), "epoll_first", "::1", listener.port], env) == \
            run([victim("connect"), "epoll_first", "::1", listener.port], CLEAN_ENV)
    assert len(install.asked("route")) == (1 if publish else 6), "until the file says it"
    assert "errno=111" in connect(listener, dict(env, PODPOOL_FAIL="closed"))[1]


def test_a_link_is_not_followed(pooled, install, listener, tmp_path):
    env, first = pooled
    path = os.path.join(install.dir, "routes")
    os.rename(path, tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", path)
    assert connect(listener, env) == first
    assert len(install.asked("route")) == 2


def test_a_file_of_somebody_else_is_not_believed(pooled, install, listener):
    env, first = pooled
    root_chown(os.path.join(install.dir, "routes"))
    assert connect(listener, env) == first
    assert len(install.asked("route")) == 2 and install.asked("told") == []


def test_a_broker_that_does_not_catch_up_is_asked(install, listener):
    """The kernel queues a few datagrams (net.unix.max_dgram_qlen); then it is a question again, and nothing waits."""
    env = install.env(listener.port, PODPOOL_FAKE="publish,deaf")
    with open("/proc/sys/net/unix/max_dgram_qlen") as f:
        full = int(f.read()) + 3
    if full > 300:
        pytest.skip("a queue of hundreds takes long to fill")
    greetings = {connect(listener, env)[1].splitlines()[-1] for _ in range(full + 2)}
    assert len(greetings) == 1
    assert len(install.asked("route")) >= 2
