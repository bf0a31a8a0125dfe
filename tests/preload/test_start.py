"""Starting the broker: exactly one, invisible to the program, never a burden."""
import os
import stat
import subprocess
import sys
import time

import pytest

from conftest import CLEAN_ENV, require_root, root_chown, run, victim, wait


def start_many(count, env, port):
    args = [victim("connect"), "once", "127.0.0.1", str(port)]
    started = [subprocess.Popen(args, env=env, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    return [p.communicate(timeout=30)[0] for p in started]


def quickest(works):
    """Seconds: of three times, for this machine may pause; who waits for a broker waits two seconds each time."""
    took = []
    for _ in range(3):
        begin = time.monotonic()
        assert works()
        took.append(time.monotonic() - begin)
    return min(took)


def test_thirty_two_programs_start_one_broker(install, listener):
    begin = time.monotonic()
    outs = start_many(32, install.env(listener.port), listener.port)
    slow = time.monotonic() - begin > 2  # who has waited that long for the broker goes without it
    assert [o for o in outs if "greeting=pooled" not in o and not (slow and "greeting=direct" in o)] == []
    assert len(install.asked("start")) == 1 and len(install.pids()) == 1


def test_the_broker_is_its_own_master(install, listener):
    env = install.env(listener.port, SECRET="x", PODPOOL_MODE="session")
    run([victim("connect"), "once", "127.0.0.1", listener.port], env)
    (start,) = install.asked("start")
    assert start["args"] == ["broker", "--dir", install.dir]
    assert set(start["env"]) - {"LC_CTYPE"} == {"PATH", "HOME", "PODPOOL", "PODPOOL_DIR", "PODPOOL_MODE",
                                                "PODPOOL_TARGETS"}
    assert start["fds"][:5] == [0, 1, 2, 3, 4]
    assert len(start["fds"]) <= 8  # 0..4 and the stand-in's own log, selector, listing
    assert start["sid"] not in (start["pid"], os.getsid(0))
    assert stat.S_IMODE(os.stat(install.dir).st_mode) == 0o700
    with open(f"/proc/{start['pid']}/status") as f:
        status = dict(line.split(":\t", 1) for line in f)
    assert int(status["SigBlk"], 16) == 0
    assert int(status["SigIgn"], 16) & (1 << 14 | 1 << 16) == 0  # SIGTERM, SIGCHLD


FEW_LEFT = """import resource, socket, sys
sock = socket.socket()
limit = sock.fileno() + 1 + int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
sock.connect(("127.0.0.1", int(sys.argv[1])))
print(sock.recv(100).decode(), end="")
"""


@pytest.mark.parametrize("left", range(8))
def test_with_few_descriptors_left_the_broker_has_none_of_the_programs(left, install, listener):
    """Those that are 3 and 4 in the program, where the broker looks for its own."""
    ours, theirs = os.pipe()
    program = ["bash", "-c", f'exec 3>&{theirs} 4>&{theirs} {theirs}>&- "$@"', "bash", sys.executable, "-c", FEW_LEFT,
               str(listener.port), str(left)]
    greeting = subprocess.run(program, env=install.env(listener.port), pass_fds=[theirs], stdout=subprocess.PIPE, text=True,
                              timeout=30, check=True).stdout
    os.close(theirs)
    assert greeting == ("pooled\n" if install.asked("start") else "direct\n")
    assert (greeting == "pooled\n") == (left >= 5)
    wait.until(lambda: wait.is_readable(ours), "nobody has the other end any more")
    assert os.read(ours, 100) == b""
    os.close(ours)


def test_the_lock_lives_as_long_as_the_broker(install, listener):
    run([victim("connect"), "once", "127.0.0.1", listener.port], install.env(listener.port))
    assert subprocess.call(["/usr/bin/flock", "-n", os.path.join(install.dir, "lock"), "true"]) == 1
    install.stop()
    assert subprocess.call(["/usr/bin/flock", "-w", "5", os.path.join(install.dir, "lock"), "true"]) == 0


def test_a_broker_that_fails_is_tried_once_a_second(install, listener):
    env = install.env(listener.port, PODPOOL_FAKE="fail")
    begin = time.monotonic()
    outs = [run([victim("connect"), "once", "127.0.0.1", listener.port], env)[1] for _ in range(5)]
    tries = len(install.pids())
    assert all("greeting=direct" in o for o in outs)
    assert 1 <= tries <= 1 + (time.monotonic() - begin)


def test_a_broker_that_never_listens_costs_its_starter_two_seconds_and_nobody_after(install, listener):
    env = install.env(listener.port, PODPOOL_FAKE="never_ready")
    plain = run([victim("connect"), "once", "127.0.0.1", listener.port], CLEAN_ENV)
    begin = time.monotonic()
    assert run([victim("connect"), "once", "127.0.0.1", listener.port], env) == plain
    assert 1.9 < time.monotonic() - begin < 6
    assert quickest(lambda: run([victim("connect"), "once", "127.0.0.1", listener.port], env) == plain) < 1.5
    assert len(install.pids()) == 1


def test_a_clock_that_is_set_back_stops_nobody(install, listener):
    """The last try is in the future then: a failed one is repeated, and nobody waits for a start long over."""
    env = install.env(listener.port, PODPOOL_FAKE="fail")
    run([victim("connect"), "once", "127.0.0.1", listener.port], env)
    lock = os.path.join(install.dir, "lock")
    assert subprocess.call(["/usr/bin/flock", "-w", "5", lock, "true"]) == 0  # the one that failed is gone
    os.utime(lock, (time.time() + 3600,) * 2)
    out = run([victim("connect"), "once", "127.0.0.1", listener.port], install.env(listener.port))[1]
    assert "greeting=pooled" in out
    os.unlink(os.path.join(install.dir, "sock"))  # a broker that holds its lock and does not listen
    os.utime(lock, (time.time() + 3600,) * 2)
    assert quickest(lambda: "greeting=direct" in run([victim("connect"), "once", "127.0.0.1", listener.port],
                                                     install.env(listener.port))[1]) < 1.5


@pytest.mark.parametrize("kind", ["link", "link to everybody's", "somebody's", "somebody's, open to all", "file"])
def test_a_directory_that_is_not_ours_is_not_used(kind, install, listener, tmp_path):
    if kind.startswith("link"):
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere").chmod(0o777 if "everybody" in kind else 0o700)
        os.symlink(tmp_path / "elsewhere", install.dir)
    elif kind == "file":
        open(install.dir, "w").close()
    else:
        os.mkdir(install.dir)
        os.chmod(install.dir, 0o777 if "all" in kind else 0o700)
        root_chown(install.dir)
    out = run([victim("connect"), "once", "127.0.0.1", listener.port], install.env(listener.port))[1]
    assert "greeting=direct" in out


def test_in_a_directory_that_is_everybodys_we_have_our_own(install, listener):
    """A volume mounted by several containers."""
    os.mkdir(install.dir)
    os.chmod(install.dir, 0o777)
    out = run([victim("connect"), "once", "127.0.0.1", listener.port], install.env(listener.port))[1]
    assert "greeting=pooled" in out
    assert os.listdir(install.dir) == [f"podpool-{os.geteuid()}"]
    install.dir = os.path.join(install.dir, f"podpool-{os.geteuid()}")
    assert stat.S_IMODE(os.stat(install.dir).st_mode) == 0o700
    assert len(install.asked("start")) == 1


def test_a_broker_of_somebody_else_is_not_asked(install, listener):
    """Whoever was able to put a socket into our directory would be told where to, and lead the password to himself."""
    plain = run([victim("connect"), "once", "127.0.0.1", listener.port], CLEAN_ENV)
    require_root()
    install.start_broker("stranger")
    assert run([victim("connect"), "once", "127.0.0.1", listener.port], install.env(listener.port)) == plain
    assert install.asked("route") == []
    closed = install.env(listener.port, PODPOOL_FAIL="closed")
    assert run([victim("connect"), "once", "127.0.0.1", listener.port], closed)[1].startswith("connect=-1 errno=111\n")


def test_without_podpool_dir_the_runtime_dir_is_used(install, listener, tmp_path):
    env = install.env(listener.port, XDG_RUNTIME_DIR=str(tmp_path))
    del env["PODPOOL_DIR"]
    install.dir = str(tmp_path / "podpool")
    assert "greeting=pooled" in run([victim("connect"), "once", "127.0.0.1", listener.port], env)[1]


def test_no_broker_leaves_no_directory(no_broker, listener):
    run([victim("connect"), "once", "127.0.0.1", listener.port], no_broker.env(listener.port))
    assert not os.path.exists(no_broker.dir)
