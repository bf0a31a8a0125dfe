"""At the descriptor limit. The broker: new programs wait, nobody else notices, and it recovers. The program: it connects as
without podpool, which needs one descriptor."""
import os
import resource
import subprocess
import sys
import time

import pytest

from shell import psql


@pytest.mark.pooled
def test_out_of_descriptors_holds_up_only_who_comes_too_late(raw, pool, postgres_trust):
    early = raw(MAX_SERVERS=2).login()
    pid = pool.broker_pid
    open_now = max(int(fd) for fd in os.listdir(f"/proc/{pid}/fd"))
    limit = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_now + 4, limit[1]))
    crowd = [raw() for _ in range(12)]  # connected by the kernel; not all can be accepted
    for _ in range(50):
        assert early.ask("select 1") == [["1"]]
    used = cpu_ticks(pid)
    for _ in range(50):
        assert early.ask("select 1") == [["1"]]
    assert cpu_ticks(pid) - used < 100  # it does not turn in circles
    begin = time.monotonic()
    while not is_direct(pool, postgres_trust):
        assert time.monotonic() - begin < 30, "programs that come now do without the broker"
    resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)
    for wire in crowd:
        assert wire.login().ask("select 2") == [["2"]]


def is_direct(pool, postgres):
    """A program that is not answered through the broker's listener within its patience has come too early."""
    try:
        done = psql(postgres, pool.program_env(), words="connect_timeout=2")
    except subprocess.TimeoutExpired:
        return False
    return (done.returncode, done.stdout) == (0, "answer\n")


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


LAST_ONE = """
import resource, socket, sys, time
sock = socket.socket()
resource.setrlimit(resource.RLIMIT_NOFILE, (sock.fileno() + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
begin = time.monotonic()
sock.connect((sys.argv[1], int(sys.argv[2])))
print(*sock.getpeername(), time.monotonic() - begin < 1)
"""


@pytest.mark.parametrize("broker", [True, False], ids=["broker", "no broker"])
def test_a_program_connects_with_its_last_descriptor(broker, pool, postgres_trust):
    env = pool.env() if broker else pool.program_env()
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", LAST_ONE, postgres_trust.host, str(postgres_trust.port)], env=env,
                              capture_output=True, text=True, timeout=60)
        assert (done.stdout, done.stderr) == (f"{postgres_trust.host} {postgres_trust.port} True\n", "")
