"""The far side of a tunnel is asked whether it still lives: the program's own keepalives end at the broker, and
whatever lies between forgets a connection on which nothing is said for minutes."""
import re
import struct
import subprocess

import pytest

from support import wait
from support.pgwire import Wire

pytestmark = pytest.mark.pooled
SSL_REQUEST = struct.pack("!ii", 8, 80877103)


def ask_for_tls(wire):
    wire.send(SSL_REQUEST)
    assert wire.sock.recv(1) == b"S"


def replicate(wire):
    wire.login(user="postgres", database="postgres", replication="database")
    assert wire.ask("show port")


KINDS = {"tls": ("postgres_tls", ask_for_tls), "replication": ("postgres_trust", replicate)}


def timers(pid, port):
    """What the kernel waits for at each connection of this process to that port."""
    listing = subprocess.run(["ss", "-tnopH", "state", "established", f"dst 127.0.0.1:{port}"], check=True, text=True,
                             capture_output=True).stdout
    rows = [row for row in listing.splitlines() if f"pid={pid}," in row]
    return [(re.search(r"timer:\((\w+)", row) or ["", "none"])[1] for row in rows]


@pytest.mark.parametrize("kind", KINDS)
def test_the_far_side_of_a_tunnel_has_keepalives(kind, make_pool, request):
    fixture, open_tunnel = KINDS[kind]
    postgres = request.getfixturevalue(fixture)
    pool = make_pool(postgres)
    with pool.dialer() as dialer, dialer.connect(postgres.host, postgres.port) as sock:
        open_tunnel(Wire(sock))
        status = pool.until_status(lambda s: s["totals"]["tunnels"] == 1, "it is a tunnel")
        assert status["pools"] == []  # so it is the only connection there
        pid = status["pid"]
        wait.until(lambda: timers(pid, postgres.port) == ["keepalive"], "the kernel asks whether it lives", seconds=5)
