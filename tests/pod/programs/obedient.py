"""obedient.py SOCKET DSN: does what it is told, one JSON line each: [verb, argument...] -> answer or {"error": ...}.

connect NAME [OPTIONS]; ask NAME SQL -> rows; start NAME SQL: the same, but it goes on meanwhile; heard NAME -> what start
led to; close NAME; peer NAME (getpeername); eat KIB -> all it has, in memory that makes no process larger (0: gives it back); exit STATUS
"""
import json
import os
import socket
import sys
import threading

import psycopg2

where, dsn = sys.argv[1:3]
connections, threads, eaten = {}, {}, os.memfd_create("eaten")


def connect(name, options=""):
    connections[name] = psycopg2.connect(dsn, application_name=name, options=options)
    connections[name].autocommit = True


def ask(name, sql):
    with connections[name].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def start(name, sql):
    threads[name] = thread = threading.Thread(target=lambda: setattr(thread, "answer", told(ask, name, sql)), daemon=True)
    thread.start()


def heard(name):
    threads[name].join()
    return threads[name].answer


def eat(kib):
    if kib:
        os.write(eaten, b"x" * (kib << 10))
    else:
        os.ftruncate(eaten, 0)
    return os.fstat(eaten).st_size >> 10


def close(name):
    connections.pop(name).close()


def peer(name):
    return socket.socket(fileno=os.dup(connections[name].fileno())).getpeername()


def leave(status):
    sys.exit(status)


def told(verb, *words):
    try:
        return verb(*words)
    except psycopg2.Error as error:
        return {"error": str(error), "sqlstate": error.pgcode}


VERBS = {"connect": connect, "ask": ask, "start": start, "heard": heard, "close": close, "peer": peer, "eat": eat,
         "exit": leave}
listener = socket.socket(socket.AF_UNIX)
listener.bind(where)
os.chmod(where, 0o777)
listener.listen()
print("obeys", flush=True)
lines = listener.accept()[0].makefile("rw")
for line in lines:
    verb, *words = json.loads(line)
    lines.write(json.dumps(told(VERBS[verb], *words)) + "\n")
    lines.flush()
