"""Texts that are too long to be looked at as a whole, and speak of prepared statements, direct and pooled."""
import pytest

from support.pgwire import SYNC, bind, execute, parse, query

LENGTHS = [20_000, 70_000, 300_000]  # beyond what is kept of an unnamed Parse; beyond one read; of several


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("text", ["execute s('{}')", "deallocate s /* {} */", "deallocate all /* {} */",
                                  "explain (costs off) execute s('{}')", "/* {} */ select 1",
                                  "with p as (select name from pg_prepared_statements) select name, length('{}') from p"])
def test_a_long_text_speaks_of_statements_that_the_protocol_has_prepared(diff, text, length):
    long = text.format("x" * length)

    def script(play):
        a, b = play.open("a"), play.open("b")
        b.batch(parse("select 'of others'", "s"))
        a.batch(parse("select length($1::text)", "s"))
        a.batch(parse(long), bind(), execute())
        a.batch(bind("one", name="s"), execute())
        a.batch(parse("select length($1::text) + 1", "s"))
        a.sql(long)
        a.batch(bind("two", name="s"), execute())
        a.batch(parse("select length($1::text) + 2", "t"))
        a.say(parse(long), bind(), execute(), SYNC, query(long), bind("three", name="t"), execute(), SYNC)
        a.hear(b"Z", times=3)
        b.batch(bind(name="s"), execute())
    diff(script)
