"""application_name given at startup, direct and pooled: everybody is called what he is called, and goes back to it."""
import pytest

NAMES = {"a": "billing", "b": "reports", "c": None, "d": "billing"}
MINE = "select application_name from pg_stat_activity where pid = pg_backend_pid()"


def everybody(play, **more):
    return [play.open(name, **({"application_name": said} if said else {}), **more) for name, said in NAMES.items()]


def look(sessions, times=2):
    for session in sessions * times:
        session.sql("show application_name")
        session.sql(MINE)


def test_each_has_its_own_name(diff):
    def script(play):
        sessions = everybody(play)
        look(sessions, 3)
        play.pins()
    diff(script)


@pytest.mark.parametrize("name", ["", " ", "it's", r"back\slash", "x" * 63, "x" * 64, "y" * 200, "čeština", "tab\there",
                                  "ž" * 40])
def test_name_as_the_server_takes_it(diff, name):
    def script(play):
        a, b = play.connect("a"), play.connect("b")
        for session in (a, b):
            session.startup(application_name=name)
            # A name too long is cut with a NOTICE that the broker's own login does not hear.
            session.heard[:] = [m for m in session.heard if m[1] != b"N"]
        look([a, b])
        a.sql("set application_name = 'other'")
        b.sql("show application_name")
        a.sql("reset application_name")
        look([a, b])
    diff(script)


RESETS = ["reset application_name", "reset all", "discard all", "set application_name to default"]
CHANGES = {
    "nothing": [], "set": ["set application_name = 'other'"], "set to nothing": ["set application_name = ''"],
    "set to its own": ["set application_name = 'billing'"],
    "rolled back": ["begin", "set application_name = 'other'", "rollback"],
    "local": ["begin", "set local application_name = 'other'", "show application_name", "commit"],
    "two": ["set application_name = 'other'", "set work_mem = '7MB'"],
}


def what_was_told_last(session):
    """Without the times when: a reset that looks like a SET is told after its ReadyForQuery."""
    told = [m for m in session.heard if m[1] == b"S" and m[2].startswith(b"application_name\0")]
    session.heard[:] = [m for m in session.heard if m not in told] + [("told last", *told[-1][1:])]


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("change", CHANGES)
def test_reset_goes_back_to_the_name_at_startup(diff, change, reset):
    def script(play):
        sessions = everybody(play)
        for session in sessions[:3]:
            for statement in CHANGES[change]:
                session.sql(statement)
            look(sessions, 1)
            session.sql(reset)
            look(sessions, 1)
            session.sql(reset)
        look(sessions)
        if reset == RESETS[-1] or change == "set to nothing":
            for session in sessions:
                what_was_told_last(session)
        play.pins()
    diff(script)


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_reset_in_a_transaction_counts_when_it_is_over(diff, end):
    """Within it the name shows that the server has by itself: see app_name.h."""
    def script(play):
        sessions = everybody(play)
        for statement in ("begin", "reset application_name", end, "set application_name = 'other'", "begin", "reset all", end):
            sessions[0].sql(statement)
        look(sessions)
        play.pins()
    diff(script)


@pytest.mark.parametrize("reset", RESETS[:2])
def test_reset_by_one_who_keeps_its_server(diff, reset):
    def script(play):
        sessions = everybody(play)
        a = sessions[0]
        a.sql("create temp table mine (n int)")
        a.sql("set application_name = 'other'")
        look(sessions)
        a.sql(reset)
        look(sessions)
        a.sql("set work_mem = '7MB'")
        a.sql(reset)
        a.sql("select * from mine")
        look(sessions)
        play.pins("temp")
    diff(script)
