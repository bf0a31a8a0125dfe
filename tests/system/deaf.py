"""An address in front of a database that swallows whoever knocks (a node that is being replaced), until hear()."""
import contextlib
import socket
import threading


class DeafAtFirst:
    def __init__(self, port):
        self.behind = port
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self.listener.getsockname()[1]
        self.socks = [socket.socket() for _ in range(4)]  # its queue is full
        for knock in self.socks:
            knock.setblocking(False)
            knock.connect_ex(("127.0.0.1", self.port))

    def hear(self):
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.behind))
            self.socks += near, far
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    @staticmethod
    def _pump(one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        for sock in [self.listener, *self.socks]:
            sock.close()
