"""A container of a pod: a box whose PID 1 does what the test says (programs/obedient.py), with a volume as PODPOOL_DIR.

    with Container(volume, postgres, installed, "a") as a:
        a("connect", "name")
        assert a("ask", "name", "select 1") == [[1]]
"""
import contextlib
import json
import pathlib
import signal
import socket
import subprocess

from box import Box

PROGRAM = pathlib.Path(__file__).with_name("programs").joinpath("obedient.py").read_text()  # its user may not enter the tree
PYTHON = "/usr/bin/python3"


class Container:
    """A box with the volume mounted, and a way to tell its program what to do."""

    def __init__(self, volume, postgres, installed, name, uid=None, init=(), net=False, host=None, **settings):
        self.postgres, self.installed, self.uid = postgres, installed, uid
        self.dir = volume / f"podpool-{uid or 0}"
        self.control = volume.parent / f"{name}.control"
        env = {"LD_PRELOAD": str(installed / "lib/libpodpool.so"), "PODPOOL_TARGETS": f"*:{postgres.port}",
               "PODPOOL_DIR": str(volume), "PODPOOL_LOG": "debug", "PODPOOL_MAX_SERVERS": "4",
               **{f"PODPOOL_{k}": str(v) for k, v in settings.items()}}
        dsn = (f"host={host or postgres.host} port={postgres.port} user=postgres password={postgres.password}"
               " dbname=postgres")
        self.box = Box([*init, PYTHON, "-u", "-c", PROGRAM, self.control, dsn], uid=uid, env=env, net=net)

    def __enter__(self):
        self.box.__enter__()
        self.box.wait_output("obeys")
        self.wire = socket.socket(socket.AF_UNIX)
        self.wire.settimeout(20)
        self.wire.connect(str(self.control))
        self.lines = self.wire.makefile("rw")
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.wire.close()
        self.box.__exit__()

    def __call__(self, *words):
        """What it answers; None when it has ended."""
        self.lines.write(json.dumps(words) + "\n")
        self.lines.flush()
        answer = self.lines.readline()
        return json.loads(answer) if answer else None

    def connected(self, name, options=""):
        assert self("connect", name, options) is None
        assert self("ask", name, "select 1") == [[1]]
        return name

    def broker(self):
        """Its pid outside; None: no broker lives in this container."""
        for pid in self.box.cgroup.pids():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if pathlib.Path(f"/proc/{pid}/comm").read_text() == "podpool\n":
                    return pid
        return None

    def kill(self):
        self.box.signal(signal.SIGKILL)
        self.box.wait(10)

    def podpool(self, *words, inside=False):
        user = ["setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups"] if self.uid else []
        there = ["nsenter", "-t", self.box.pid, "-p", "-m"] if inside else []
        return subprocess.run([str(w) for w in [*there, *user, self.installed / "bin/podpool", *words]], text=True,
                              capture_output=True, timeout=30, env={"PODPOOL_DIR": str(self.dir.parent)})

    def status(self, **where):
        done = self.podpool("status", "--json", **where)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def names(self):
        """application_name -> pid of the clients of the pool, 0 for those out of sight."""
        return {client["application_name"]: client["pid"] for client in self.status()["clients"]}
