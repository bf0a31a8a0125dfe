"""The broker listens for each destination at an address of its own. At the destination's port it would keep a database
or a proxy beside the program from listening there: who asks for all addresses (0.0.0.0) gets EADDRINUSE as long as
somebody listens at any of them, SO_REUSEADDR or not."""
import socket
import subprocess
import sys

import pytest

pytestmark = pytest.mark.pooled
PEER = """import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20) as sock:
    print(*sock.getpeername())
"""


@pytest.fixture
def port():
    """Nobody listens there, and nobody is given it: it is held as those who listen may share it."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.3", 0))
        yield held.getsockname()[1]


def listen(port, host):
    """As PostgreSQL and haproxy do."""
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET,
                                dualstack_ipv6=":" in host, backlog=64)  # sets SO_REUSEADDR


@pytest.fixture
def visit(pool, port):
    """visit() -> whom the program finds there by itself, and what the kernel says of whom it reaches."""
    env = pool.env(TARGETS=f"*:{pool.postgres.port},*:{port}")
    with pool.dialer() as dialer:
        def visit():
            done = subprocess.run([sys.executable, "-c", PEER, str(port)], env=env, text=True, capture_output=True,
                                  timeout=60)
            try:
                with dialer.connect("127.0.0.1", port) as sock:
                    return done.stdout.strip(), sock.getpeername()[0]
            except ConnectionRefusedError:
                return None
        yield visit


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
@pytest.mark.parametrize("before", ["nobody", "another"])
def test_a_server_may_listen_where_a_program_was_led_by_the_broker(before, host, visit, port):
    """And is pooled, under its own address and port."""
    if before == "nobody":
        assert visit() is None
    else:
        with listen(port, "127.0.0.1"):
            assert visit()[1].startswith("127.66.")
    with listen(port, host):
        original, reached = visit()
        assert reached.startswith("127.66.") and original == f"127.0.0.1 {port}"
