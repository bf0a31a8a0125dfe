"""Raw sockets that went through the shim: a small preloaded process connects and hands the descriptor over.

The shim keeps no state per descriptor, so the test itself then speaks on the pooled connection byte by byte.
"""
import array
import os
import socket
import subprocess
import sys


class Dialer:
    def __init__(self, env):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control = ours
        with theirs:
            self.process = subprocess.Popen([sys.executable, __file__, str(theirs.fileno())], env=env,
                                            pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.control.close()  # the helper ends at EOF
        self.process.wait(10)

    def connect(self, host, port, timeout=20):
        self.control.send(f"{host} {port}".encode())
        answer, descriptors, _, _ = socket.recv_fds(self.control, 200, 1)
        if not descriptors:
            raise OSError(int(answer), os.strerror(int(answer)))
        sock = socket.socket(fileno=descriptors[0])
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(timeout)
        return sock


def main(descriptor):
    control = socket.socket(fileno=descriptor)
    while request := control.recv(200):
        host, port = request.decode().split()
        try:
            with socket.create_connection((host, int(port)), 20) as sock:
                sock.settimeout(None)
                control.sendmsg([b"0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [sock.fileno()]))])
        except OSError as e:
            control.send(str(e.errno).encode())


if __name__ == "__main__":
    main(int(sys.argv[1]))
