\echo server :SERVER_VERSION_NAME
begin;
insert into items values (1, 'one');
insert into items values (2, 'two');
commit;
select 'committed ' || count(*) from items;
begin;
insert into items values (3, 'three');
rollback;
select 'rolled back ' || count(*) from items;
insert into items values (1, 'again');
\echo duplicate :LAST_ERROR_SQLSTATE
begin;
insert into items values (4, 'four');
select 1 / 0;
\echo error :LAST_ERROR_SQLSTATE
select 1;
\echo aborted :LAST_ERROR_SQLSTATE
rollback;
select 'after error ' || count(*) from items;
\set number 41
\set word 'it''s'
select 'parameters ' || :number + 1 || ' ' || upper(:'word');
select repeat('x', 1048576) as big \gset
select 'megabyte ' || length(:'big') || ' ' || md5(:'big');
select 'fetched ' || length(:'big');
\set elephant 'žluťoučký kůň 日本 🐘'
select 'unicode ' || :'elephant' || ' ' || char_length(:'elephant');
\pset null 'null yes'
select null;
select 1 as n1 \gset
select :n1 + 1 as n2 \gset
select :n2 + 1 as n3 \gset
select :n3 + 1 as n4 \gset
select :n4 + 1 as n5 \gset
select :n5 + 1 as n6 \gset
select :n6 + 1 as n7 \gset
select 'repeated ' || :n1 + :n2 + :n3 + :n4 + :n5 + :n6 + :n7;
\copy items from program 'seq 1001 2000 | sed "s/.*/&\trow &/"'
select 'copied in ' || count(*) from items where id > 1000;
\copy (select * from items where id > 1000 order by id) to program 'echo "copied out $(wc -l)"'
\echo closed
