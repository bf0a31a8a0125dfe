"""connect() and getpeername(): one trap a test."""
import itertools
import os
import subprocess

import pytest

from conftest import CLEAN_ENV, Install, run, victim
from support import wait

WAYS = ["once", "epoll_first", "twice", "before", "in_fork", "over_dup", "threads", "short_name", "bad_pointer",
        "datagram", "tidy", "no_sigchld", "cleared", "execs"]


def connect(way, ip, port, env, name="connect"):
    return run([victim(name), way, ip, port], env)


def is_undoable(way, ip, trouble):
    """A broker that goes between its answer and the connect: a non-blocking program learns it too late, and from a
    v4-mapped attempt the kernel has no way back to v6 (the next tests)."""
    return trouble == "nowhere" and (way in ("epoll_first", "twice") or ip == "::1")


def env_for(made, port, trouble):
    more = {"PODPOOL_DIR": "/proc/podpool"} if trouble == "unwritable" else {}
    return made.env(port, PODPOOL_FAKE=trouble, **more)


TROUBLES = ["no broker", "exit", "garbage", "direct", "nowhere", "fail", "unwritable"]
IPS = ["127.0.0.1", "::1", "::ffff:127.0.0.1"]
CASES = [c for c in itertools.product(WAYS, IPS, TROUBLES) if not is_undoable(*c)]
REFUSED = [c for c in itertools.product(["once", "twice"], IPS[:2], TROUBLES) if not is_undoable(*c)]


@pytest.mark.parametrize("way,ip,trouble", CASES)
def test_trouble_looks_as_without_the_shim(way, ip, trouble, tmp_path, listener):
    made = Install(str(tmp_path / "i"), has_broker=trouble != "no broker")
    env = env_for(made, listener.port, trouble)
    try:
        assert connect(way, ip, listener.port, env) == connect(way, ip, listener.port, CLEAN_ENV)
    finally:
        made.stop()


def test_a_v6_program_sees_a_refusal_when_the_broker_goes_between_answer_and_connect(install, listener):
    out = connect("once", "::1", listener.port, install.env(listener.port, PODPOOL_FAKE="nowhere"))[1]
    assert out.startswith("connect=-1 errno=111\n")


@pytest.mark.parametrize("way,ip,trouble", REFUSED)
def test_a_refused_connection_is_refused_alike(way, ip, trouble, tmp_path, closed_port):
    made = Install(str(tmp_path / "i"), has_broker=trouble != "no broker")
    try:
        with_shim = connect(way, ip, closed_port, env_for(made, closed_port, trouble))
        assert with_shim == connect(way, ip, closed_port, CLEAN_ENV)
    finally:
        made.stop()


@pytest.mark.parametrize("way", [w for w in WAYS if w not in ("before", "datagram", "bad_pointer")])
@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_pooled_differs_in_the_greeting_only(way, ip, install, listener):
    code, out, err = connect(way, ip, listener.port, install.env(listener.port))
    plain = connect(way, ip, listener.port, CLEAN_ENV)
    if way == "threads":
        plain = (plain[0], plain[1].replace(f"first={ord('d')}", f"first={ord('p')}"), plain[2])
    assert (code, out, err) == (plain[0], plain[1].replace("direct", "pooled"), plain[2])
    assert len(install.asked("start")) == 1


@pytest.mark.parametrize("way", ["v6only", "bound6"])
def test_sockets_that_cannot_reach_a_v4_loopback_go_direct(way, install, listener):
    with_shim = connect(way, "::1", listener.port, install.env(listener.port))
    assert with_shim == connect(way, "::1", listener.port, CLEAN_ENV)
    assert install.asked() == []


def test_second_connect_asks_the_kernel_not_the_broker(install, listener):
    code, out, _ = connect("twice", "127.0.0.1", listener.port, install.env(listener.port))
    assert "again=0\nthird=-1 errno=106\n" in out and "greeting=pooled" in out
    assert len(install.asked("route")) == 1


def test_route_names_process_and_cookie(install, listener):
    connect("once", "127.0.0.1", listener.port, install.env(listener.port))
    (route,) = install.asked("route")
    assert route["pid"] > 0 and route["cookie"] > 0 and route["flags"] == 0
    assert route["addr"] == ["127.0.0.1", listener.port]


@pytest.mark.parametrize("setting", [
    {"PODPOOL": "off"}, {"PODPOOL_TARGETS": "*:1"}, {"PODPOOL_TARGETS": "nonsense"}, {"PODPOOL_TARGETS": "*:*"},
    {"PODPOOL_TARGETS": "10.0.0.0/8:PORT"}, {"PODPOOL_LONG": "x" * 9000}, {"PODPOOL_DIR": "/tmp/" + "x" * 100},
])
def test_settings_that_mean_hands_off(setting, install, listener):
    env = install.env(listener.port)
    env.update({k: v.replace("PORT", str(listener.port)) for k, v in setting.items()})
    with_shim = connect("once", "127.0.0.1", listener.port, env)
    assert with_shim == connect("once", "127.0.0.1", listener.port, CLEAN_ENV)
    assert not os.path.exists(install.dir)


@pytest.mark.parametrize("targets", ["127.0.0.0/8:PORT", "10.0.0.1:5432, 127.0.0.1:PORT", "db.example:PORT"])
def test_targets_that_match_are_asked_about(targets, install, listener):
    env = install.env(PODPOOL_TARGETS=targets.replace("PORT", str(listener.port)))
    assert "greeting=pooled" in connect("once", "127.0.0.1", listener.port, env)[1]


def test_the_default_target_is_port_5432(install):
    env = install.env()
    assert "greeting=pooled" in connect("once", "127.0.0.1", 5432, env)[1]


def test_closed_refuses_when_the_broker_cannot_be_reached(no_broker, listener):
    env = no_broker.env(listener.port, PODPOOL_FAIL="closed")
    assert connect("once", "127.0.0.1", listener.port, env)[1].startswith("connect=-1 errno=111\n")


def test_closed_refuses_when_the_broker_says_so_and_open_does_not(install, listener):
    install.start_broker("refuse")
    closed = connect("once", "127.0.0.1", listener.port, install.env(listener.port, PODPOOL_FAIL="closed"))
    opened = connect("once", "127.0.0.1", listener.port, install.env(listener.port))
    assert closed[1].startswith("connect=-1 errno=111\n")
    assert opened == connect("once", "127.0.0.1", listener.port, CLEAN_ENV)


def test_closed_does_not_refuse_what_only_a_name_might_mean(no_broker, listener):
    env = no_broker.env(PODPOOL_TARGETS=f"db.example:{listener.port}", PODPOOL_FAIL="closed")
    assert "greeting=direct" in connect("once", "127.0.0.1", listener.port, env)[1]


def test_a_broker_that_hangs_costs_two_seconds_not_the_connection(install, listener):
    install.start_broker("hang")
    with_shim = connect("once", "127.0.0.1", listener.port, install.env(listener.port))
    assert with_shim == connect("once", "127.0.0.1", listener.port, CLEAN_ENV)


def test_a_name_of_a_broker_that_is_gone_stays_as_the_kernel_has_it(install, listener):
    env = install.env(listener.port)
    args = [victim("connect"), "held", "127.0.0.1", str(listener.port)]
    with subprocess.Popen(args, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as p:
        assert [p.stdout.readline() for _ in range(3)] == ["connect=0\n", "errno_kept=1\n", "greeting=pooled\n"]
        install.stop()
        out = p.communicate("\n")[0]
    assert "ip=127.66." in out


def test_musl(install, listener):
    out = connect("once", "127.0.0.1", listener.port, install.env(listener.port), "connect.musl")[1]
    assert "ip=127.0.0.1" in out and "greeting=pooled" in out


@pytest.mark.parametrize("way", ["in_fork", "twice", "threads", "tidy"])
def test_musl_without_broker(way, no_broker, listener):
    env = no_broker.env(listener.port)
    with_shim = connect(way, "127.0.0.1", listener.port, env, "connect.musl")
    assert with_shim == connect(way, "127.0.0.1", listener.port, CLEAN_ENV, "connect.musl")


def test_a_captured_stderr_is_not_kept_open_by_the_broker(install, listener):
    # run() captures stderr by a pipe and reads to its end; a broker holding it would hang this
    assert "pooled" in connect("once", "127.0.0.1", listener.port, install.env(listener.port))[1]
    wait.until(install.pids, "a broker was started")
