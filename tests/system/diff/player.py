"""Plays a script - a function of a Play - once direct and once pooled, and compares all that the server side said.

    def script(play):
        a, b = play.open("a"), play.open("b")      # named connections, logged in
        a.sql("set work_mem = '7MB'")              # a simple query, read up to ReadyForQuery
        b.say(parse("select 1"), bind(), FLUSH)    # frontend messages as they are
        b.hear(b"2")                               # read up to this letter
        b.batch(bind(), execute())                 # these and Sync, read up to ReadyForQuery
        play.pins("temp")                          # pooled only: who is pinned now, and why
    diff(script, setup="create table t (n int)")
"""
from differences import Run, as_the_broker_says, comparable
from support import pgwire, wait
from support.pgwire import SYNC, Wire

CANCEL = b"\0\0\0\x10" + (80877102).to_bytes(4, "big")
FRESH = """
drop schema if exists stage cascade;

create schema stage authorization app;

grant usage on schema stage to other;
"""


class Session:
    """One named connection; everything it hears is recorded with the number and text of the step."""

    def __init__(self, play, name, wire):
        self.play, self.name, self.wire = play, name, wire
        self.heard, self.rest, self.step = [], b"", ""
        self.ended = False  # by the server: what a script still says is said to nobody

    def _note(self, messages):
        self.heard += [(self.step, letter, payload) for letter, payload in messages]
        return messages

    def _begin(self, what):
        self.play.steps += 1
        self.step = f"step {self.play.steps} {self.name}: {what[:300]}"

    def startup(self, user="app", database="app", **settings):
        self._begin(f"startup {settings or ''}")
        self.wire.send(pgwire.startup(user, database, **settings))
        for letter, payload in self.hear(b"Z"):
            if letter == b"K":
                self.wire.key = payload
                self.play.pids[self.name] = int.from_bytes(payload[:4], "big")
        return self

    def say(self, *messages):
        self._begin(repr(b"".join(messages)))
        self._send(*messages)

    def _send(self, *messages):
        if not self.ended:
            self.wire.send(*messages)

    def hear(self, *letters, times=1):
        """Up to and including the n-th of these letters, or the end of the connection."""
        return [m for _ in range(times) for m in self._hear_one(letters)]

    def _hear_one(self, letters):
        messages = [] if self.ended else self.wire.until(*letters)
        self.ended = not messages or messages[-1][0] not in letters
        return self._note(messages)

    def sql(self, text):
        self._begin(text)
        self._send(pgwire.query(text))
        return Answer(self.hear(b"Z"))

    def batch(self, *messages):
        """Extended protocol: these messages and a Sync."""
        self.say(*messages, SYNC)
        return Answer(self.hear(b"Z"))

    def hear_notification(self):
        self._begin("a notification")
        return self.hear(b"A")

    def cancel(self):
        """A CancelRequest for this session, over when the server side has closed it."""
        other = self.play.wire()
        other.send(CANCEL + self.wire.key)
        other.drain()
        other.sock.close()

    def vanish(self):
        """Without a word, as a killed process on a lost host."""
        self.wire.reset()

    def bye(self):
        """Terminate; what comes until the other side has closed is compared as well."""
        self._begin("terminate")
        self._send(pgwire.TERMINATE)
        self.end()

    def end(self):
        messages, self.rest = pgwire.split(self.wire.drain())
        self._note(messages)
        self.wire.sock.close()


class Answer(list):
    """Messages, and what scripts ask of them."""

    @property
    def rows(self):
        return [pgwire.columns(payload) for letter, payload in self if letter == b"D"]

    @property
    def sqlstate(self):
        return next((pgwire.fields(payload)["C"] for letter, payload in self if letter == b"E"), None)


def match(pinned, words):
    """Has each pinned client a word of its own among these, and each word a client?"""
    left = list(words)
    for pins in pinned:
        word = next((w for w in left if set(w.split()) & set(pins.split(","))), None)
        if word is None:
            return False
        left.remove(word)
    return not left


class Play(Run):
    def __init__(self, postgres, dialer, pool=None):
        super().__init__()
        self.postgres, self.dialer, self.pool = postgres, dialer, pool
        self.sessions, self.steps, self.complaints = {}, 0, []

    def wire(self):
        return Wire(self.dialer.connect(self.postgres.host, self.postgres.port))

    def connect(self, name):
        """A connection on which nothing has been said."""
        self.sessions[name] = Session(self, name, self.wire())
        return self.sessions[name]

    def open(self, name, user="app", **settings):
        return self.connect(name).startup(user, **settings)

    def wait_for(self, sql, answer, what):
        """An event that the database shows to the superuser."""
        wait.until(lambda: self.postgres.psql(sql, db="app") == answer, what, seconds=20)

    def wait_running(self, text, count=1):
        self.wait_for("select count(*) from pg_stat_activity where state = 'active' and pid <> pg_backend_pid()"
                      f" and query like '{text}%'", str(count), f"{count} running {text}")

    def pins(self, *words):
        """Pooled: waits until exactly so many clients are pinned, each for one of these words; words may be
        alternatives, split by a space. What is wrong comes out after the comparison of what was said."""
        if not self.pool:
            return

        def pinned():
            return [(c["pins"], c["pin_cause"]) for c in self.pool.status()["clients"] if c["pins"]]
        try:
            wait.until(lambda: match([pins for pins, _ in pinned()], words), "", seconds=8)  # a wrong one stays
        except AssertionError:
            self.complaints.append(f"after step {self.steps}: pinned should be {words or 'nobody'}, but are: {pinned()}")

    def servers(self, most):
        """Pooled: waits until no more servers than this are lent."""
        if self.pool:
            self.pool.until_status(lambda s: s["totals"]["lent"] <= most, f"at most {most} lent", seconds=8)

    def finish(self):
        for session in self.sessions.values():
            if session.wire.sock.fileno() >= 0:
                session.bye()


def play_once(script, setup, postgres, dialer, pool=None):
    postgres.psql(FRESH, db="app")
    if setup:
        postgres.psql("set role app; set search_path = stage; " + setup, db="app")
    play = Play(postgres, dialer, pool)
    try:
        script(play)
        play.finish()
    finally:
        for session in play.sessions.values():
            session.wire.sock.close()
    return comparable(play), play.complaints


def compare(direct, pooled):
    """Words for the first difference of each connection; "" when there is none."""
    found = []
    for name, (said, notified, rest) in direct.items():
        other_said, other_notified, other_rest = pooled[name]
        for n, (one, two) in enumerate(zip(said + [("the end", b"", rest)], other_said + [("the end", b"", other_rest)])):
            if one[1] == two[1] == b"E":
                one = (*one[:2], as_the_broker_says(one[2], two[2]))
            if one != two:
                found.append(f"{name}, message {n}:\n  {one[0]}\n  direct: {one[1:]}\n  pooled: {two[1:]}"
                             + (f"\n  (there: {two[0]})" if one[0] != two[0] else ""))
                break
        if notified != other_notified:
            found.append(f"{name}, notifications:\n  direct: {notified}\n  pooled: {other_notified}")
    return "\n".join(found)
