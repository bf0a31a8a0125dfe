"""SIGTERM: what the program sees of its disposition and how it ends is as without the shim."""
import os
import shutil
import signal
import subprocess

import pytest

from conftest import CLEAN_ENV, run, victim
from support import brokers, wait

DEFAULT, HANDLER, PID1, SELF, INSIDE = 1, 2, 4, 8, 16

PROGRAMS = {
    "sleep": (["sleep", "30"], None),
    "dash": (["dash", "-c", "echo ready; sleep 30; true"], "ready"),
    "bash trap": (["bash", "-c", "trap 'exit 11' TERM; echo ready; while :; do sleep 0.05; done"], "ready"),
    "python": (["/usr/bin/python3", "-Sc", "import signal; print('ready', flush=True); signal.pause()"], "ready"),
    "python handler": (["/usr/bin/python3", "-Sc", "import os, signal; signal.signal(15, lambda *a: os._exit(7));"
                        "print('ready', flush=True); signal.pause()"], "ready"),
    "perl": (["perl", "-e", "$| = 1; print qq(ready\\n); sleep 30"], "ready"),
    "perl handler": (["perl", "-e", "$| = 1; $SIG{TERM} = sub { exit 6 }; print qq(ready\\n); sleep 30"], "ready"),
    "ruby": (["ruby", "-e", "puts 'ready'; $stdout.flush; sleep 30"], "ready"),
    "ruby trap": (["ruby", "-e", "trap('TERM') { exit! 9 }; puts 'ready'; $stdout.flush; sleep 30"], "ready"),
    "node": (["node", "-e", "console.log('ready'); setTimeout(() => {}, 30000)"], "ready"),
    "node handler": (["node", "-e", "process.on('SIGTERM', () => process.exit(10)); console.log('ready');"
                      "setTimeout(() => {}, 30000)"], "ready"),
    "java": (["java", "-Xshare:auto", "JAVA"], "ready"),
    "java -Xrs": (["java", "-Xrs", "JAVA"], "ready"),
}
JAVA = """public class A { public static void main(String[] a) throws Exception {
  System.out.println("ready"); Thread.sleep(30000); } }"""


@pytest.mark.parametrize("way", ["default", "handler", "once", "ignore", "family", "children", "exec", "blocked",
                                 "mask"])
@pytest.mark.parametrize("broker", [False, True])
def test_every_answer_is_as_without_the_shim(way, broker, install):
    if broker:
        install.start_broker()
    assert run([victim("signals"), way], install.env()) == run([victim("signals"), way], CLEAN_ENV)


def end_of(args, word, env, cwd):
    with subprocess.Popen(args, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as p:
        if word:
            assert p.stdout.readline().strip() == word
        else:  # exec done: the kernel knows it by its new name
            wait.until(lambda: open(f"/proc/{p.pid}/comm").read().strip() == args[0], "it runs")
        p.send_signal(signal.SIGTERM)
        return p.wait(timeout=30)


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_end_as_without_the_shim(name, no_broker, tmp_path):
    args, word = PROGRAMS[name]
    if not shutil.which(args[0], path=CLEAN_ENV["PATH"]):
        pytest.skip(f"no {args[0]} here")
    if args[-1] == "JAVA":
        (tmp_path / "A.java").write_text(JAVA)
        args = args[:-1] + ["A.java"]
    env = dict(CLEAN_ENV, HOME=str(tmp_path))
    plain = end_of(args, word, env, tmp_path)
    with_shim = end_of(args, word, dict(no_broker.env(), HOME=str(tmp_path)), tmp_path)
    assert with_shim == plain


def pause(env, way="pause", prefix=(), port=None, name="signals"):
    """`port`: it has connected before, and the broker knows it."""
    p = subprocess.Popen([*prefix, victim(name), way, *[str(port)] * bool(port)], env=env, stdout=subprocess.PIPE, text=True)
    assert p.stdout.readline() == "ready\n"
    return p


def test_default_asks_and_dies(install, closed_port):
    install.start_broker()
    with pause(install.env(closed_port), port=closed_port) as p:
        p.terminate()
        assert p.wait(10) == -signal.SIGTERM
    (term,) = install.asked("term")
    assert (term["flags"], term["pid"]) == (DEFAULT, p.pid)


def test_a_process_that_signals_itself_says_so(install, closed_port):
    install.start_broker()
    run([victim("signals"), "default", closed_port], install.env(closed_port))
    assert [t["flags"] for t in install.asked("term")] == [DEFAULT | SELF]


def test_a_child_of_one_that_has_connected_asks(install, closed_port):
    install.start_broker()
    args = [victim("signals"), "pause_child", str(closed_port)]
    with subprocess.Popen(args, env=install.env(closed_port), stdout=subprocess.PIPE, text=True) as p:
        child = int(p.stdout.readline())
        assert p.stdout.readline() == "ready\n"
        os.kill(child, signal.SIGTERM)
        assert p.wait(10) == 0
    assert [(t["flags"], t["pid"]) for t in install.asked("term")] == [(DEFAULT, child)]


@pytest.mark.parametrize("way, end", [("default", -signal.SIGTERM), ("handler", 9)])
def test_who_never_connected_asks_nobody(way, end, install):
    """Not even for a socket, for which its own sandbox may kill it: the broker does not know it."""
    install.start_broker("term_wait")
    with pause(install.env(), way, name="sandbox") as p:
        p.terminate()
        assert p.wait(10) == end
    assert install.asked("term") == []


def test_default_waits_when_told_to_and_asks_again(install, closed_port):
    install.start_broker("term_wait")
    with pause(install.env(closed_port), port=closed_port) as p:
        for count in (1, 2):
            p.terminate()
            assert p.stdout.readline() == "paused -1 errno=4\n"
            assert len(install.asked("term")) == count
        install.stop()
        p.terminate()
        assert p.wait(10) == -signal.SIGTERM


def test_a_signal_while_the_default_is_given_back_is_death_by_it(install):
    """There is a moment in which only part of it is done."""
    install.start_broker()
    env = install.env()
    for _ in range(50):
        with subprocess.Popen([victim("signals"), "restore"], env=env, stdout=subprocess.PIPE, text=True) as p:
            assert p.stdout.readline() == "ready\n"
            p.terminate()
            assert p.wait(10) == -signal.SIGTERM


def test_handler_runs_at_once_and_the_broker_is_told(install, closed_port):
    install.start_broker("term_wait")
    with pause(install.env(closed_port), "pause_handler", port=closed_port) as p:
        p.terminate()
        assert p.wait(10) == 9
    wait.until(lambda: install.asked("term"), "it is told")
    assert [t["flags"] for t in install.asked("term")] == [HANDLER]


def test_a_stopped_broker_delays_death_by_no_more_than_its_wait(install, closed_port):
    install.start_broker()
    with pause(install.env(closed_port), port=closed_port) as p:
        os.kill(install.pids()[0], signal.SIGSTOP)
        p.terminate()
        assert p.wait(5) == -signal.SIGTERM


def test_off_means_no_handler(install):
    with pause(install.env(PODPOOL="off")) as p:
        with open(f"/proc/{p.pid}/status") as f:
            assert [int(line.split()[1], 16) & 1 << 14 for line in f if line.startswith("SigCgt")] == [0]
        p.terminate()
        p.wait(10)


def test_no_broker_is_started_by_a_signal(install, closed_port):
    with pause(install.env(closed_port), port=closed_port) as p:
        install.stop()
        wait.until(lambda: not brokers.of(install.dir), "it is gone")
        p.terminate()
        assert p.wait(10) == -signal.SIGTERM
    assert len(install.pids()) == 1


UNSHARE = ["unshare", "-pf", "--kill-child"]


@pytest.mark.skipif(os.geteuid() != 0, reason="unshare -p needs root")
@pytest.mark.parametrize("exits", [False, True])
def test_pid_1_by_default_lives_on_unless_asked_to_exit(exits, install):
    install.start_broker()
    env = install.env(PODPOOL_PID1_EXIT="1" if exits else "0")
    with pause(env, prefix=UNSHARE) as p:
        child = int(open(f"/proc/{p.pid}/task/{p.pid}/children").read())
        os.kill(child, signal.SIGTERM)
        if exits:
            assert p.wait(10) == 128 + signal.SIGTERM
        else:
            assert p.stdout.readline() == "paused -1 errno=4\n"
            os.kill(child, signal.SIGKILL)
        p.wait(10)
    wait.until(lambda: install.asked("term"), "it is told")  # told, not asked: nobody has waited for it
    assert [t["flags"] for t in install.asked("term")] == [DEFAULT | PID1 if exits else PID1]


@pytest.mark.skipif(os.geteuid() != 0, reason="unshare -p needs root")
@pytest.mark.parametrize("exits, ends", [(False, False), (True, False), (True, True)])
def test_pid_1_asks_what_a_signal_from_inside_means_only_where_it_may_exit(exits, ends, install):
    install.start_broker(*["term_now"] * ends)
    with pause(install.env(PODPOOL_PID1_EXIT="1" if exits else "0"), prefix=UNSHARE) as p:
        child = int(open(f"/proc/{p.pid}/task/{p.pid}/children").read())
        subprocess.run(["nsenter", "-t", str(child), "-p", "kill", "-TERM", "1"], check=not ends)  # it may end with PID 1
        if ends:
            assert p.wait(10) == 128 + signal.SIGTERM
        else:
            assert p.stdout.readline() == "paused -1 errno=4\n"
            os.kill(child, signal.SIGKILL)
    assert [t["flags"] for t in install.asked("term")] == [DEFAULT | PID1 | INSIDE] * exits


@pytest.mark.skipif(os.geteuid() != 0, reason="unshare -p needs root")
def test_pid_1_with_handler_exits_as_it_would(install):
    with pause(install.env(), "pause_handler", prefix=UNSHARE) as p:
        os.kill(int(open(f"/proc/{p.pid}/task/{p.pid}/children").read()), signal.SIGTERM)
        assert p.wait(10) == 9
