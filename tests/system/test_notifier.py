"""The pid in a notification is the one that its sender knows: what it was told at login, or has asked for since."""
import struct

from support import pgwire, wait
from support.pgwire import text


def pid(payload):
    return struct.unpack_from("!I", payload)[0]


def hear(listener):
    letter, payload = listener.recv()
    assert letter == b"A"
    return payload


def test_those_who_share_a_server_are_told_apart(raw):
    listener, *speakers = [raw(MAX_SERVERS=2).login() for _ in range(4)]
    listener.ask("listen news")
    for n in range(60):
        speaker = speakers[n % 3]
        speaker.ask(f"notify news, '{n}'")
        assert hear(listener) == speaker.key[:4] + text("news", str(n))


def test_another_users_is_known_too(raw):
    listener, speaker = raw(MAX_SERVERS=2).login(), raw().login("other", "app")
    listener.ask("listen news")
    speaker.ask("notify news")
    assert hear(listener)[:4] == speaker.key[:4]


def test_who_is_not_pooled_has_its_own_pid(raw, direct):
    listener, speaker, stranger = raw(MAX_SERVERS=2).login(), raw().login(), direct().login()
    listener.ask("listen news")
    for one in (stranger, speaker, stranger):
        one.ask("notify news")
        assert hear(listener)[:4] == one.key[:4]
    assert [[str(pid(stranger.key))]] == stranger.ask("select pg_backend_pid()")


def test_own_notification_before_it_listened_makes_nobody_else_it(raw):
    """The listener was the last to notify over the server that another one uses now, who does so unseen."""
    listener, speaker = raw(MAX_SERVERS=2).login(), raw().login()
    listener.ask("notify news")
    speaker.ask("begin")  # it has that server now
    listener.ask("listen news")
    speaker.ask("notify news; commit")
    assert hear(listener)[:4] == speaker.key[:4]


def test_both_ways_at_once(raw):
    """Two listeners that notify each other and themselves, in one batch each."""
    both = [raw(MAX_SERVERS=2).login() for _ in range(2)]
    for one in both:
        one.ask("listen news")
    for _ in range(20):
        for one in both:
            one.send(pgwire.query("notify news"))
        for one in both:
            heard = {payload[:4] for letter, payload in one.until(b"Z") if letter == b"A"}
            while heard != {o.key[:4] for o in both}:
                heard.add(hear(one)[:4])


def test_whose_sql_asked_for_its_pid_is_known_by_that_one(raw):
    """It goes by the number it asked for last, and so does whoever it gave that to."""
    listener, speaker = raw(MAX_SERVERS=3).login(), raw().login()
    listener.ask("listen news")
    speaker.ask("notify news, 'before'")
    assert hear(listener)[:4] == speaker.key[:4]
    asked = int(speaker.ask("begin; select pg_backend_pid()")[0][0])
    speaker.ask("listen news; notify news, 'same transaction'")
    speaker.send(pgwire.query("commit"))
    for told in (speaker.until(b"Z"), [(b"A", hear(listener))]):
        assert [pid(payload) for letter, payload in told if letter == b"A"] == [asked]
    speaker.ask("unlisten news")
    speaker.ask("notify news, 'later'")
    assert pid(hear(listener)) == asked


def test_the_pid_that_sql_asked_for_is_known_when_its_owner_has_left(raw, postgres_trust):
    """The listener hears of it at its transaction's end, when the server is gone."""
    listener, speaker = raw(MAX_SERVERS=3).login(), raw().login()
    listener.ask("listen news")
    listener.ask("begin")
    asked = int(speaker.ask("select pg_backend_pid()")[0][0])
    speaker.ask("notify news")
    speaker.bye()
    wait.until(lambda: postgres_trust.psql(f"select count(*) from pg_stat_activity where pid = {asked}") == "0",
               "the server is gone")
    listener.send(pgwire.query("commit"))
    assert [pid(payload) for letter, payload in listener.until(b"Z") if letter == b"A"] == [asked]
