"""What a process of somebody else in the same network namespace may try; test_neighbours.py runs it as another user.

    knock HOST PORT                      says a startup packet, prints what comes back until the end
    hit-and-run HOST PORT close|reset    says startup and a query at once and is gone
    flood HOST PORT COUNT speak|silent   so many connections, kept until stdin ends; prints how many were answered
    ask PATH, tell PATH                  a route, of a unix socket; prints what becomes of it
"""
import encodings.idna  # noqa: F401  (loaded before the user changes)
import resource
import socket
import struct
import sys


def startup(user="app", database="app"):
    words = b"".join(w.encode() + b"\0" for w in ("user", user, "database", database)) + b"\0"
    return struct.pack("!ii", len(words) + 8, 3 << 16) + words


def query(sql):
    return b"Q" + struct.pack("!i", len(sql) + 5) + sql.encode() + b"\0"


def route(port):
    address = struct.pack(">BBH4s12x", 4, 0, port, bytes([127, 0, 0, 1]))
    return b"POOL" + struct.pack("=HHQII", 1, 1, 77, 0, 0) + address + bytes(4)


def drain(sock):
    got = b""
    try:
        while more := sock.recv(1000):
            got += more
    except ConnectionError:
        pass
    return got


def knock(host, port):
    with socket.create_connection((host, int(port)), 5) as sock:
        sock.sendall(startup())
        print(drain(sock))


def hit_and_run(host, port, how):
    sock = socket.create_connection((host, int(port)), 5)
    sock.sendall(startup() + query("insert into t values (1)"))
    if how == "reset":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def flood(host, port, count, how):
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    held, answered = [], 0
    for _ in range(int(count)):
        sock = socket.socket()
        sock.setblocking(False)
        held.append(sock)
        sock.connect_ex((host, int(port)))
        try:
            if how == "speak":
                sock.send(startup())
        except OSError:
            pass
    print("all are there", flush=True)
    sys.stdin.read()
    for sock in held:
        try:
            answered += bool(sock.recv(100))
        except OSError:
            pass
    print("answered", answered, flush=True)


def ask(path):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(5)
        sock.connect(path)
        sock.sendall(route(5432))
        print(drain(sock))


def tell(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        print(sock.sendto(route(5432), path))


try:
    globals()[sys.argv[1].replace("-", "_")](*sys.argv[2:])
except OSError as error:
    print(type(error).__name__)
