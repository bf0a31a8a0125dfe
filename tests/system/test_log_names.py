"""What programs call themselves stands in the log, and forges none of its lines."""
import subprocess
import sys

import pytest

from support import pgwire, wait

pytestmark = pytest.mark.pooled
FORGED = "podpool[1]: error: forged"
RENAMED = """
import ctypes, psycopg2, sys
ctypes.CDLL(None).prctl(15, b"\\x1b[2Jworker", 0, 0, 0)
kept = psycopg2.connect(sys.argv[1])
input()
"""


def lines_of(pool):
    return pool.stderr_text().split("\n")


@pytest.mark.parametrize("which", ["user", "database"])
def test_a_name_with_a_line_in_it_is_one_line(which, raw, pool):
    name = {"user": "app", "database": "app", which: "n\u00f6body\n" + FORGED + "\x1b[2J\u202e"}
    with pytest.raises(ConnectionError):
        raw().login(**name)
    line = wait.until(lambda: next((at for at in lines_of(pool) if "failed: " in at), None), "the log says so")
    assert "n\u00f6body?" + FORGED + "?[2J" in line  # as it is, where it is harmless
    assert not any(at.startswith(FORGED) for at in lines_of(pool))
    assert "\x1b" not in pool.stderr_text() and "\u202e" not in pool.stderr_text()


def test_a_process_may_call_itself_anything(pool):
    env = pool.env(WARN_CONNECTIONS=1)
    dsn = f"host={pool.postgres.host} port={pool.postgres.port} user=app dbname=app"
    with subprocess.Popen([sys.executable, "-c", RENAMED, dsn], env=env, stdin=subprocess.PIPE) as process:
        wait.until(lambda: "(?[2Jworker)" in pool.stderr_text(), "the log names it")
        process.communicate(b"\n")
    assert "\x1b" not in pool.stderr_text()
