"""Settings that are not like the others, direct and pooled: those a label cannot hold, or not as it is."""
from support.pgwire import FLUSH, bind, execute, parse, query
from test_diff_pins import LOCKS

T = "create table t (n int, note text); insert into t values (1, 'x')"


def test_setting_that_is_longer_than_any_label(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("select length(set_config('app.ctx', repeat('x', 100000), false))")
        for one in (a, b, a):
            one.sql("select length(current_setting('app.ctx', true))")
    diff(script)


def test_parse_trees_that_are_longer_than_any_answer(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("set client_min_messages = log")
        a.sql("set debug_print_parse = on")
        a.sql("begin; do 'begin end'; commit")
        for one in (b, a):
            one.sql("show debug_print_parse")
    diff(script)


def test_role_none_where_the_default_is_another(diff):
    def script(play):
        play.postgres.psql("grant other to app", db="app")
        try:
            a, b = (play.open(n, options="-c role=other") for n in "ab")
            a.sql("set role none")
            for one in (b, a, b):
                one.sql("select current_user")
        finally:
            play.postgres.psql("revoke other from app", db="app")
    diff(script)


def test_default_search_path_that_begins_in_pg_temp(diff):
    def script(play):
        a, b = (play.open(n, options="-c search_path=pg_temp,stage") for n in "ab")
        a.sql("create table mine as select 1 as n")
        for one in (b, a):
            one.sql("select * from mine")
    diff(script)


def test_temp_buffers_where_others_had_a_temporary_table(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        b.sql("create temp table mine as select 1 as n")
        b.sql("drop table mine")
        a.sql("set temp_buffers = '16MB'")
        a.sql("show temp_buffers")
    diff(script)


def test_setting_that_the_login_may_not_set(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.sql("select stage.quiet()")
        for one in (b, a):
            one.sql("show session_replication_role")
    diff(script, "reset role; create function stage.quiet() returns text language sql security definer as"
                 " $$ select set_config('session_replication_role', 'replica', false) $$")


def test_deferrable_transactions_as_default(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        s = "set session characteristics as transaction isolation level "
        a.sql("begin isolation level serializable")
        a.sql("insert into stage.t values (9, 'x')")
        b.sql(s + "serializable, read only, deferrable")
        b.sql(s + "read committed, read write, not deferrable")
        a.sql("commit")
    diff(script, T)


HIDES = r"select '\' || ' , pg_advisory_lock(4711) --'"


def test_strings_that_are_read_otherwise_within_a_batch(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(parse("set standard_conforming_strings = off"), bind(), execute(), FLUSH)
        a.hear(b"C")
        a.batch(parse(HIDES), bind(), execute())
        for one in (b, a):
            one.sql(LOCKS)
    diff(script)


def test_strings_that_are_read_otherwise_within_a_pipelined_transaction(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        a.say(*map(query, ("begin", "set local standard_conforming_strings = off", HIDES, "commit")))
        a.hear(b"Z", times=4)
        for one in (b, a):
            one.sql(LOCKS)
    diff(script)


def test_strings_that_a_pipelined_rollback_reads_otherwise(diff):
    def script(play):
        a, b = (play.open(n, options="-c standard_conforming_strings=off -c escape_string_warning=off") for n in "ab")
        a.sql("begin")
        a.sql("set local standard_conforming_strings = on")
        a.say(*map(query, ("rollback", HIDES)))
        a.hear(b"Z", times=2)
        for one in (b, a):
            one.sql(LOCKS)
    diff(script)


def test_strings_of_a_statement_that_was_read_otherwise_before(diff):
    def script(play):
        a, b = play.open("a"), play.open("b")
        b.batch(parse(HIDES, "s"))
        a.sql("begin")
        a.sql("set local standard_conforming_strings = off")
        a.batch(parse(HIDES, "s"), bind(name="s"), execute())
        a.sql("commit")
        for one in (b, a):
            one.sql(LOCKS)
    diff(script)
