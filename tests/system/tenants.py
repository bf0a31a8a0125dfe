"""Fifty tenants on five servers, each with a role, search_path, time zone and app.tenant of its own, in random order.

Asynchronous on the raw wire: one process plays all clients. Each transaction ends by asking for all four values and
comparing them with what this tenant must see; some fail, some are cancelled, some disconnect and come again.

usage: tenants.py HOST PORT TRANSACTIONS SEED    prints counts; exits 1, saying what was seen that was not one's own
"""
import asyncio
import collections
import pathlib
import random
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.pgwire import SYNC, TERMINATE, bind, columns, execute, fields, parse, query, startup  # noqa: E402

TENANTS, ROLES, SCHEMAS = 50, 10, 10
ZONES = ["UTC", "Asia/Tokyo", "Europe/Prague", "America/Lima", "Asia/Kathmandu", "Australia/Perth", "Africa/Cairo"]
ASK = ("select current_setting('app.tenant', true), current_user, current_setting('search_path'),"
       " current_setting('TimeZone'), (select name from me)")
SETUP = [*(f"create role tenant{n}; grant tenant{n} to app" for n in range(ROLES)),
         *(f"create schema s{n}; grant usage on schema s{n} to public; create table s{n}.me as select 's{n}' as name;"
           f" grant select on s{n}.me to public" for n in range(SCHEMAS)),
         "create table work (tenant text, n int); grant all on work to public"]


class Lost(Exception):
    """The server side ended the connection."""


class Tenant:
    def __init__(self, number, host, port, chance, counts):
        self.number, self.host, self.port, self.chance, self.counts = number, host, port, chance, counts
        self.zone = number
        self.reader = self.writer = self.key = None

    @property
    def mine(self):
        schema = f"s{self.number % SCHEMAS}"
        return [f"t{self.number}", f"tenant{self.number % ROLES}", schema, ZONES[self.zone % len(ZONES)], schema]

    async def connect(self):
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        self.writer.write(startup("app", "app"))
        for letter, payload in await self.hear():
            if letter == b"K":
                self.key = payload
        tenant, role, path, zone, _ = self.mine
        for said in (f"set app.tenant = '{tenant}'", f"set role {role}", f"set search_path = {path}",
                     f"set timezone = '{zone}'"):
            await self.say(query(said))
        await self.say(parse(ASK, "ask") + SYNC)

    async def hear(self):
        got = []
        try:
            while not got or got[-1][0] != b"Z":
                head = await self.reader.readexactly(5)
                got.append((head[:1], await self.reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)))
        except (asyncio.IncompleteReadError, ConnectionError) as e:
            raise Lost(f"{self.mine[0]} lost its connection: {[fields(p) for k, p in got if k == b'E']}") from e
        return got

    async def say(self, *messages, sqlstate=None):
        """Rows; an error must be the one expected."""
        self.writer.write(b"".join(messages))
        got = await self.hear()
        error = next((fields(p) for letter, p in got if letter == b"E"), None)
        if (error and error["C"]) != sqlstate:
            raise AssertionError(f"{self.mine[0]}: {messages}: {error}")
        return [columns(p) for letter, p in got if letter == b"D"]

    async def check(self):
        ask = self.chance.choice((query(ASK), bind(name="ask") + execute() + SYNC))
        rows = await self.say(ask)
        if rows != [self.mine]:
            raise AssertionError(f"{self.mine} sees {rows}")

    async def transaction(self):
        kind = self.chance.choices(("read", "write", "fail", "move", "local", "cancel", "vanish", "bye"),
                                   (40, 20, 10, 10, 10, 4, 2, 4))[0]
        self.counts[kind] += 1
        await getattr(self, kind)()

    async def read(self):
        await self.check()

    async def write(self):
        await self.say(query("begin"))
        await self.say(query(f"insert into public.work values (current_setting('app.tenant'), {self.number})"))
        await self.check()
        await self.say(query("commit"))

    async def fail(self):
        """A setting made in a transaction that fails is not made."""
        await self.say(query("begin; set app.tenant = 'nobody'; set role none"))
        await self.say(query("select 1/0"), sqlstate="22012")
        await self.say(query("commit"))
        await self.check()

    async def move(self):
        self.zone += 1
        await self.say(query(f"set timezone = '{self.mine[3]}'"))
        await self.check()

    async def local(self):
        await self.say(query("begin; set local app.tenant = 'for a moment'; set local role none;"
                             " set local search_path = ''"))
        await self.say(query("select 1"))
        await self.say(query(self.chance.choice(("commit", "rollback"))))
        await self.check()

    async def cancel(self):
        """The cancel may come at any moment: of the query, or of nobody's."""
        self.writer.write(query("select pg_sleep(0.05)"))
        await asyncio.sleep(self.chance.random() * 0.06)
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(struct.pack("!ii", 16, 80877102) + self.key)
        await reader.read()
        writer.close()
        errors = [fields(p)["C"] for letter, p in await self.hear() if letter == b"E"]
        if errors not in ([], ["57014"]):
            raise AssertionError(f"{self.mine[0]} cancelled: {errors}")
        await self.check()

    async def vanish(self):
        """In the middle of a transaction, without a word."""
        await self.say(query("begin; set app.tenant = 'gone'; insert into public.work values ('gone', 0)"))
        self.writer.write(query("select pg_sleep(0.01)"))
        self.writer.transport.abort()
        await self.connect()

    async def bye(self):
        self.writer.write(TERMINATE)
        self.writer.close()
        await self.connect()
        await self.check()


async def play(host, port, transactions, seed):
    chance = random.Random(seed)
    counts = collections.Counter()
    tenants = [Tenant(n, host, port, chance, counts) for n in range(TENANTS)]
    left = iter(range(transactions))

    async def live(tenant):
        await tenant.connect()
        for _ in left:
            await tenant.transaction()
        tenant.writer.write(TERMINATE)
        tenant.writer.close()

    await asyncio.gather(*(live(t) for t in tenants))
    return counts


def main(host, port, transactions, seed):
    try:
        counts = asyncio.run(play(host, int(port), int(transactions), int(seed)))
    except (AssertionError, Lost) as e:
        sys.exit(f"tenants: {e}")
    print(" ".join(f"{kind}={n}" for kind, n in sorted(counts.items())))


if __name__ == "__main__":
    main(*sys.argv[1:])
