/* shim/session/lexer_state.h - the inside of struct pp_lexer: where in the text, where in the
 * statement, why pinned. Only the files of this room read or write it.
 *
 * Four layers share it, each with its own fields: lexer.c and quotes.c cut text into tokens,
 * classify.c follows the words of a statement, calls.c the names before a parenthesis, cause.c
 * remembers what to tell people. Lower layers never look at the fields of higher ones.
 */
#ifndef PP_SESSION_LEXER_STATE_H
#define PP_SESSION_LEXER_STATE_H

#include "session/lexer.h"

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

struct pp_lexer {
	uint32_t pins;

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
	bool updating; /* the word UPDATE has been seen in a query */

	/* calls.c: the arguments of one set_config( */
	uint32_t call_depth; /* depth inside its parentheses; 0: none */
	uint8_t call_arg;
	uint8_t call_tokens;  /* tokens of this argument, stops at 2 */
	bool call_name_known; /* first argument: one plain literal that is not search_path */
	bool call_arg_true;   /* this argument's last token is the word true */

	/* cause.c */
	uint8_t cause_words, cause_len, cause_first_len;
	char cause[PP_LEXER_CAUSE_MAX];
};

_Static_assert(sizeof(struct pp_lexer) < 512, "lives inside every client");

#endif
