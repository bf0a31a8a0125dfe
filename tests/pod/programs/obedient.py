"""obedient.py SOCKET DSN: does what it is told, one JSON line each: [verb, argument...] -> answer or {"error": ...}.

connect NAME; ask NAME SQL -> rows; close NAME; peer NAME (getpeername); exit STATUS
"""
import json
import os
import socket
import sys

import psycopg2

where, dsn = sys.argv[1:3]
connections = {}


def connect(name):
    connections[name] = psycopg2.connect(dsn, application_name=name)
    connections[name].autocommit = True


def ask(name, sql):
    with connections[name].cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def close(name):
    connections.pop(name).close()


def peer(name):
    return socket.socket(fileno=os.dup(connections[name].fileno())).getpeername()


def leave(status):
    sys.exit(status)


VERBS = {"connect": connect, "ask": ask, "close": close, "peer": peer, "exit": leave}
listener = socket.socket(socket.AF_UNIX)
listener.bind(where)
os.chmod(where, 0o777)
listener.listen()
print("obeys", flush=True)
lines = listener.accept()[0].makefile("rw")
for line in lines:
    verb, *words = json.loads(line)
    try:
        answer = VERBS[verb](*words)
    except psycopg2.Error as error:
        answer = {"error": str(error), "sqlstate": error.pgcode}
    lines.write(json.dumps(answer) + "\n")
    lines.flush()
