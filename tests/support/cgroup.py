"""Control groups for measuring (CPU per role) and for killing (a memory limit), v1 and v2."""
import errno
import os
import pathlib
import time


def mounted(controller):
    """(version, directory of this process) of a controller, or None where there is none."""
    own = {}
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        own.update({name: path for name in names.split(",")})
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, point, kind, options = line.split()[:4]
        if kind == "cgroup" and controller in options.split(",") and controller in own:
            return 1, first_directory(point, own[controller])
        if kind == "cgroup2" and "" in own and controller in (pathlib.Path(point) / "cgroup.controllers").read_text():
            return 2, first_directory(point, own[""])
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
        (self.path / "cgroup.procs").write_text(str(pid))

    def read(self, name):
        return (self.path / name).read_text()

    def remove(self):
        """Its processes must have ended; the kernel may take a moment to forget the last of them."""
        for _ in range(100):
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
        if found and (found[0] == 2 or (found[1] / "cpuacct.usage").exists()):
            return {name: CpuGroup(*found, f"podpool-{name}-{os.getpid()}") for name in names}
    except OSError:
        pass
    return {name: CpuByProc() for name in names}


def memory_parent(own):
    """v2 gives a group's children memory files only where the group says so, and a group with processes of its own may
    not: then the root of what is mounted, which may."""
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


class MemoryGroup(Group):
    """A hard memory limit, swap included."""

    def __init__(self, limit_bytes):
        self.version, parent = mounted("memory")
        if self.version == 2:
            parent = memory_parent(parent)
        super().__init__(parent, f"podpool-memory-{os.getpid()}-{limit_bytes >> 20}")
        try:
            self.limit(limit_bytes)
        except OSError:
            self.remove()
            raise

    @classmethod
    def missing(cls):
        """Why this machine cannot limit memory; empty when it can."""
        if not mounted("memory"):
            return "no memory controller is mounted"
        try:
            cls(64 << 20).remove()
            return ""
        except OSError as error:
            return f"cannot make a memory control group: {error}"

    def limit(self, limit_bytes):
        if self.version == 1:
            (self.path / "memory.limit_in_bytes").write_text(str(limit_bytes))
            if (self.path / "memory.memsw.limit_in_bytes").exists():
                (self.path / "memory.memsw.limit_in_bytes").write_text(str(limit_bytes))
        else:
            (self.path / "memory.max").write_text(str(limit_bytes))
            (self.path / "memory.swap.max").write_text("0")

    def kills(self):
        words = self.read("memory.oom_control" if self.version == 1 else "memory.events").split()
        return int(words[words.index("oom_kill") + 1])

    def peak_bytes(self):
        return int(self.read("memory.max_usage_in_bytes" if self.version == 1 else "memory.peak"))
