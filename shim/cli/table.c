#include "cli/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clean.h"

static void put(struct pp_table *table, unsigned row, unsigned column, const char *text)
{
	pp_clean(text, table->cell[row][column], PP_TABLE_CELL);
}

/* In columns of the screen, for letters that take one each. */
static int width_of(const char *cell)
{
	int width = 0;
	for (; *cell; cell++)
		width += (*cell & 0xC0) != 0x80;
	return width;
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

static int widest(const struct pp_table *table, unsigned column, unsigned rows)
{
	int width = 0;
	for (unsigned row = 0; row <= rows; row++)
		if (width_of(table->cell[row][column]) > width)
			width = width_of(table->cell[row][column]);
	return width;
}

void pp_table_print(const struct pp_table *table)
{
	unsigned shown = table->rows < PP_TABLE_ROWS ? table->rows : PP_TABLE_ROWS;
	for (unsigned row = 0; row <= shown; row++)
		for (unsigned column = 0; column < table->columns; column++) {
			const char *cell = table->cell[row][column];
			bool last = column + 1 == table->columns;
			bool right = table->is_number[column];
			int room = widest(table, column, shown) - width_of(cell);
			printf("%*s%s%*s%s", right ? room : 0, "", cell, right || last ? 0 : room,
			       "", last ? "\n" : "  ");
		}
	if (table->rows > shown)
		printf("... and %u more (--json shows all)\n", table->rows - shown);
}
