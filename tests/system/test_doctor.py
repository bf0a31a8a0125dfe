"""podpool doctor: one program for each reason why a program is not pooled; it says which, and what to do."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from support import wait
from support.pool import PODPOOL, SHIM, direct_env
from test_cli import STATUS, broker, place  # noqa: F401  (place is a fixture)

STRANGER = 54321
# Once root has become another user, the sanitizer's search for leaks is not allowed to look at it.
NO_LEAKS = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
GO_NOTE = r'__asm__(".section .note.go.buildid,\"a\",@note\n.long 4, 4, 4\n.asciz \"Go\"\n.byte 0\n.long 7\n.previous");'


def doctor(*words, become=(), podpool=PODPOOL, **env):
    """(status, {"ok": [...], "note": [...], "BAD": [...]}); every note and BAD has an advice."""
    done = subprocess.run([*become, podpool, "doctor", *map(str, words)], capture_output=True, text=True, timeout=30,
                          env=direct_env(**env), cwd="/")
    assert "podpool: " not in done.stderr  # the loader, or a sanitizer, may have a word
    found = {"ok": [], "note": [], "BAD": []}
    lines = done.stdout.splitlines()
    for line, after in zip(lines, [*lines[1:], ""]):
        word, _, text = line.partition(" ")
        if word:
            found[word].append(text.strip())
            assert after.startswith("      -> ") == (word != "ok"), line
    assert done.returncode == (1 if found["BAD"] else 0)
    return done.returncode, found


@pytest.fixture
def compiled(scratch):
    def make(name, *options, text=""):
        source = scratch / f"{name}.c"
        source.write_text("#include <unistd.h>\nint main(void) { return (int)sleep(60); }\n" + text)
        subprocess.run(["gcc", *options, "-o", scratch / name, source], check=True)
        return scratch / name
    return make


@contextlib.contextmanager
def running(*command, comm="sleep", **env):
    """The pid of a program; `comm`: what it is called once whatever starts it has done so."""
    with subprocess.Popen(list(map(str, command)), env=direct_env(**env)) as process:
        try:
            wait.until(lambda: pathlib.Path(f"/proc/{process.pid}/comm").read_text() == comm + "\n", "it runs")
            yield process.pid
        finally:
            process.kill()


def is_loaded(pid):
    return "libpodpool" in pathlib.Path(f"/proc/{pid}/maps").read_text()


def test_a_usual_program_in_a_usual_environment(tmp_path):
    status, found = doctor("--", "sleep", LD_PRELOAD=str(SHIM), PODPOOL_DIR=str(tmp_path / "pool"))
    assert status == 0 and found["note"] == found["BAD"] == []
    assert "/usr/bin/sleep is dynamically linked: a library can be preloaded" in found["ok"]
    assert f"LD_PRELOAD names {SHIM}" in found["ok"]
    assert f"the socket's directory is {tmp_path}/pool" in found["ok"]
    assert not (tmp_path / "pool").exists()  # it only looks


def test_a_script_is_what_runs_it(tmp_path):
    script = tmp_path / "job"
    script.write_text("#!/usr/bin/env python3\n")
    script.chmod(0o755)
    assert any(line.startswith(f"{script} is a script, run by python3") for line in doctor(script)[1]["ok"])


@pytest.mark.parametrize("words", ["-S X=1 python3", "-S -i A=b C= python3 -u", "-S -u X python3", "-S --unset=X python3"])
def test_a_script_may_set_variables_first(words, tmp_path):
    script = tmp_path / "job"
    script.write_text(f"#!/usr/bin/env {words}\n")
    script.chmod(0o755)
    assert any(line.startswith(f"{script} is a script, run by python3") for line in doctor(script)[1]["ok"])


def test_what_others_named_cannot_move_the_cursor(compiled):
    """The doctor is typically root's, and looks at what somebody else has written."""
    evil = "\x1b[2J\nok    all is well\u202e"
    program = compiled("sleeper")
    named = program.with_name("a" + evil)
    program.rename(named)
    with running(named, comm=named.name[:15], LD_PRELOAD=f"/tmp/{evil}/libpodpool.so",
                 PODPOOL_MODE=evil, **{f"PODPOOL_{evil}": "1"}) as pid:
        done = subprocess.run([PODPOOL, "doctor", str(pid)], capture_output=True, text=True, env=direct_env(), cwd="/")
    said = done.stdout + done.stderr
    assert "\x1b" not in said and "\u202e" not in said
    assert not any(line.startswith("ok    all is well") for line in said.splitlines())
    assert "a?[2J?ok    all is well" in said


@pytest.mark.parametrize("options, text, reason", [
    (["-static"], "", "statically linked"), (["-static"], GO_NOTE, "is a Go program: it talks to the kernel by itself")])
def test_a_program_that_cannot_be_reached(options, text, reason, compiled):
    status, found = doctor(compiled("sleeper", *options, text=text))
    assert status == 1 and [reason in line for line in found["BAD"]] == [True]


def test_go_with_c_in_it_is_reached_in_part(compiled):
    status, found = doctor(compiled("sleeper", text=GO_NOTE))
    assert status == 0 and any("(cgo)" in line for line in found["note"])


def test_a_program_for_another_machine(compiled):
    program = compiled("sleeper")
    image = bytearray(program.read_bytes())
    image[18:20] = b"\x28\x00"  # EM_ARM
    program.write_bytes(image)
    assert any("another kind of processor" in line for line in doctor(program)[1]["BAD"])


def test_no_such_command():
    assert doctor("no-such-command-here")[1]["BAD"] == ["no-such-command-here: no such command"]


@pytest.mark.skipif(os.getuid() != 0, reason="needs root: to be two users")
def test_setuid(compiled, installed):
    program = compiled("sleeper")
    program.chmod(0o4755)
    reason = "setuid, setgid or has file capabilities"
    become = ["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"]
    said = doctor(program, become=become, podpool=installed / "bin/podpool")
    assert any(reason in line for line in said[1]["BAD"])
    with running(*become, program, comm="sleeper", LD_PRELOAD=str(SHIM)) as pid:
        assert any("secure mode" in line for line in doctor(pid)[1]["BAD"])


@pytest.mark.skipif(os.getuid() != 0, reason="needs root: to be two users")
def test_setuid_that_the_kernel_ignores(compiled, installed):
    """With no_new_privs (a pod's allowPrivilegeEscalation: false) the loader takes LD_PRELOAD."""
    program = compiled("sleeper")
    program.chmod(0o4755)
    become = ["setpriv", "--no-new-privs", f"--reuid={STRANGER}", "--clear-groups"]
    found = doctor(program, become=become, podpool=installed / "bin/podpool")[1]
    assert f"{program} is dynamically linked: a library can be preloaded" in found["ok"]
    assert not any("setuid" in line for line in found["BAD"])
    with running(*become, program, comm="sleeper", LD_PRELOAD=str(installed / "lib/libpodpool.so")) as pid:
        wait.until(lambda: is_loaded(pid), "it is loaded")
        found = doctor(pid, ASAN_OPTIONS=NO_LEAKS)[1]
    assert f"the library is loaded in process {pid}" in found["ok"]
    assert not any("setuid" in line for line in found["BAD"])


@pytest.mark.skipif(os.getuid() != 0, reason="needs root: to mount")
def test_setuid_on_a_mount_without(compiled, scratch, installed):
    program = compiled("sleeper")
    mount = f"mount -t tmpfs -o nosuid,mode=755 none {scratch} && install -m 4755 /dev/stdin {program} && exec"
    doctor_there = f"setpriv --reuid={STRANGER} --clear-groups {installed}/bin/podpool doctor {program}"
    done = subprocess.run(["unshare", "-m", "sh", "-c", f"{mount} {doctor_there}"], input=program.read_bytes(),
                          capture_output=True, env=direct_env(), cwd="/")
    said = done.stdout.decode()
    assert f"{program} is dynamically linked: a library can be preloaded" in said and "setuid" not in said


@pytest.mark.skipif(os.getuid() != 0, reason="needs root: to be two users")
@pytest.mark.parametrize("mode, owner, group", [
    (0o4755, STRANGER, STRANGER), (0o2755, 0, STRANGER), (0o2745, 0, 0)])
def test_setuid_to_oneself_changes_nothing(mode, owner, group, compiled, installed):
    """Nor does setgid where the group may not start it: that was once about locks."""
    program = compiled("sleeper")
    os.chown(program, owner, group)
    program.chmod(mode)
    become = ["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups"]
    said = doctor(program, become=become, podpool=installed / "bin/podpool")
    assert not any("setuid" in line for line in said[1]["BAD"])
    with running(*become, program, comm="sleeper", LD_PRELOAD=str(installed / "lib/libpodpool.so")) as pid:
        wait.until(lambda: is_loaded(pid), "it is loaded")


@pytest.mark.skipif(os.getuid() != 0, reason="needs root: to be two users")
@pytest.mark.parametrize("mode", [0o4755, 0o2755])
def test_setuid_from_root_to_another(mode, compiled):
    program = compiled("sleeper")
    os.chown(program, STRANGER, STRANGER)
    program.chmod(mode)
    assert any("setuid, setgid" in line for line in doctor(program)[1]["BAD"])
    with running(program, comm="sleeper", LD_PRELOAD=str(SHIM)) as pid:
        reason = doctor(pid, ASAN_OPTIONS=NO_LEAKS)[1]["BAD"]
    assert any("secure mode" in line for line in reason)


def test_a_program_that_is_pooled(pool):
    env = pool.env()
    with subprocess.Popen([sys.executable, "-c", "input()"], env=env, stdin=subprocess.PIPE) as process:
        wait.until(lambda: is_loaded(process.pid), "it is loaded")
        status, found = doctor(process.pid)
        process.communicate(b"\n")
    assert status == 0 and found["note"] == found["BAD"] == []
    assert f"the library is loaded in process {process.pid}" in found["ok"]
    assert any(line.startswith(f"a broker answers: pid {pool.broker_pid}") for line in found["ok"])


def test_a_program_is_judged_by_its_own_settings(pool):
    """What the doctor itself was started with leads somewhere else."""
    env = {k: v for k, v in pool.env().items() if k != "XDG_RUNTIME_DIR"}
    with subprocess.Popen([sys.executable, "-c", "input()"], env=env, stdin=subprocess.PIPE) as process:
        wait.until(lambda: is_loaded(process.pid), "it is loaded")
        status, found = doctor(process.pid, PODPOOL="off", PODPOOL_MODE="nonsense", PODPOOL_NEWER="1")
        process.communicate(b"\n")
    assert status == 0 and found["note"] == found["BAD"] == []


def test_a_program_with_nothing_in_its_environment():
    with running("env", "-i", "sleep", "60") as pid:
        assert doctor(pid, PODPOOL="off")[1]["BAD"] == ["it was started without libpodpool.so in LD_PRELOAD"]


def test_a_program_that_wrote_its_title_over_its_environment(compiled):
    """Then nothing is known of it, and what the doctor itself was started with may be the same."""
    program = compiled("titled", text="""
        extern char **environ;
        static __attribute__((constructor)) void title(void) {
            char *end = environ[0];
            for (int i = 0; environ[i]; i++)
                end = environ[i] + __builtin_strlen(environ[i]);
            __builtin_memset(environ[0], 0, end - environ[0]);
            __builtin_memcpy(environ[0], "worker", 6);
        }""")
    with running(program, comm="titled") as pid:
        wait.until(lambda: b"=" not in pathlib.Path(f"/proc/{pid}/environ").read_bytes(), "its title is there")
        found = doctor(pid, PODPOOL="off")[1]
    assert "PODPOOL=off: pooling is switched off" in found["BAD"]
    assert any("has overwritten its environment" in line for line in found["note"])
    assert not any("started without" in line for line in found["BAD"])


def test_a_program_that_was_started_without():
    with running("sleep", "60") as pid:
        assert doctor(pid)[1]["BAD"] == ["it was started without libpodpool.so in LD_PRELOAD"]


def test_a_library_that_was_not_there():
    with running("sleep", "60", LD_PRELOAD="/nowhere/libpodpool.so") as pid:
        assert "LD_PRELOAD named /nowhere/libpodpool.so, but the loader did not load it" in doctor(pid)[1]["BAD"]
    assert "LD_PRELOAD names /nowhere/libpodpool.so: No such file or directory" in doctor(
        "sleep", LD_PRELOAD="/nowhere/libpodpool.so")[1]["BAD"]


def test_half_an_installation(tmp_path):
    (tmp_path / "lib").mkdir()
    shutil.copy(SHIM, tmp_path / "lib")
    bad = doctor(LD_PRELOAD=str(tmp_path / "lib/libpodpool.so"), PODPOOL_DIR=str(tmp_path / "pool"))[1]["BAD"]
    assert len(bad) == 1 and "bin/podpool cannot be started: No such file" in bad[0]


@pytest.mark.parametrize("setting, reason", [
    ({"PODPOOL": "off"}, "PODPOOL=off: pooling is switched off"),
    ({"PODPOOL_MODE": "often"}, "PODPOOL_MODE: 'often' is not one of transaction, session")])
def test_settings(setting, reason):
    assert doctor(**setting)[1]["BAD"] == [reason]


@pytest.mark.parametrize("how, reason", [
    ("link", "it is not a directory (a link is not followed)"), ("somebody's", f"it belongs to uid {STRANGER}, and we are 0"),
    ("nowhere", "it is not there and cannot be made")])
def test_a_directory_that_cannot_be_used(how, reason, scratch):
    directory = scratch / "pool"
    if how == "link":
        directory.symlink_to("/tmp")
    elif how == "somebody's":
        if os.getuid() != 0:
            pytest.skip("needs root: to be two users")
        directory.mkdir()
        os.chown(directory, STRANGER, STRANGER)
    else:
        directory = directory / "below" / "nothing"
    _, found = doctor(PODPOOL_DIR=str(directory))
    assert found["BAD"] == ["there is no directory for the broker's socket"]
    assert f"{directory} cannot hold the socket: {reason}" in found["note"]


def test_a_volume_of_everybody(scratch):
    scratch.chmod(0o777)
    status, found = doctor(PODPOOL_DIR=str(scratch))
    assert status == 0 and f"the socket's directory is {scratch}/podpool-{os.getuid()}" in found["ok"]


def test_what_the_broker_knows(place):  # noqa: F811
    answer = {**STATUS, "identity": False, "state": "drain", "totals": {**STATUS["totals"], "tunnels": 2, "refused": 3}}
    with broker(place, json.dumps(answer).encode()):
        status, found = doctor(PODPOOL_DIR=str(place))
    assert status == 0
    for words in ("cannot ask the kernel whose", "is leaving (drain)", "2 connections are carried but not pooled",
                  "3 connections were refused"):
        assert any(words in line for line in found["note"]), words
