"""Control groups for measuring (CPU per role) and for killing (a memory limit), v1 and v2."""
import errno
import itertools
import os
import pathlib
import signal
import time
import typing

numbers = itertools.count()


class Mounted(typing.NamedTuple):
    """A controller as it is mounted here."""
    version: int
    point: pathlib.Path
    own: pathlib.Path  # the directory of this process


def mounted(controller):
    """None where there is none."""
    own = {}
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        own.update({name: path for name in names.split(",")})
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, point, kind, options = line.split()[:4]
        if kind == "cgroup" and controller in options.split(",") and controller in own:
            return Mounted(1, pathlib.Path(point), first_directory(point, own[controller]))
        if kind == "cgroup2" and "" in own and controller in (pathlib.Path(point) / "cgroup.controllers").read_text():
            return Mounted(2, pathlib.Path(point), first_directory(point, own[""]))
    return None


def first_directory(point, path):
    """Inside a container the path may be the host's, not visible here: then the mount point itself is ours."""
    below = pathlib.Path(point + path)
    return below if ".." not in path and below.is_dir() else pathlib.Path(point)


class Group:
    """A new group below ours; enter() is for subprocess' preexec_fn."""

    def __init__(self, parent, name):
        self.path = parent / name
        self.path.mkdir()

    def enter(self):
        self.move(0)

    def move(self, pid):
        self.write("cgroup.procs", pid)

    def read(self, name):
        return (self.path / name).read_text()

    def write(self, name, value):
        (self.path / name).write_text(str(value))

    def count(self, name, word):
        """Of a file with a word and a number in each line."""
        return int(dict(line.split() for line in self.read(name).splitlines())[word])

    def clear(self):
        """Before it is removed."""

    def remove(self):
        """Its processes must have ended; the kernel may take a moment to forget the last of them."""
        for _ in range(200):
            self.clear()
            try:
                return self.path.rmdir()
            except OSError as error:
                if error.errno != errno.EBUSY:
                    raise
                time.sleep(0.05)
        raise TimeoutError(f"{self.path} is still in use by {self.read('cgroup.procs').split()}")


class CpuGroup(Group):
    """CPU seconds of a role: everything moved here or started from here, also after it has ended."""

    def __init__(self, version, parent, name):
        super().__init__(parent, name)
        self.version = version

    def seconds(self):
        if self.version == 1:
            return int(self.read("cpuacct.usage")) / 1e9
        return int(self.read("cpu.stat").split()[1]) / 1e6  # usage_usec is its first line


class CpuByProc:
    """Without control groups: /proc/PID/stat summed over the process trees that were moved here; ticks of 10 ms."""

    def __init__(self):
        self.roots = set()

    def enter(self):
        pass

    def move(self, pid):
        self.roots.add(pid)

    def seconds(self):
        tree, ticks = {}, 0
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                tree[int(entry.name)] = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
        for pid, fields in tree.items():
            above = pid
            while above in tree and above not in self.roots:
                above = int(tree[above][1])
            if above in self.roots:
                ticks += sum(int(field) for field in fields[11:15])  # own and those of reaped children
        return ticks / os.sysconf("SC_CLK_TCK")

    def remove(self):
        pass


def cpu_groups(names):
    """{name: something with enter, move, seconds, remove}"""
    found = mounted("cpuacct") or mounted("cpu")
    try:
        if found and (found.version == 2 or (found.own / "cpuacct.usage").exists()):
            return {name: CpuGroup(found.version, found.own, f"podpool-{name}-{os.getpid()}") for name in names}
    except OSError:
        pass
    return {name: CpuByProc() for name in names}


class MemoryGroup(Group):
    """A hard memory limit, swap included; whatever is left in it is killed when it is removed. memory_group() makes one:
    MemoryGroupV1 or MemoryGroupV2."""

    def __init__(self, parent, limit_bytes):
        super().__init__(parent, f"podpool-{os.getpid()}-{next(numbers)}")
        try:
            self.limit(limit_bytes)
            self.without_swap(limit_bytes)
        except OSError:
            self.remove()
            raise

    def limit(self, limit_bytes):
        raise NotImplementedError

    def without_swap(self, limit_bytes):
        raise NotImplementedError

    def kills(self):
        """Processes that the kernel has killed for want of memory."""
        raise NotImplementedError

    def peak_bytes(self):
        raise NotImplementedError

    def pids(self):
        try:
            return [int(pid) for pid in self.read("cgroup.procs").split()]
        except FileNotFoundError:
            return []

    def clear(self):
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class MemoryGroupV1(MemoryGroup):
    def limit(self, limit_bytes):
        self.write("memory.limit_in_bytes", limit_bytes)

    def without_swap(self, limit_bytes):
        if (self.path / "memory.memsw.limit_in_bytes").exists():
            self.write("memory.memsw.limit_in_bytes", limit_bytes)

    def kills(self):
        return self.count("memory.oom_control", "oom_kill")

    def peak_bytes(self):
        return int(self.read("memory.max_usage_in_bytes"))

    @staticmethod
    def parent(own):
        return own


class MemoryGroupV2(MemoryGroup):
    def limit(self, limit_bytes):
        self.write("memory.max", limit_bytes)

    def without_swap(self, limit_bytes):
        self.write("memory.swap.max", 0)

    def kills(self):
        return self.count("memory.events", "oom_kill")

    def peak_bytes(self):
        return int(self.read("memory.peak"))

    @staticmethod
    def parent(own):
        """Only a group that says so gives memory files to its children, and one with processes of its own may not say so:
        the root of what is mounted always may."""
        for parent in (own, *own.parents):
            control = parent / "cgroup.subtree_control"
            if not control.exists():
                break
            try:
                if "memory" not in control.read_text().split():
                    control.write_text("+memory")
                return parent
            except OSError:
                continue
        raise OSError("no group whose children may have a memory limit")


def memory_group(limit_bytes, inside=None):
    """A fresh one below our own, or inside another one that has no processes. OSError: this machine cannot."""
    found = mounted("memory")
    if not found:
        raise OSError("no memory controller is mounted")
    kind = {1: MemoryGroupV1, 2: MemoryGroupV2}[found.version]
    return kind(kind.parent(inside.path if inside else found.own), limit_bytes)


def why_no_memory_group():
    """Empty when this machine can limit memory."""
    try:
        memory_group(64 << 20).remove()
        return ""
    except OSError as error:
        return f"cannot make a memory control group: {error}"
