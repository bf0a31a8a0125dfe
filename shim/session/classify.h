/* shim/session/classify.h - from tokens to pins: what kind of statement is this?
 *
 * Follows the first words of each statement and the few later ones that matter (INTO, HOLD, a
 * setting's name). The picture, per statement:
 *
 *   FIRST --word--> what words.c says: SKIM (nothing more to see), or a path of its own:
 *     SELECT -into-> INTO -temp-> pin, -other-> flag     EXPLAIN -(options)-> FIRST again
 *     CREATE -temp-> pin, -other-> DDL -as-> DDL_AS -execute-> pin
 *                                              -language-> DDL_LANGUAGE -c-> pin
 *     DECLARE -with-> DECLARE_WITH -hold-> pin      PREPARE -transaction-> PREPARE_TX
 *     PREPARE -name-> PREPARE_AS -as-> PREPARE_BODY, as the statement in it; EXECUTE -name-> SKIM
 *     DROP and ALTER -role-> flag, -database-> flags, ALTER_DATABASE -rename, tablespace-> flag
 *     GRANT and REVOKE -to, from-> flag, -on-> GRANT_ON -database-> flag
 *     SET, RESET: settings.h     DEALLOCATE, DISCARD: shape.h     DO: its strings to body.h
 */
#ifndef PP_SESSION_CLASSIFY_H
#define PP_SESSION_CLASSIFY_H

#include "session/lexer.h"

enum pp_token {
	PP_TOKEN_NONE,
	PP_TOKEN_WORD,
	PP_TOKEN_QUOTED,
	PP_TOKEN_STRING,
	PP_TOKEN_NUMBER, /* also $1 */
	PP_TOKEN_PUNCT	 /* one byte of punctuation or operator */
};

enum pp_step {
	PP_STEP_SKIM,
	PP_STEP_SELECT,
	PP_STEP_UPDATE,
	PP_STEP_EXPLAIN,
	PP_STEP_DDL,
	PP_STEP_CREATE,
	PP_STEP_DROP,
	PP_STEP_ALTER,
	PP_STEP_ALTER_DATABASE,
	PP_STEP_GRANT,
	PP_STEP_GRANT_ON,
	PP_STEP_DECLARE,
	PP_STEP_PREPARE,
	PP_STEP_PREPARE_AS,
	PP_STEP_PREPARE_BODY,
	PP_STEP_EXECUTE,
	/* From here on, what is not a word matters too. */
	PP_STEP_FIRST,
	PP_STEP_INTO,
	PP_STEP_DDL_AS,
	PP_STEP_DDL_LANGUAGE,
	PP_STEP_DECLARE_WITH,
	PP_STEP_PREPARE_TX,
	PP_STEP_DO,
	PP_STEP_DO_LANGUAGE,
	PP_STEP_SET,
	PP_STEP_RESET,
	PP_STEP_SET_NAME,
	PP_STEP_SET_DOT,
	PP_STEP_SET_PATH,
	PP_STEP_DEALLOCATE,
	PP_STEP_DEALLOCATE_NAME,
	PP_STEP_DISCARD,
	PP_STEP_SHAPED
};

void pp_classify_start(struct pp_lexer *lx);
/* The statement ends here: `;` or the end of the text. */
void pp_classify_end(struct pp_lexer *lx);

/* The text ends; its pins are known. */
void pp_classify_finish(struct pp_lexer *lx);

/* The text of words (folded to lower case), identifiers and strings is in lx->word. */
void pp_classify_word(struct pp_lexer *lx);
void pp_classify_quoted(struct pp_lexer *lx);
void pp_classify_string(struct pp_lexer *lx);
void pp_classify_number(struct pp_lexer *lx);
void pp_classify_punct(struct pp_lexer *lx, char c);

/* Is lx->word exactly this? */
bool pp_classify_is_word(const struct pp_lexer *lx, const char *word);

#endif
