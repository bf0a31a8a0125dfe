#include "broker/hidden_sql.h"

/* Names are taken from pg_catalog alone; the answer comes as the database has it, whatever the client's encoding;
 * nobody waits for a table somebody else has locked (a view's text takes locks); and a client's wishes for its own plans
 * are not ours: with enable_seqscan off all that costs seems so dear that JIT compiles it for ten seconds. */
#define LOCALLY                                                                                    \
	"SELECT pg_catalog.set_config('search_path','pg_catalog, pg_temp',true),"                  \
	"pg_catalog.set_config('client_encoding',pg_catalog.getdatabaseencoding(),true),"          \
	"pg_catalog.set_config('statement_timeout','10s',true),"                                   \
	"pg_catalog.set_config('jit','off',true),"                                                 \
	"pg_catalog.set_config('enable_seqscan','on',true),"                                       \
	"pg_catalog.set_config('enable_nestloop','on',true),"                                      \
	"pg_catalog.set_config('enable_hashjoin','on',true),"                                      \
	"pg_catalog.set_config('lock_timeout','100ms',true);"

/* Counters of the catalogs that decide: they go up with one more function, with ALTER and with CREATE OR REPLACE. */
#define MARK                                                                                       \
	"SELECT '@','',"                                                                           \
	"string_agg((pg_catalog.pg_stat_get_tuples_inserted(c)+pg_catalog.pg_stat_get_tuples_"     \
	"updated(c)+pg_catalog.pg_stat_get_tuples_deleted(c))::text,"                              \
	"',') FROM unnest('{pg_proc,pg_trigger,pg_rewrite,pg_policy,pg_attrdef,pg_constraint,"     \
	"pg_inherits,pg_operator,pg_cast,pg_aggregate,pg_event_trigger}'::regclass[]) c"

#define LASTING                                                                                    \
	"t ~* "                                                                                    \
	"'[[:<:]](set_config|setseed|currval|lastval|dblink_connect|dblink_connect_u)[[:>:]]'"

const char pp_hidden_sql_mark[] = LOCALLY MARK;

const char pp_hidden_sql_scan[] = LOCALLY MARK
	";"
	/* the nodes of an expression that call what pins, or any function of the database's own */
	"WITH bad AS (SELECT ':[a-z]*(?:funcid|fnoid) (?:'||string_agg(oid::text,'|')||'|"
	"[1-9][0-9]{4,}) ' AS rx FROM pg_proc WHERE pronamespace='pg_catalog'::regnamespace "
	"AND proname=ANY('{set_config,pg_advisory_lock,pg_advisory_lock_shared,"
	"pg_try_advisory_lock,pg_try_advisory_lock_shared,pg_advisory_unlock,"
	"pg_advisory_unlock_shared,pg_advisory_unlock_all,currval,lastval,setseed,"
	"pg_replication_origin_session_setup,pg_create_physical_replication_slot,"
	"pg_create_logical_replication_slot,pg_copy_physical_replication_slot,"
	"pg_copy_logical_replication_slot,pg_backup_start,pg_start_backup,query_to_xml,"
	"query_to_xml_and_xmlschema,ts_stat,ts_rewrite}')), "
	"fn AS (SELECT p.oid,p.proname,p.prosrc,l.lanname FROM pg_proc p JOIN pg_language l "
	"ON l.oid=p.prolang WHERE p.oid>=16384 AND p.prosrc<>'aggregate_dummy' LIMIT 20001), "
	/* extensions whose machine code leaves nothing in a session, or only what calls.c knows */
	"known AS (SELECT d.objid FROM pg_depend d JOIN pg_extension e ON e.oid=d.refobjid "
	"WHERE d.classid='pg_proc'::regclass AND d.refclassid='pg_extension'::regclass AND "
	"d.deptype='e' AND e.extname ~ '^(adminpack|amcheck|autoinc|bloom|btree_gin|"
	"btree_gist|citext|cube|dblink|dict_int|dict_xsyn|earthdistance|file_fdw|"
	"fuzzystrmatch|h3|hstore|hypopg|insert_username|intarray|isn|lo|ltree|moddatetime|"
	"old_snapshot|pageinspect|pg_buffercache|pg_cron|pg_freespacemap|pg_hint_plan|"
	"pg_prewarm|pg_repack|pg_stat_statements|pg_surgery|pg_trgm|pg_visibility|"
	"pg_walinspect|pgaudit|pgcrypto|pgrouting|pgrowlocks|pgstattuple|plpgsql|plperl|"
	"plperlu|plpython3u|pltcl|pltclu|postgis.*|postgres_fdw|seg|sslinfo|tablefunc|"
	"tcn|timescaledb|tsm_system_rows|tsm_system_time|unaccent|uuid-ossp|vector|xml2)$'), "
	/* machine code that came with an extension, but refint keeps plans: others' are taken for its own */
	"packed AS (SELECT d.objid FROM pg_depend d JOIN pg_extension e ON e.oid=d.refobjid "
	"WHERE d.classid='pg_proc'::regclass AND d.refclassid='pg_extension'::regclass AND "
	"d.deptype='e' AND e.extname<>'refint'), "
	/* machine code that keeps what it is told for the session */
	"keeping AS (SELECT d.objid FROM pg_depend d JOIN pg_extension e ON e.oid=d.refobjid "
	"WHERE d.classid='pg_proc'::regclass AND d.refclassid='pg_extension'::regclass AND "
	"d.deptype='e' AND e.extname ~ '^(pg_background|pg_variables|pldbgapi|"
	"session_variable)$') "
	/* functions; of a text that is too long for us the words that matter most are looked for by the server */
	"SELECT CASE WHEN octet_length(t)>=28000 AND " LASTING " THEN 'O' ELSE k END,n,"
	"CASE WHEN octet_length(t)<28000 THEN t WHEN " LASTING " THEN '' END FROM ("
	"SELECT CASE WHEN lanname IN ('sql','plpgsql') THEN 'F' WHEN lanname='c' AND fn.oid "
	"NOT IN (SELECT objid FROM packed) THEN 'M' WHEN fn.oid IN (SELECT objid FROM keeping) "
	"THEN 'M' WHEN lanname IN ('c','internal') THEN 'C' "
	"WHEN prosrc ~ '[[:<:]](_SHARED|GD|SD)[[:>:]]' THEN 'O' ELSE 'L' END,"
	"proname::text,CASE WHEN lanname IN ('c','internal') THEN '' WHEN "
	/* without the words that would say that it creates something */
	"prosrc='' THEN regexp_replace(pg_get_functiondef(fn.oid),'^CREATE OR REPLACE ','') "
	"ELSE prosrc END FROM fn WHERE NOT (lanname IN ('c','internal') AND fn.oid IN "
	"(SELECT objid FROM known)) "
	/* what an aggregate calls */
	"UNION ALL SELECT 'E',p.proname,f.proname FROM pg_aggregate a JOIN pg_proc p ON "
	"p.oid=a.aggfnoid JOIN pg_proc f ON f.oid IN (a.aggtransfn,a.aggfinalfn,"
	"a.aggcombinefn,a.aggmtransfn,a.aggmfinalfn) WHERE p.oid>=16384 AND f.oid>=16384 "
	/* triggers, and their conditions */
	"UNION ALL SELECT 'E',c.relname,p.proname FROM pg_trigger t JOIN pg_class c ON "
	"c.oid=t.tgrelid JOIN pg_proc p ON p.oid=t.tgfoid WHERE NOT t.tgisinternal "
	"UNION ALL SELECT 'X',c.relname,pg_get_triggerdef(t.oid) FROM bad,pg_trigger t JOIN "
	"pg_class c ON c.oid=t.tgrelid WHERE t.tgqual::text ~ rx "
	/* defaults and generated columns */
	"UNION ALL SELECT 'X',c.relname,pg_get_expr(d.adbin,d.adrelid) FROM bad,pg_attrdef d "
	"JOIN pg_class c ON c.oid=d.adrelid WHERE d.adbin::text ~ rx "
	/* policies */
	"UNION ALL SELECT 'X',c.relname,concat_ws(' ',pg_get_expr(d.polqual,d.polrelid),"
	"pg_get_expr(d.polwithcheck,d.polrelid)) FROM bad,pg_policy d JOIN pg_class c ON "
	"c.oid=d.polrelid WHERE concat(d.polqual,d.polwithcheck) ~ rx "
	/* CHECK; a domain's is met wherever its columns are */
	"UNION ALL SELECT 'X',coalesce(c.relname,''),pg_get_constraintdef(d.oid) FROM bad,"
	"pg_constraint d LEFT JOIN pg_class c ON c.oid=d.conrelid WHERE d.oid>=16384 AND "
	"d.conbin::text ~ rx "
	/* indexes on expressions */
	"UNION ALL SELECT 'X',c.relname,pg_get_expr(d.indexprs,d.indrelid) FROM bad,pg_index "
	"d JOIN pg_class c ON c.oid=d.indrelid WHERE d.indexprs::text ~ rx "
	/* rules and views */
	"UNION ALL SELECT 'X',c.relname,CASE WHEN c.relkind IN ('v','m') THEN "
	"pg_get_viewdef(c.oid) ELSE pg_get_ruledef(r.oid) END FROM bad,pg_rewrite r JOIN "
	"pg_class c ON c.oid=r.ev_class WHERE r.oid>=16384 AND concat(r.ev_action,r.ev_qual) "
	"~ rx "
	/* views lead to their tables */
	"UNION ALL SELECT DISTINCT 'E',c.relname,t.relname FROM pg_rewrite r JOIN pg_class c "
	"ON c.oid=r.ev_class JOIN pg_depend d ON d.classid='pg_rewrite'::regclass AND "
	"d.objid=r.oid AND d.refclassid='pg_class'::regclass JOIN pg_class t ON "
	"t.oid=d.refobjid WHERE r.oid>=16384 AND t.oid>=16384 AND t.oid<>c.oid "
	/* a row that is deleted or updated takes others with it */
	"UNION ALL SELECT 'E',p.relname,c.relname FROM pg_constraint k JOIN pg_class p ON "
	"p.oid=k.confrelid JOIN pg_class c ON c.oid=k.conrelid WHERE k.contype='f' AND "
	"(k.confdeltype IN ('c','n','d') OR k.confupdtype IN ('c','n','d')) "
	/* parents lead to partitions */
	"UNION ALL SELECT 'E',p.relname,c.relname FROM pg_inherits i JOIN pg_class p ON "
	"p.oid=i.inhparent JOIN pg_class c ON c.oid=i.inhrelid "
	/* operators and casts are called without being named */
	"UNION ALL SELECT 'E','',f.proname FROM fn f WHERE f.lanname NOT IN ('c','internal') "
	"AND (f.oid IN (SELECT oprcode FROM pg_operator) OR f.oid IN (SELECT castfunc FROM "
	"pg_cast)) "
	/* event triggers */
	"UNION ALL SELECT 'E',w,p.proname FROM pg_event_trigger e JOIN pg_proc p ON "
	"p.oid=e.evtfoid,unnest('{create,alter,drop}'::text[]) w "
	/* too many functions */
	"UNION ALL SELECT 'C','',NULL FROM fn HAVING count(*)>20000) x(k,n,t)";
