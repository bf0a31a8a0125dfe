"""The broker's own log file: it must not fill the volume that PODPOOL_DIR is on."""
import errno
import os
import signal
import subprocess
import sys
import termios

import pytest

from shell import psql, said
from support import wait
from support.pool import KNOCK, PODPOOL

pytestmark = pytest.mark.pooled
MOST = 256 * 1024


@pytest.fixture
def logging(pool):
    """A pool whose broker was started by a program with a pipe as stderr."""
    pool.settings = {}
    with subprocess.Popen([sys.executable, "-c", KNOCK, pool.postgres.host, str(pool.postgres.port)],
                          env=pool.program_env(), stderr=subprocess.PIPE) as program:
        assert program.communicate(timeout=60) == (None, b"")
    pool.until_status(lambda s: True, "it is there", seconds=30)
    return pool


def test_it_is_set_aside_when_it_is_large_and_the_older_one_goes(logging):
    log, old = logging.dir / "log", logging.dir / "log.old"
    for round_ in range(2):
        mark = f"round {round_}\n".encode()
        with open(log, "ab") as file:
            file.write(mark + b"x" * MOST + b"\n")
        wait.until(lambda: old.exists() and mark in old.read_bytes(), "it is set aside")
        wait.until(lambda: log.exists() and log.stat().st_size < MOST, "a new one is begun")
        logging.knock()
        wait.until(lambda: b"debug: " in log.read_bytes(), "and written")
    assert {name for name in os.listdir(logging.dir) if name.startswith("log")} == {"log", "log.old"}
    assert (log.stat().st_mode & 0o777, old.stat().st_mode & 0o777) == (0o600, 0o600)


def test_without_a_place_for_another_one_it_begins_anew(logging):
    (logging.dir / "log.old").mkdir()  # no rename, and then no room: the same file again
    log = logging.dir / "log"
    inode = log.stat().st_ino
    with open(log, "ab") as file:
        file.write(b"x" * (MOST + 1))
    wait.until(lambda: log.stat().st_size < MOST, "it is emptied")
    logging.knock()
    wait.until(lambda: b"debug: " in log.read_bytes(), "and written")
    assert log.stat().st_ino == inode


def test_the_log_of_another_broker_in_its_place_is_left_alone(logging):
    log, moved = logging.dir / "log", logging.dir / "moved"
    log.rename(moved)
    log.write_text("another one's")
    with open(moved, "ab") as file:
        file.write(b"x" * (MOST + 1))
    wait.until(lambda: moved.stat().st_size < MOST, "ours is emptied")
    assert log.read_text() == "another one's" and not (logging.dir / "log.old").exists()


def test_the_last_words_of_a_broker_are_there_when_the_next_one_has_begun(logging):
    log, pid = logging.dir / "log", logging.broker_pid
    os.kill(pid, signal.SIGKILL)
    wait.until(lambda: wait.gone(pid), "it is gone")
    last_words = log.read_bytes()
    with subprocess.Popen([sys.executable, "-c", KNOCK, logging.postgres.host, str(logging.postgres.port)],
                          env=logging.program_env(), stderr=subprocess.PIPE) as program:
        assert program.communicate(timeout=60) == (None, b"")
    assert logging.until_status(lambda s: True, "the next one", seconds=30)["pid"] != pid
    assert last_words and log.read_bytes().startswith(last_words) and log.stat().st_size > len(last_words)


@pytest.fixture
def terminals():
    """Both ends of one."""
    ends = os.openpty()
    yield ends
    for end in ends:
        os.close(end)


def test_a_terminal_that_was_stopped_stops_nobody(pool, terminals):
    """Ctrl-S in the terminal of a broker that was begun by hand."""
    pool.settings = {}
    ours, terminal = terminals
    termios.tcflow(terminal, termios.TCOOFF)
    env = {name: value for name, value in pool.program_env().items() if name != "LD_PRELOAD"}
    broker = subprocess.Popen([PODPOOL, "broker", "--dir", pool.dir], env=env, stderr=terminal)
    try:
        wait.until(pool.is_up, "it listens")
        assert said(psql(pool.postgres, pool.program_env(), "select 'answer'")) == (0, "answer\n", "")
        termios.tcflow(terminal, termios.TCOON)
        pool.knock()
        text = b""

        def more():
            nonlocal text
            while wait.is_readable(ours):
                text += os.read(ours, 4096)
            return b"lines are missing here" in text
        wait.until(more, "it says that there is a gap")
    finally:
        broker.terminate()
        assert broker.wait(10) == 0


def test_a_terminal_is_not_held(pool):
    """That of `kubectl exec -it ... psql`: whoever has its other end waits for the end, and it is hung up then."""
    pool.settings = {}
    ours, terminal = os.openpty()
    try:
        subprocess.run([sys.executable, "-c", KNOCK, pool.postgres.host, str(pool.postgres.port)], env=pool.program_env(),
                       stderr=terminal, timeout=20, check=True)
    finally:
        os.close(terminal)
    wait.until(lambda: wait.is_readable(ours), "its end")
    with pytest.raises(OSError) as error:
        os.read(ours, 4096)
    os.close(ours)
    assert error.value.errno == errno.EIO
    log = pool.dir / "log"
    before = log.stat().st_size
    pool.knock()
    wait.until(lambda: log.stat().st_size > before, "and the log goes on")


def test_a_misspelt_setting_is_in_the_log(pool):
    pool.env(MAX_SERVER=5)
    wait.until(lambda: "warning: PODPOOL_MAX_SERVER is not an option" in pool.stderr_text(), "it is named")
