"""The command line where it needs no broker: help, settings, `run`, and `status` against a socket of this file's own."""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import threading

import pytest

BUILD = pathlib.Path(os.environ.get("PP_BUILD", "build")).resolve()
PODPOOL = BUILD / "bin/podpool"
SHIM = BUILD / "lib/libpodpool.so"
PP_IPC_STATUS, PP_IPC_DRAIN, PP_IPC_RELOAD, PP_IPC_DIRECT, PP_IPC_OK = 4, 6, 8, 65, 66

STATUS = {
    "version": "0.1.0", "pid": 42, "uptime_ms": 3723000, "state": "run",
    "cap": {"servers": 7, "at_work": 3, "max": 20, "limit_bytes": 512 << 20, "limit_from": "memory.high", "working_set_bytes": 100 << 20,
            "cost_bytes": 2 << 20, "reason": "memory is plentiful"},
    "processes": [{"pid": 100, "command": "php-fpm8.2", "age_ms": 7_300_000, "connections": 12, "most": 40,
                   "open_transactions": 1, "transaction_ms": 130_000, "idle_ms": 5000, "last_ran": "UPDATE t SET"}],
    "totals": {"clients": 2, "servers": 3, "lent": 2, "idle": 1, "waiting": 0, "logging_in": 0, "tunnels": 1,
               "transactions": 1234, "pins": {"set": 5, "temp": 0, "listen": 1}},
    "pools": [{"destination": "10.0.0.5:5432", "user": "app", "database": "shop", "settings": "", "servers": 3,
               "idle": 1, "lent": 2, "waiting": 0, "clients": 2, "server_version": "15.20"}],
    "clients": [
        {"id": 1, "pid": 100, "user": "app", "database": "shop", "application_name": "web", "state": "lent",
         "server_pid": 900, "pins": "set,listen", "pin_cause": "LISTEN JOBS", "transactions": 5},
        {"id": 2, "pid": 101, "user": "app", "database": "shop", "application_name": "web", "state": "idle",
         "server_pid": 0, "pins": "", "pin_cause": "", "transactions": 9}],
}


def podpool(*args, env=None, **more):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PODPOOL") and k != "LD_PRELOAD"}
    return subprocess.run([PODPOOL, *args], capture_output=True, text=True, timeout=30, env={**clean, **(env or {})},
                          **more)


def message(op):
    return b"POOL" + struct.pack("=HH", 1, op) + bytes(40)


@pytest.fixture
def place(tmp_path):
    """A directory as PODPOOL_DIR wants it: ours alone, and short enough for a socket's path."""
    path = pathlib.Path("/tmp") / f"podpool-test-cli-{os.getpid()}"
    path.mkdir(mode=0o700)
    yield path
    shutil.rmtree(path)


@contextlib.contextmanager
def broker(place, answer):
    """Answers one question with these bytes; yields the questions it was asked."""
    asked = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place / "sock"))
        listener.listen()

        def serve():
            conn, _ = listener.accept()
            with conn:
                asked.append(conn.recv(4096))
                with contextlib.suppress(BrokenPipeError):
                    conn.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield asked
        thread.join(10)
        assert not thread.is_alive()


def test_version_and_help_go_to_stdout():
    assert podpool("--version").stdout.startswith("podpool ")
    for word in ("help", "--help"):
        done = podpool(word)
        assert done.returncode == 0
        for name in ("run", "status", "drain", "reload", "doctor", "config", "broker"):
            assert f"podpool {name}" in done.stdout


@pytest.mark.parametrize("args", [
    (), ("frobnicate",), ("run",), ("run", "--"), ("run", "--nosuch", "true"), ("run", "--set"), ("run", "--dir"),
    ("run", "--dir=", "true"), ("run", "--set", "NOSUCH=1", "true"), ("run", "--set", "MODE", "true"),
    ("run", "--set", "MODE=transction", "true"), ("status", "extra"), ("reload", "extra"), ("doctor", "--nosuch"), ("doctor", "--"), ("drain", "extra"), ("drain", "--wait=soon"), ("drain", "--wait=0"), ("config", "--json"), ("broker",), ("broker", "--dir=")])
def test_usage_errors_are_a_sentence_and_status_2(args):
    done = podpool(*args)
    assert done.returncode == 2
    assert done.stdout == "" and done.stderr.strip()


def test_a_broker_begun_by_hand_says_what_is_wrong_to_whoever_reads_it(tmp_path):
    done = podpool("broker", f"--dir={tmp_path}", env={"PODPOOL_MODE": "transction"})
    assert done.returncode == 1 and "PODPOOL_MODE: 'transction' is not one of" in done.stderr


def test_run_names_the_bad_setting_and_what_is_allowed():
    done = podpool("run", "--set", "mode=transction", "true")
    assert "PODPOOL_MODE: 'transction' is not one of transaction, session" in done.stderr
    done = podpool("run", "true", env={"PODPOOL_TARGETS": "*:*"})
    assert done.returncode == 2 and "PODPOOL_TARGETS: '*:*' is not host-or-cidr:port" in done.stderr


def test_run_preloads_the_library_beside_itself_and_passes_settings():
    done = podpool("run", "--dir", "/tmp/x", "--set", "max_servers=3", "--set=PODPOOL_MODE=session", "--set",
                   "pooling=off", "--", "env", "--null")
    assert done.returncode == 0, done.stderr
    env = dict(item.split("=", 1) for item in done.stdout.split("\0") if item)
    assert env["LD_PRELOAD"] == str(SHIM)
    assert env["PODPOOL_DIR"] == "/tmp/x"
    assert env["PODPOOL_MAX_SERVERS"] == "3"
    assert env["PODPOOL_MODE"] == "session"
    assert env["PODPOOL"] == "off"


@pytest.mark.parametrize("name", ["PODPOOL", "podpool", "pooling"])
def test_the_switch_goes_by_its_variable_too(name):
    """The README knows only PODPOOL."""
    done = podpool("run", "--set", f"{name}=off", "--", "printenv", "PODPOOL")
    assert (done.returncode, done.stdout, done.stderr) == (0, "off\n", "")


def test_the_switch_has_no_other_names():
    assert "'MODEL' is not an option" in podpool("run", "--set", "MODEL=off", "true").stderr
    assert "'' is not an option" in podpool("run", "--set", "=off", "true").stderr


def test_run_names_the_settings_file_so_that_it_is_found_from_everywhere(tmp_path):
    """The broker, which reads it again for hours, has another working directory. A ConfigMap's link stays one."""
    (tmp_path / "podpool.ini.1").write_text("max_servers = 7\n")
    (tmp_path / "podpool.ini").symlink_to("podpool.ini.1")
    done = podpool("run", "printenv", "PODPOOL_CONFIG", env={"PODPOOL_CONFIG": "podpool.ini"}, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}/podpool.ini\n"), done.stderr
    (tmp_path / "podpool.ini").unlink()
    done = podpool("run", "true", env={"PODPOOL_CONFIG": "podpool.ini"}, cwd=tmp_path)
    assert done.returncode == 2 and "PODPOOL_CONFIG: cannot open /" in done.stderr


@pytest.mark.parametrize("words", [("config",), ("doctor",), ("doctor", "sleep"), ("help",), ("--version",)])
def test_what_cannot_be_written_is_a_failure(words):
    with open("/dev/full", "w") as full:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PODPOOL")}
        done = subprocess.run([PODPOOL, *words], stdout=full, stderr=subprocess.PIPE, text=True, env=clean)
    assert (done.returncode, done.stderr) == (1, "podpool: cannot write to stdout: No space left on device\n")


def test_what_config_prints_is_an_env_file(tmp_path):
    """As docker, kubectl and systemd read it: what is behind the first = is the value, blanks and quotes included."""
    odd = {"PODPOOL_CLIENT_TLS_CERT": "/etc/my 'certs'/a \"b\".pem", "PODPOOL_TARGETS": "db:5432,*:6432"}
    printed = podpool("config", env=odd).stdout
    read = dict(line.split("=", 1) for line in printed.splitlines() if line and not line.startswith("#"))
    assert odd.items() <= read.items()
    assert podpool("config", env=read).stdout == printed
    assert "without quotes" in next(after for line, after in zip(help_lines(), help_lines()[1:]) if "podpool config" in line)


def help_lines():
    return podpool("help").stdout.splitlines()


def test_run_keeps_what_is_preloaded_and_does_not_list_itself_twice(tmp_path):
    other = tmp_path / "other.so"
    shutil.copy(SHIM, other)
    show = ("run", "sh", "-c", "printf %s \"$LD_PRELOAD\"")
    assert podpool(*show, env={"LD_PRELOAD": str(other)}).stdout == f"{other}:{SHIM}"
    assert podpool(*show, env={"LD_PRELOAD": f"{SHIM}:{other}"}).stdout == f"{SHIM}:{other}"


def test_run_works_from_an_installed_tree_and_says_when_the_library_is_missing(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "lib").mkdir()
    installed = shutil.copy(PODPOOL, tmp_path / "bin/podpool")
    command = [installed, "run", "sh", "-c", "printf %s \"$LD_PRELOAD\""]
    missing = subprocess.run(command, capture_output=True, text=True)
    assert missing.returncode == 1 and "libpodpool.so" in missing.stderr
    shutil.copy(SHIM, tmp_path / "lib/libpodpool.so")
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.stdout.endswith(str(tmp_path / "lib/libpodpool.so"))


def test_run_ends_as_a_shell_would(tmp_path):
    script = tmp_path / "not-executable"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o644)
    assert podpool("run", "sh", "-c", "exit 7").returncode == 7
    assert podpool("run", "no-such-command-here").returncode == 127
    assert podpool("run", str(script)).returncode == 126
    assert podpool("run", "sh", "-c", "kill -9 $$").returncode == -9
    assert podpool("run", "--", "echo", "--json").stdout == "--json\n"


def test_config_prints_the_effective_settings(tmp_path):
    ini = tmp_path / "podpool.ini"
    ini.write_text("max_servers = 7\nmode = session\n")
    done = podpool("config", env={"PODPOOL_CONFIG": str(ini), "PODPOOL_MODE": "transaction", "PODPOOL_NEWER": "1"})
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert "PODPOOL=on" in lines
    assert "PODPOOL_MAX_SERVERS=7" in lines
    assert "PODPOOL_MODE=transaction" in lines
    assert "# an idle server connection is closed after this long (default: 60s)" in lines
    assert "PODPOOL_NEWER is not an option" in done.stderr


def test_config_refuses_a_bad_file_with_its_line(tmp_path):
    ini = tmp_path / "podpool.ini"
    ini.write_text("mode = session\nmax_servers = many\n")
    done = podpool("config", env={"PODPOOL_CONFIG": str(ini)})
    assert done.returncode == 2
    assert "line 2: PODPOOL_MAX_SERVERS: 'many'" in done.stderr


def test_status_without_a_broker_says_where_it_looked(place):
    done = podpool("status", "--dir", str(place))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"podpool: no broker is running (looked in {place})\n"


def test_status_does_not_trust_a_directory_that_others_can_write(place):
    with broker(place, b"{}"):
        place.chmod(0o770)
        assert podpool("status", "--dir", str(place)).returncode == 1
        place.chmod(0o700)
        assert podpool("status", "--json", "--dir", str(place)).returncode == 0


def test_status_asks_one_question_and_hands_the_json_through(place):
    answer = json.dumps(STATUS)
    with broker(place, answer.encode()) as asked:
        done = podpool("status", "--json", env={"PODPOOL_DIR": str(place)})
    assert done.returncode == 0, done.stderr
    assert done.stdout == answer + "\n"
    assert len(asked[0]) == 48
    assert asked[0][:4] == b"POOL" and int.from_bytes(asked[0][6:8], "little") == PP_IPC_STATUS


def test_status_shows_state_pools_and_why_clients_are_pinned(place):
    with broker(place, json.dumps(STATUS).encode()):
        done = podpool("status", "--dir", str(place))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "podpool 0.1.0, pid 42, up 1h 2min, state run"
    assert lines[1:3] == ["cap 7 of 20 servers, 3 at work for the moment: memory is plentiful", "memory 100 of 512 MiB (memory.high), 2048 KiB a server"]
    assert "pins so far: set 5, listen 1" in lines
    assert any(line.split() == ["10.0.0.5:5432", "app", "shop", "3", "2", "1", "0", "2", "15.20"] for line in lines)
    pinned = [line for line in lines if "LISTEN JOBS" in line]
    assert len(pinned) == 1 and pinned[0].split()[:2] == ["1", "100"]


def test_status_names_the_processes_and_what_they_hold(place):
    with broker(place, json.dumps(STATUS).encode()):
        done = podpool("status", "--dir", str(place))
    row = next(line for line in done.stdout.splitlines() if "php-fpm" in line)
    assert row.split() == "100 php-fpm8.2 2 h 12 40 1 2 min 5 s UPDATE t SET".split()


@pytest.mark.parametrize("guards, line", [
    ("", "guards at 10.0.0.5:5432, shop: none"), ("tcp_keepalives_idle", "guards at 10.0.0.5:5432, shop: tcp_keepalives_idle"),
    ("tcp_user_timeout, client_connection_check_interval", None)])
def test_status_says_where_guards_are_missing(guards, line, place):
    with broker(place, json.dumps({**STATUS, "pools": [{**STATUS["pools"][0], "guards": guards}]}).encode()):
        lines = podpool("status", "--dir", str(place)).stdout.splitlines()
    assert [said for said in lines if said.startswith("guards")] == ([line] if line else [])


def test_status_shows_no_control_characters_where_guards_are_missing(place):
    bad = {**STATUS["pools"][0], "guards": "", "database": "\x1b[2Jsh\u00f6p\n\u202e\x7f"}
    with broker(place, json.dumps({**STATUS, "pools": [bad]}).encode()):
        done = podpool("status", "--dir", str(place))
    assert "guards at 10.0.0.5:5432, ?[2Jsh\u00f6p?????: none" in done.stdout.splitlines()


def test_status_keeps_its_columns_beside_letters_of_more_than_a_byte(place):
    pools = [{**STATUS["pools"][0], "user": user} for user in ("\u00f6\u00e4\u00fc\u00df\u00e9", "plain")]
    with broker(place, json.dumps({**STATUS, "pools": pools}).encode()):
        done = podpool("status", "--dir", str(place))
    rows = [line for line in done.stdout.splitlines() if line.startswith("10.0.0.5")]
    assert len({row.index("shop") for row in rows}) == 1 and "\u00f6\u00e4\u00fc\u00df\u00e9" in rows[0]


def test_status_of_many_clients_fits_a_screen_and_shows_no_control_characters(place):
    client = {**STATUS["clients"][0], "application_name": "\x1b[31mred\nß"}
    many = {**STATUS, "clients": [client] * 500, "pools": STATUS["pools"] * 50}
    with broker(place, json.dumps(many).encode()):
        done = podpool("status", "--dir", str(place))
    assert len(done.stdout.splitlines()) < 60
    assert "... and 480 more" in done.stdout
    assert "\x1b" not in done.stdout and "?[31mred" in done.stdout


@pytest.mark.parametrize("answer", [b"", b"{\"version\":", b"hello", b"\xff\xfe{}"])
def test_status_cut_short_is_a_failure(place, answer):
    with broker(place, answer):
        done = podpool("status", "--json", "--dir", str(place))
    assert done.returncode == 1
    assert "cut short or not JSON" in done.stderr


@pytest.mark.parametrize("answer", [b"{}", b"[]", b'{"cap": 1, "pools": {"a": 1}, "clients": [1], "totals": []}'])
def test_status_survives_a_broker_that_says_something_else(place, answer):
    with broker(place, answer):
        assert podpool("status", "--dir", str(place)).returncode == 0


def test_status_gives_up_on_an_endless_answer(place):
    with broker(place, b"[" + b" " * (17 << 20)):
        done = podpool("status", "--dir", str(place))
    assert done.returncode == 1
    assert "limit reached" in done.stderr


def test_drain_asks_once_and_is_silent(place):
    with broker(place, message(PP_IPC_OK)) as asked:
        done = podpool("drain", "--dir", str(place))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert asked == [message(PP_IPC_DRAIN)]


def test_drain_of_nothing_is_no_failure(place):
    """A preStop hook that fails is an event in every deployment's log."""
    for words in ((), ("--wait",)):
        done = podpool("drain", *words, "--dir", str(place))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@contextlib.contextmanager
def deaf_broker(place):
    """A broker that has stopped: its backlog is full, and nobody is accepted."""
    with contextlib.ExitStack() as open_, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place / "sock"))
        listener.listen(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                knock = open_.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
                knock.connect(str(place / "sock"))
        yield


def test_a_broker_that_hangs_is_not_taken_for_none(place):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PODPOOL") and k != "LD_PRELOAD"}
    verbs = ("drain", "status", "reload", "doctor")
    with deaf_broker(place):
        asking = [subprocess.Popen([PODPOOL, verb, "--dir", place], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   text=True, env=clean) for verb in verbs]
        said = [process.communicate(timeout=60)[0] for process in asking]
    assert [process.returncode for process in asking] == [1] * len(verbs)
    for verb, words in zip(verbs, said):
        assert "the broker does not answer: no word in 10 seconds" in words, verb
    assert "directly, after a tenth of a second" in said[-1] and "no broker runs" not in said[-1]


@pytest.mark.parametrize("answer", [b"", b"{}", "direct"])
def test_drain_says_when_the_broker_does_not_know_it(answer, place):
    with broker(place, message(PP_IPC_DIRECT) if answer == "direct" else answer):
        done = podpool("drain", "--dir", str(place))
    assert done.returncode == 1 and "knows no drain" in done.stderr


def test_reload_without_a_broker_is_a_failure(place):
    done = podpool("reload", "--dir", str(place))
    assert done.returncode == 1 and "no broker is running" in done.stderr


@pytest.mark.parametrize("answer, status, words", [
    (b"ok", 0, ""), (b"ok, but PODPOOL_MODE stays", 0, "podpool: warning: PODPOOL_MODE stays\n"),
    (b"x.ini line 2: why", 1, "podpool: the settings stay as they were: x.ini line 2: why\n"),
    (b"", 1, "podpool: the broker is of a version that knows no reload\n"),
    (message(PP_IPC_DIRECT), 1, "podpool: the broker is of a version that knows no reload\n")])
def test_reload_says_what_the_broker_said(answer, status, words, place):
    with broker(place, answer) as asked:
        done = podpool("reload", "--dir", str(place))
    assert (done.returncode, done.stdout, done.stderr) == (status, "", words)
    assert asked == [message(PP_IPC_RELOAD)]
