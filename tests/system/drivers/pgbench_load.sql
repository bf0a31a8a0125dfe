begin;
insert into load_log values (:client_id, 0);
select pg_sleep(0.005);
commit;
