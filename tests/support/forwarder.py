"""A stand-in for any box between program and database: one process per connection, so that a test can
kill those with SIGKILL and see what a program says when its connection dies with nobody to say why.

usage: forwarder.py PORT   prints the port it listens on
"""
import os
import selectors
import signal
import socket
import subprocess
import sys


class Forwarder:
    def __init__(self, port):
        self.process = subprocess.Popen([sys.executable, __file__, str(port)], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill_connections()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def kill_connections(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as children:
            for pid in children.read().split():
                os.kill(int(pid), signal.SIGKILL)


def relay(one, other):
    with selectors.DefaultSelector() as ready:
        ready.register(one, selectors.EVENT_READ, other)
        ready.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in ready.select():
                data = key.fileobj.recv(1 << 16)
                if not data:
                    os._exit(0)
                key.data.sendall(data)


def main(port):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            client, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                relay(client, socket.create_connection(("127.0.0.1", port)))
            client.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
