/* shim/cli/table.h - a few rows of text in columns as wide as they must be. */
#ifndef PP_CLI_TABLE_H
#define PP_CLI_TABLE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PP_TABLE_ROWS = 20, /* one screen, with the header lines */
	PP_TABLE_COLUMNS = 9,
	PP_TABLE_CELL = 48
};

struct pp_table {
	unsigned columns, rows; /* rows: offered; beyond PP_TABLE_ROWS only counted */
	unsigned at;		/* next column of the current row */
	char cell[PP_TABLE_ROWS + 1][PP_TABLE_COLUMNS][PP_TABLE_CELL];
	bool is_number[PP_TABLE_COLUMNS];
};

/* `heads` ends with NULL. */
void pp_table_init(struct pp_table *table, const char *const *heads);
void pp_table_add_row(struct pp_table *table);
/* Cut to a cell, and cleaned: names come from programs. */
void pp_table_add_text(struct pp_table *table, const char *text);
void pp_table_add_number(struct pp_table *table, int64_t number);
/* To stdout, with a last line for the rows that did not fit. */
void pp_table_print(const struct pp_table *table);

#endif
