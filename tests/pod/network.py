"""A wire from a box's network namespace to the host, and a knife for it.

    with Box(wait_for_wire(command), net=True) as box, Wire(box) as wire:   # wire.host: where the host is reached
        wire.cut()                                                           # from now on every packet is lost, silently
"""
import itertools
import os
import random
import subprocess

import box

numbers = itertools.count()


def wait_for_wire(*command):
    """The command, once the box has a network; the address of the host is in its PGHOST."""
    return ["/bin/sh", "-c", 'until [ -s "$PODPOOL_DIR/host" ]; do sleep 0.05; done; PGHOST=$(cat "$PODPOOL_DIR/host")'
            ' exec "$@"', "sh", *map(str, command)]


def run(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if done.returncode:
        raise box.BoxError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")


class Wire:
    def __init__(self, its_box):
        self.dir = its_box.dir
        # as the sandbox of a pod does, it outlives the program: what the kernel has to say in its name can be sent
        self.namespace = os.open(f"/proc/{its_box.pid}/ns/net", os.O_RDONLY)
        self.inside = ["nsenter", "-t", its_box.pid, "-n"]
        self.name = f"pp{os.getpid()}h{next(numbers)}"[:15]
        self.peer = self.name.replace("h", "p")

    def __enter__(self):
        for _ in range(20):  # another test may have the same network
            net = f"10.213.{random.randrange(256)}.{4 * random.randrange(64)}"
            self.host, self.pod = (net.rpartition(".")[0] + f".{int(net.rpartition('.')[2]) + n}" for n in (1, 2))
            if f"{self.host}/" not in subprocess.check_output(["ip", "-4", "addr"], text=True):
                break
        try:
            run("ip", "link", "add", self.name, "type", "veth", "peer", "name", self.peer, "netns", self.inside[2])
            run("ip", "addr", "add", f"{self.host}/30", "dev", self.name)
            run("ip", "link", "set", self.name, "up")
            run(*self.inside, "ip", "addr", "add", f"{self.pod}/30", "dev", self.peer)
            run(*self.inside, "ip", "link", "set", self.peer, "up")
            (self.dir / "host").write_text(self.host)
        except BaseException:
            self.__exit__()
            raise
        return self

    def cut(self):
        self._filter("-I")

    def mend(self):
        self._filter("-D")

    def restart_host(self):
        """The host no longer knows any connection to the pod, and the pod hears of it when it says something."""
        self.cut()
        run("ss", "-K", "dst", self.pod)
        self.mend()

    def _filter(self, what):
        for chain, way in (("INPUT", "-i"), ("OUTPUT", "-o")):
            run(*self.inside, "iptables", what, chain, way, self.peer, "-j", "DROP")

    def __exit__(self, *_):
        subprocess.run(["ip", "link", "del", self.name], capture_output=True)
        os.close(self.namespace)
