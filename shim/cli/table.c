#include "cli/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void put(struct pp_table *table, unsigned row, unsigned column, const char *text)
{
	char *cell = table->cell[row][column];
	size_t i = 0;
	for (; text[i] && i < PP_TABLE_CELL - 1; i++) {
		unsigned char c = (unsigned char)text[i];
		cell[i] = (char)(c < ' ' || c > '~' ? '?' : c);
	}
	cell[i] = '\0';
}

void pp_table_init(struct pp_table *table, const char *const *heads)
{
	memset(table, 0, sizeof *table);
	for (; heads[table->columns]; table->columns++)
		put(table, 0, table->columns, heads[table->columns]);
}

void pp_table_add_row(struct pp_table *table)
{
	table->rows++;
	table->at = 0;
}

void pp_table_add_text(struct pp_table *table, const char *text)
{
	if (table->rows <= PP_TABLE_ROWS && table->at < table->columns)
		put(table, table->rows, table->at, *text ? text : "-");
	table->at++;
}

void pp_table_add_number(struct pp_table *table, int64_t number)
{
	char text[24];
	if (table->at < table->columns)
		table->is_number[table->at] = true;
	snprintf(text, sizeof text, "%" PRId64, number);
	pp_table_add_text(table, text);
}

static int width_of(const struct pp_table *table, unsigned column, unsigned rows)
{
	size_t width = 0;
	for (unsigned row = 0; row <= rows; row++)
		if (strlen(table->cell[row][column]) > width)
			width = strlen(table->cell[row][column]);
	return (int)width;
}

void pp_table_print(const struct pp_table *table)
{
	unsigned shown = table->rows < PP_TABLE_ROWS ? table->rows : PP_TABLE_ROWS;
	for (unsigned row = 0; row <= shown; row++)
		for (unsigned column = 0; column < table->columns; column++) {
			bool last = column + 1 == table->columns;
			int width = width_of(table, column, shown);
			bool right = table->is_number[column];
			printf("%*s%s",
			       right  ? width
			       : last ? 0
				      : -width,
			       table->cell[row][column], last ? "\n" : "  ");
		}
	if (table->rows > shown)
		printf("... and %u more (--json shows all)\n", table->rows - shown);
}
