"""What a client has SET stays, whatever default somebody changes meanwhile. What a client keeps of the defaults it had
at its login (shim/broker/defaults.h) is told to a server that it is lent, and not to one that it has kept: that has
them, and the client may have said otherwise since, which nobody asks such a server."""
import pytest

SETTINGS = {  # name: (the default there was, what the client says, the default that somebody sets)
    "search_path": ("public", "tenant1", "tenant2"),
    "app.tenant": ("five", "six", "seven"),
}
MODES = {"session": ({"MODE": "session"}, "select 1"), "pinned": ({}, "select pg_backend_pid()")}


@pytest.fixture
def admin(postgres_trust):
    """A role and a database that this test may change."""
    def forget():
        postgres_trust.psql("drop database if exists tenants with (force)")
        postgres_trust.psql("drop role if exists tenant")
    forget()
    postgres_trust.psql("create role tenant login")
    postgres_trust.psql("create database tenants")
    yield postgres_trust
    forget()


@pytest.fixture(params=MODES)
def log_in(request, raw):
    """log_in() -> a client that keeps its server."""
    settings, keep = MODES[request.param]

    def log_in():
        wire = raw(MAX_SERVERS=3, **settings).login("tenant", "tenants")
        wire.ask(keep)
        return wire
    return log_in


@pytest.fixture(params=["alter role tenant", "alter database tenants"])
def default(request):
    """The statement that makes this the default of whoever logs in from now on."""
    return lambda name, value: f"{request.param} set {name} = '{value}'"


@pytest.fixture(params=["through the pool", "elsewhere"])
def say(request, raw, admin):
    """say(statement), of which the pool's next login is to look what has changed: at what it has not seen itself it
    looks when it has seen something else, or after ten minutes (PP_DATABASE_LEARN_MS)."""
    def say(statement):
        if request.param == "elsewhere":
            admin.psql(statement)
        wire = raw().login("postgres", "postgres")
        wire.ask(statement if request.param != "elsewhere" else "alter role tenant connection limit 50")
        wire.bye()
    return say


@pytest.mark.parametrize("name", SETTINGS)
def test_what_a_client_has_set_outlives_a_new_default(name, log_in, default, say, admin):
    old, its_own, new = SETTINGS[name]
    admin.psql(default(name, old))
    client = log_in()
    assert client.ask(f"show {name}") == [[old]]
    client.ask(f"set {name} = '{its_own}'")
    say(default(name, new))
    assert log_in().ask(f"show {name}") == [[new]]
    for _ in range(3):
        assert client.ask(f"show {name}") == [[its_own]]
