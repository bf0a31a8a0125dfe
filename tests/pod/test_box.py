"""The box keeps its promises; everything in tests/pod rests on them."""
import os
import pathlib
import signal
import sys

import pytest

from box import Box, BoxError
from support import wait
from support.cgroup import mounted
from support.pool import BUILD

MIB = 1 << 20
PYTHON = "/usr/bin/python3"


def python(text, **settings):
    return Box([PYTHON, "-u", "-c", text], **settings)


def test_exit_status_passes():
    with Box(["/bin/sh", "-c", "exit 7"]) as box:
        assert box.exit_code() == 7
        assert os.WIFEXITED(box.status)


def test_who_has_ended_does_not_run():
    with Box(["/bin/sleep", "60"]) as box:
        assert box.is_running()
        box.signal(signal.SIGKILL)
        wait.until(lambda: not box.is_running(), "its end is seen")


def test_last_words_are_found():
    with Box(["/bin/sh", "-c", "echo last words"]) as box:
        box.exit_code()
        box.wait_output("last words")
        with pytest.raises(AssertionError):
            box.wait_output("more", timeout=60)


def test_death_by_signal_passes():
    with Box(["/bin/sleep", "60"]) as box:
        box.signal(signal.SIGKILL)
        assert box.exit_code() == -signal.SIGKILL


def test_pid_1_without_handler_ignores_sigterm():
    with Box(["/bin/sleep", "60"]) as box:
        box.signal(signal.SIGTERM)
        with pytest.raises(TimeoutError):
            box.wait(timeout=0.5)


def test_pid_1_with_handler_gets_sigterm():
    with python("import os,signal,time\n"
                "signal.signal(signal.SIGTERM, lambda *_: os._exit(os.getpid() + 40))\n"
                "print('ready')\ntime.sleep(60)") as box:
        box.wait_output("ready")
        box.signal(signal.SIGTERM)
        assert box.exit_code(5) == 41


def test_hog_is_killed_at_the_limit():
    with python("held = []\nwhile True: held.append(b'x' * 1048576)", memory_bytes=48 * MIB) as box:
        assert box.exit_code() == -signal.SIGKILL
        assert box.oom_kills == 1
        assert 40 * MIB < box.peak_bytes <= 48 * MIB


def test_modest_program_is_not_killed():
    with python("held = [b'x' * 1048576 for _ in range(10)]", memory_bytes=48 * MIB) as box:
        assert box.exit_code() == 0
        assert box.oom_kills == 0
        assert box.peak_bytes > 10 * MIB


def test_the_end_of_pid_1_ends_its_orphans():
    with Box(["/bin/sh", "-c", "setsid sleep 60 & echo started; exit 3"]) as box:
        assert box.exit_code() == 3
        assert box.cgroup.pids() == []


def test_unprivileged_uid_owns_its_podpool_dir():
    with python("import os\nprint(os.getuid(), os.getgid(), os.getgroups())\n"
                "open(os.environ['PODPOOL_DIR'] + '/x', 'w')", uid=12345) as box:
        assert box.exit_code() == 0
        assert "12345 12345 []" in box.output()


def test_network_namespace_has_only_a_working_loopback():
    with python("import socket\ns = socket.create_server(('127.0.0.1', 0))\n"
                "socket.create_connection(s.getsockname())\n"
                "print([name for _, name in socket.if_nameindex() if not name.startswith(('sit', 'tun', 'ip', 'gre', 'erspan'))])",
                net=True) as box:
        assert box.exit_code() == 0, box.output()
        assert "['lo']" in box.output()


def test_pids_inside_are_found_outside():
    with Box(["/bin/sh", "-c", "sleep 60 & echo pid=$!; wait"]) as box:
        box.wait_output("pid=")
        inside = int(box.output().split("pid=")[1])
        outside = box.pid_outside(inside)
        assert pathlib.Path(f"/proc/{outside}/comm").read_text() == "sleep\n"
        assert box.pid_outside(1) == box.pid


def test_inside_looks_like_a_container():
    with Box(["/bin/cat", "/proc/self/cgroup", "/proc/self/mountinfo", "/proc/1/comm"]) as box:
        assert box.exit_code() == 0
        memory = mounted("memory")
        lines = [line.split() for line in box.output().splitlines() if f" {memory.point} " in line]
        assert lines[-1][5].startswith("ro,")
        if memory.version == 2:
            assert "0::/\n" in box.output() and lines[-1][3] == "/"
        else:
            assert f"/{box.cgroup.path.name}\n" in box.output() and lines[-1][3].endswith(f"/{box.cgroup.path.name}")
        assert box.output().endswith("cat\n")


def test_nothing_is_left_behind():
    with Box(["/bin/sleep", "60"]) as box:
        path, workdir, pid = box.cgroup.path, box.workdir, box.pid
        assert path.exists()
    assert not path.exists() and not workdir.exists() and not pathlib.Path(f"/proc/{pid}").exists()


def test_a_command_that_does_not_exist_says_so():
    with pytest.raises(BoxError, match="No such file"):
        with Box(["/nonexistent"]):
            pass


def test_the_reader_of_cgroup_files_sees_the_limit():
    program = BUILD / "tests/unit.cgroup.files"
    if not program.exists():
        pytest.skip(f"not built: {program}")
    with Box([program], memory_bytes=64 * MIB, env={"CK_RUN_CASE": "life"}) as box:
        assert box.exit_code() == 0, box.output()
        assert f"limit {64 * MIB}" in box.output()
