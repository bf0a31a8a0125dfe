/* shim/broker/hidden_sql.h - the questions of hidden.c. Their answers are rows of three texts: a kind
 * (enum pp_suspects_kind), a name, a text or NULL; and first one of kind '@', whose text is a mark that changes
 * when the catalog does (with a second's delay). Rows of any other shape are none of ours.
 */
#ifndef PP_BROKER_HIDDEN_SQL_H
#define PP_BROKER_HIDDEN_SQL_H

extern const char pp_hidden_sql_mark[]; /* that row alone */
extern const char pp_hidden_sql_scan[];

#endif
