/* shim/session/lexer_state.h - the inside of struct pp_lexer: where in the text, where in the
 * statement, why pinned. Only the files of this room read or write it.
 *
 * Its layers share it, each with its own fields: lexer.c and quotes.c cut text into tokens,
 * classify.c, steps.c, ddl.c and settings.c follow the words of a statement, calls.c the names before a
 * parenthesis, clause.c in which clause they stand, body.c what runs as SQL of its own; names.c and cause.c remember the answer. Lower
 * layers never look at the fields of higher ones.
 */
#ifndef PP_SESSION_LEXER_STATE_H
#define PP_SESSION_LEXER_STATE_H

#include "session/lexer.h"
#include "session/names.h"

enum pp_lexer_where {
	PP_LEX_GAP, /* between tokens */
	PP_LEX_WORD,
	PP_LEX_U_AMP, /* u& so far: U&"..", U&'..' or a column u and an operator */
	PP_LEX_NUMBER,
	PP_LEX_NUMBER_E,   /* 1e so far: an exponent, or the number 1 and a word e... */
	PP_LEX_DIGITS,	   /* of an exponent or of $1: no point, no second exponent */
	PP_LEX_DOLLAR,	   /* $ so far */
	PP_LEX_TAG,	   /* $tag so far */
	PP_LEX_BODY,	   /* inside $tag$ */
	PP_LEX_BODY_END,   /* inside, and the last bytes may be the closing tag */
	PP_LEX_STRING,	   /* '... of any kind */
	PP_LEX_STRING_ESC, /* after the backslash of an E'...' */
	PP_LEX_STRING_END, /* '...' so far, perhaps a doubled quote */
	PP_LEX_E_GAP,	   /* after E'...': a quote on a later line continues it */
	PP_LEX_E_DASH,
	PP_LEX_E_COMMENT,
	PP_LEX_QUOTED, /* "... */
	PP_LEX_QUOTED_END,
	PP_LEX_DASH,
	PP_LEX_LINE_COMMENT,
	PP_LEX_SLASH,
	PP_LEX_COMMENT,
	PP_LEX_COMMENT_STAR,
	PP_LEX_COMMENT_SLASH,
	PP_LEX_DEAD, /* cannot be followed: OPAQUE is set, the rest is not read */
};

#define PP_LEXER_CAUSE_MAX 80

/* The text of DO's strings: words between what is not a word, whatever the quotes (body.c). */
struct pp_lexer_body {
	uint8_t expects; /* enum pp_body_expects */
	uint8_t before;	 /* the last byte before the word: its opening quote? */
	uint8_t last;	 /* the last byte but double quotes */
	uint8_t len;
	uint8_t last_part; /* where it begins in a dotted word */
	bool in_word, dotted, is_long;
	bool called;	/* nothing but space since the word */
	bool escapes;	/* an E'...' has been seen */
	bool updating;	/* the word UPDATE has been seen in this statement: SET is its own */
	bool commented; /* a -- has been seen on this line */
	bool creating;	/* CREATE, ALTER or DROP so far */
	bool dropping;	/* DROP, of these */
	char word[PP_LEXER_WORD_MAX];
};

struct pp_lexer {
	uint32_t pins;
	uint32_t touched;	      /* enum pp_touch */
	const struct pp_watch *watch; /* borrowed; NULL: none */

	/* lexer.c, quotes.c */
	uint32_t comment_depth;
	uint8_t where; /* enum pp_lexer_where */
	uint8_t quote; /* enum pp_quote of the string being read */
	uint8_t tag_matched;
	bool conforming;
	bool newline; /* E_GAP: a line has ended since the quote */

	/* The last word, quoted identifier, string or $tag: valid until the next one begins, so
	 * that a comment may stand between a name and its parenthesis. */
	uint8_t word_len;
	bool word_long;	   /* more than fits: equal to nothing */
	bool word_dot;	   /* a dot inside a quoted identifier */
	bool word_escaped; /* a string whose value is not its text */
	char word[PP_LEXER_WORD_MAX];

	/* classify.c */
	uint32_t depth; /* parentheses open in this statement */
	uint8_t step;	/* enum pp_step */
	uint8_t last;	/* enum pp_token */
	char last_punct;
	bool updating;	    /* the word UPDATE has been seen in a query */
	bool inserting;	    /* INSERT or MERGE has been seen in a query, and not yet its INTO */
	bool creates_table; /* a statement of this text is CREATE TABLE */
	bool searches;	    /* the strings of this statement are SQL that will run: body.c */
	uint8_t shape;	    /* enum pp_shape of the last statement that has one */
	uint8_t statements; /* in this text, stops at 2; empty ones do not count */
	bool speaks;	    /* PREPARE or EXECUTE has been seen */
	char statement[PP_LEXER_WORD_MAX]; /* what the last of them named; shape.c */
	struct pp_lexer_body body;

	/* clause.c */
	uint32_t clause_from,
		clause_condition; /* by depth: FROM has been seen; this is a condition */
	bool clause_as;		  /* the last word was AS */

	/* settings.c */
	uint8_t setting;     /* enum pp_names_how */
	bool setting_quoted; /* the first part of the pending name */
	struct pp_lexer_names names;

	/* calls.c: the arguments of one set_config( */
	uint32_t call_depth; /* depth inside its parentheses; 0: none */
	uint8_t call_arg;
	uint8_t call_tokens;  /* tokens of this argument, stops at 2 */
	bool call_name_known; /* first argument: one plain literal, which names.c spells */
	bool call_arg_true;   /* this argument's last token is the word true */
	bool call_value_safe; /* second argument: one plain literal that spells no pg_temp */

	/* cause.c */
	uint8_t cause_words, cause_len, cause_first_len;
	char cause[PP_LEXER_CAUSE_MAX];
};

_Static_assert(sizeof(struct pp_lexer) < 1024, "lives inside every client");

#endif
