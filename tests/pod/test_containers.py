"""One pool for two containers: two pid and mount namespaces, one network namespace, one volume as PODPOOL_DIR.

The broker lives in the container whose program connected first, and ends with it; the other one goes on with a new
one of its own. Each test has two boxes, a and b, whose PID 1 does what the test says (programs/obedient.py).
"""
import contextlib
import os
import pathlib
import signal
import struct
import threading
import time

import pytest

from box import Box
from container import Container
from network import Wire
from support import wait

HERE = pathlib.Path(__file__).parent
PYTHON = "/usr/bin/python3"
NOBODY, SOMEBODY = 12345, 12346
pytestmark = pytest.mark.pooled


@pytest.fixture
def container(volume, postgres, installed):
    postgres.psql("drop table if exists shared; create table shared (n int)")
    with contextlib.ExitStack() as stack:
        yield lambda name, **how: stack.enter_context(Container(volume, postgres, installed, name, **how))
    wait.until(lambda: sessions(postgres) == 0, "nobody is left")


def sessions(postgres):
    return int(postgres.psql("select count(*) from pg_stat_activity where backend_type = 'client backend'"
                             " and pid <> pg_backend_pid()"))


@pytest.mark.parametrize("uid", [None, NOBODY], ids=["root", "uid"])
def test_they_share_one_broker(uid, container, postgres):
    a, b = container("a", uid=uid), container("b", uid=uid)
    for number in range(4):
        a.connected(f"a{number}")
        b.connected(f"b{number}")
    assert a.broker() and not b.broker()
    names = a.names()
    assert len(names) == 8 and {names[f"a{n}"] for n in range(4)} == {1} and {names[f"b{n}"] for n in range(4)} == {0}
    assert b.status()["pid"] == a.status()["pid"]
    assert sessions(postgres) == 1


def test_one_broker_when_both_start_at_once(container):
    a, b = container("a"), container("b")
    threads = [threading.Thread(target=box.connected, args=("first",)) for box in (a, b)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert bool(a.broker()) != bool(b.broker())
    assert a.status()["totals"]["clients"] == 2


def test_another_user_has_a_pool_of_its_own(container, volume):
    a, b = container("a", uid=NOBODY), container("b", uid=SOMEBODY)
    a.connected("a")
    b.connected("b")
    assert a.broker() and b.broker()
    assert list(a.names()) == ["a"] and list(b.names()) == ["b"]
    assert sorted(os.listdir(volume)) == [f"podpool-{NOBODY}", f"podpool-{SOMEBODY}"]


def test_the_end_of_the_other_container_is_none_of_ours(container):
    """Its program exits, or is told to by its own kubelet; its preStop hook has asked to drain."""
    a, b = container("a"), container("b")
    held, other = a.connected("held"), b.connected("other")
    a("ask", held, "begin")
    b("ask", other, "begin")
    done = b.podpool("drain", "--wait", inside=True)
    assert (done.returncode, done.stdout) == (0, "") and "another container's" in done.stderr
    b.box.signal(signal.SIGTERM)
    assert b("ask", other, "select 1") == [[1]]
    assert b("exit", 3) is None
    assert b.box.exit_code(5) == 3
    wait.until(lambda: list(a.names()) == ["held"], "the other is gone")
    assert a.status()["state"] == "run"
    a("ask", held, "insert into shared values (1)")
    assert a("ask", held, "commit") == []
    assert a("ask", a.connected("next"), "select n from shared") == [[1]]


def test_the_end_of_a_program_is_not_that_of_the_pod_while_others_share_the_broker(container):
    """A supervisor replaces its only worker: without the other container this would be the end (and a new beginning).
    The worker's transaction, never ended, is waited for as long as a drain would: half of a short grace."""
    a, b = container("a", init=[PYTHON, "-u", HERE / "init.py"], GRACE_SECONDS=4), container("b")
    a("ask", a.connected("endless"), "begin")
    held = b.connected("held")
    b("ask", held, "begin")
    child = a.box.pid_outside(int(a.box.output().split("child=")[1].split()[0]))
    began = time.monotonic()
    os.kill(child, signal.SIGTERM)
    a.box.wait_output("child ended with -15")
    assert 1.9 < time.monotonic() - began < 3.5
    assert b.status()["state"] == "run"
    b("ask", held, "insert into shared values (2)")
    assert b("ask", held, "commit") == []


@pytest.mark.parametrize("how", ["kill", "exit"])
def test_with_its_container_the_broker_ends_and_the_other_goes_on_with_a_new_one(how, container, postgres):
    a, b = container("a"), container("b")
    a.connected("a")
    lost = b.connected("lost")
    b("ask", lost, "begin")
    assert a.broker() and not b.broker()
    if how == "kill":
        a.kill()
    else:
        assert a("exit", 0) is None
        assert a.box.exit_code(5) == 0
    told = b("ask", lost, "select 1")
    assert told["error"]  # as when a pooler, or the database, ends
    fresh = b.connected("fresh")
    assert b.broker() and b.names() == {"fresh": 1}
    b("ask", fresh, "insert into shared values (3)")
    assert postgres.psql("select n from shared") == "3"


def test_while_its_container_leaves_the_other_connects_by_itself(container, postgres):
    """PID 1 was told and goes on: to the end of its grace the broker refuses more and more, but not those elsewhere."""
    a, b = container("a", GRACE_SECONDS=30), container("b")
    a.connected("a")
    old = b.connected("old")
    a.box.signal(signal.SIGTERM)
    wait.until(lambda: a.status()["state"] == "drain", "it drains")
    assert b("ask", old, "select 1") == [[1]]
    new = b.connected("new")
    assert set(a.names()) == {"a", "old"}
    assert postgres.psql("select count(*) from pg_stat_activity where application_name = 'new'") == "1"
    assert a("exit", 0) is None
    assert a.box.exit_code(5) == 0
    assert b("ask", new, "select 2") == [[2]]
    b.connected("newest")
    assert b.broker() and b.names() == {"newest": 1}


@pytest.mark.parametrize("image", ["plain", "preloads for all"])
def test_a_broker_of_its_own_container(image, container, volume, postgres, installed):
    """As a sidecar: `podpool broker --dir VOLUME`, and both programs find it. In an image that sets LD_PRELOAD for all its
    programs (Dockerfile.example) it does not pool itself."""
    env = {"PODPOOL_TARGETS": f"*:{postgres.port}"}
    if image == "preloads for all":
        env |= {"LD_PRELOAD": installed / "lib/libpodpool.so", "PODPOOL_DIR": volume,
                "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
    env = {name: str(value) for name, value in env.items()}
    with Box([installed / "bin/podpool", "broker", "--dir", volume], env=env) as box:
        wait.until((volume / "podpool-0/sock").exists, "it listens")
        a, b = container("a"), container("b")
        a.connected("a")
        b.connected("b")
        assert not a.broker() and not b.broker()
        assert a.names() == {"a": 0, "b": 0}
        assert pathlib.Path(f"/proc/{box.pid}/comm").read_text() == "podpool\n"
        a("exit", 0), b("exit", 0)
        box.signal(signal.SIGTERM)
        assert box.exit_code(5) == 0


SQUAT = """import socket, sys
taken = socket.create_server(("", int(sys.argv[1])))
print("squats", flush=True)
while True: taken.accept()"""


def test_addresses_taken_by_somebody_else_are_passed_by(volume, far_postgres, installed):
    """One socket at 0.0.0.0 holds a port of every address there is: the broker then listens at another."""
    port = far_postgres.port
    with Box([PYTHON, "-c", SQUAT, port], uid=NOBODY, net=True) as squatter, Wire(squatter) as wire:
        squatter.wait_output("squats")
        with Container(volume, far_postgres, installed, "a", net=squatter, host=wire.host) as a:
            a.connected("a")
            assert a.names() == {"a": 1}
            pulse, (destination, listening) = struct.iter_unpack("20s20s", (a.dir / "routes").read_bytes())
            assert listening[4:6] == bytes([127, 66])
            assert struct.unpack(">H", listening[2:4])[0] != port == struct.unpack(">H", destination[2:4])[0]
            assert a("peer", "a") == [wire.host, port]
