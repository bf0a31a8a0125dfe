"""Runs in its own process: makes the namespaces, starts the command as PID 1 in them, reports.

    box_init.py REPORT_FD  with the settings as JSON on stdin

Report, one JSON line each: {"pid": as seen outside} when the command is about to run, {"status": raw wait
status} when it has ended, {"error": text} instead of either. unshare(1) would be shorter, but it turns the
wait status into an exit code and hides the pid.
"""
import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import sys
import tempfile

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x02000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_MOVE, MS_BIND, MS_REC, MS_PRIVATE = 8192, 4096, 16384, 1 << 18
MNT_DETACH, PR_SET_PDEATHSIG = 2, 1
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    if getattr(libc, name)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}{args}: {os.strerror(number)}")


def mount(source, target, kind, flags):
    call("mount", source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), None)


def die_with_parent():
    call("prctl", PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(s, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def instead_of(point, directory):
    """Not on top of what is mounted there: mountinfo would name that first, and a container has nothing below."""
    aside = tempfile.mkdtemp()
    mount(directory, aside, "none", MS_BIND)
    call("umount2", point.encode(), MNT_DETACH)
    mount(aside, point, "none", MS_MOVE)
    os.rmdir(aside)


def look_like_a_container(settings):
    """/proc of the new pid namespace, and the own cgroup read-only where a runtime mounts it: on v2 in a namespace of its
    own, in which /proc/self/cgroup says 0::/."""
    mount("none", "/", "none", MS_REC | MS_PRIVATE)
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    point = settings["cgroup_mount"]
    if settings["cgroup_namespace"]:
        call("unshare", CLONE_NEWCGROUP)
        call("umount2", point.encode(), MNT_DETACH)
        mount("cgroup2", point, "cgroup2", 0)
    else:
        instead_of(point, settings["cgroup_seen"])
    mount("none", point, "none", MS_REMOUNT | MS_BIND | MS_RDONLY)


def become_the_command(settings):
    with open(os.path.join(settings["cgroup"], "cgroup.procs"), "w") as procs:
        procs.write("0")
    look_like_a_container(settings)
    if settings["net"]:
        raise_loopback()
    if settings["uid"] is not None:
        os.setgroups([])
        os.setresgid(settings["uid"], settings["uid"], settings["uid"])
        os.setresuid(settings["uid"], settings["uid"], settings["uid"])
    die_with_parent()  # forgotten by the kernel when the uid changes, so not earlier
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):  # what Python changed for itself
        signal.signal(ignored, signal.SIG_DFL)
    os.chdir("/")
    os.execvpe(settings["argv"][0], settings["argv"], settings["env"])


def say(fd, **report):
    os.write(fd, (json.dumps(report) + "\n").encode())


def main():
    report_fd = int(sys.argv[1])
    die_with_parent()
    settings = json.load(sys.stdin)
    try:
        if settings["join"]:
            with open(f"/proc/{settings['join']}/ns/net") as net:
                call("setns", net.fileno(), CLONE_NEWNET)
        call("unshare", CLONE_NEWPID | CLONE_NEWNS | (CLONE_NEWNET if settings["net"] else 0))
    except OSError as e:
        say(report_fd, error=str(e))
        return
    ready_out, ready_in = os.pipe()  # closed by exec: the command runs; a text: it does not
    child = os.fork()
    if child == 0:
        try:
            os.close(ready_out)
            os.close(report_fd)
            become_the_command(settings)
        except BaseException as e:
            os.write(ready_in, str(e).encode() or b"?")
        os._exit(127)
    os.close(ready_in)
    error = os.read(ready_out, 4096).decode()
    say(report_fd, **({"error": error} if error else {"pid": child}))
    status = os.waitpid(child, 0)[1]
    if not error:
        say(report_fd, status=status)


main()
