"""Other users beside us in the pod: refused at socket, loopback and listener; they get nothing and break nothing."""
import os
import pathlib
import signal
import socket
import struct
import subprocess

import pytest

from support import wait
from support.pgwire import Wire, startup
from support.pool import Pool

pytestmark = pytest.mark.pooled
NEIGHBOUR = pathlib.Path(__file__).with_name("neighbour.py").read_text()
STRANGER = 54321
AS_STRANGER = ["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"]


@pytest.fixture(autouse=True)
def root_only():
    if os.getuid() != 0:
        pytest.skip("needs root: to be two users")


@pytest.fixture
def pool(scratch, postgres_trust):
    """In a directory that everybody can look into: what keeps strangers out is not the path."""
    pool = Pool(scratch, postgres_trust)
    pool.dir.chmod(0o755)
    yield pool
    assert pool.stop() == ""


def start(*words):
    return subprocess.Popen([*AS_STRANGER, "/usr/bin/python3", "-c", NEIGHBOUR, *map(str, words)], text=True, cwd="/",
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def neighbour(*words):
    """What it prints."""
    out, err = start(*words).communicate(timeout=60)
    assert err == ""
    return out.strip()


def listening(pool):
    """The loopback address of the one route (podpool/ipc.h: a pulse, then the routes)."""
    pulse, (destination, address) = struct.iter_unpack("20s20s", (pool.dir / "routes").read_bytes())
    return socket.inet_ntoa(address[4:8]), struct.unpack(">H", address[2:4])[0]


def open_files(pool):
    return len(os.listdir(f"/proc/{pool.broker_pid}/fd"))


def test_a_stranger_at_the_loopback_address_is_not_answered(raw, pool):
    wire = raw().login()
    before = pool.status()["totals"]
    assert neighbour("knock", *listening(pool)) == "b''"
    after = pool.status()["totals"]
    assert after["refused"] == before["refused"] + 1
    assert {**after, "refused": 0} == {**before, "refused": 0}
    assert f"it belongs to uid {STRANGER}" in pool.stderr_text()
    assert wire.ask("select 1") == [["1"]]


@pytest.mark.parametrize("how", ["close", "reset"])
def test_what_a_stranger_left_in_the_queue_is_not_done(how, raw, pool, table):
    """A socket that its process has closed no longer says whose it was."""
    raw().login()
    at, pid = listening(pool), pool.broker_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        neighbour("hit-and-run", *at, how)
    finally:
        os.kill(pid, signal.SIGCONT)
    pool.until_status(lambda s: s["totals"]["clients"] == 1, "only we are left")
    assert raw().login().ask("select count(*) from t") == [["0"]]


def test_one_of_ours_that_is_gone_already_is_not_refused(raw, pool):
    """Cancel requests are like that: said, and closed."""
    raw().login()
    pid = pool.broker_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        wire = raw()
        wire.send(startup())
        wire.sock.close()
    finally:
        os.kill(pid, signal.SIGCONT)
    pool.until_status(lambda s: s["totals"]["clients"] == 1, "it came and went")
    assert pool.status()["totals"]["refused"] == 0
    assert "client lost" in pool.stderr_text() or "client closed" in pool.stderr_text()


def test_a_stranger_cannot_ask(raw, pool):
    raw().login()
    for name, how in (("sock", "ask"), ("tell", "tell")):
        assert neighbour(how, pool.dir / name) == "PermissionError"
        assert (pool.dir / name).stat().st_mode & 0o777 == 0o600


def test_a_stranger_who_gets_through_to_the_socket_is_not_heard(raw, pool):
    """As root may, or whoever a wrong mode lets in."""
    wire = raw().login()
    for name in ("sock", "tell"):
        (pool.dir / name).chmod(0o666)
    assert neighbour("ask", pool.dir / "sock") in ("b''", "BrokenPipeError")
    assert neighbour("tell", pool.dir / "tell") == "48"
    assert wire.ask("select 1") == [["1"]]
    assert [p["pid"] for p in pool.status()["processes"]] == [pool.client_of("")["pid"]]


def retransmitted(sock):
    """Packets sent again, SYN among them: tcpi_total_retrans."""
    return struct.unpack_from("I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 100)[0]


@pytest.mark.release  # a sanitizer keeps what was freed
@pytest.mark.parametrize("how", ["speak", "silent"])
def test_a_flood_is_refused_cheaply(how, raw, pool):
    wire = raw().login()
    at = listening(pool)
    memory, files = pool.resident_kb(), open_files(pool)
    flood = start("flood", *at, 10_000, how)
    try:
        while not wait.is_readable(flood.stdout):
            newcomer = raw().login()
            assert newcomer.ask("select 1") == wire.ask("select 1") == [["1"]]
            assert retransmitted(newcomer.sock) == 0, "a SYN was dropped: the queue was full"
            newcomer.bye()
        assert flood.stdout.readline() == "all are there\n"
        pool.until_status(lambda s: s["totals"]["refused"] >= 9_000, "they are refused", 20)
        assert pool.resident_kb() - memory < 2000
        assert open_files(pool) - files < 20
    finally:
        out, err = flood.communicate(timeout=60)
    assert (out.strip(), err) == ("answered 0", "")
    assert pool.stderr_text().count("refused") < 20
    assert pool.status()["totals"]["servers"] <= 2


def test_without_an_announcement_one_of_ours_is_served_as_nobody(raw, pool):
    """By a process of our user that the shim is not in."""
    raw().login()
    with socket.create_connection(listening(pool)) as sock:
        wire = Wire(sock).login(application_name="by hand")
        assert wire.ask("select 1") == [["1"]]
        assert pool.client_of("by hand")["pid"] == 0
