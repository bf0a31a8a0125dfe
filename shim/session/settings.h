/* shim/session/settings.h - which setting do SET and RESET touch? Called by steps.c.
 *
 *   SET, RESET --name--> SET_NAME -.-> SET_DOT -name-> SET_NAME ...
 *   SET_NAME: SESSION and LOCAL turn out to be keywords when another name follows, and begin anew;
 *             anything but a dot ends the name: SET_PATH if it is search_path, else SKIM
 */
#ifndef PP_SESSION_SETTINGS_H
#define PP_SESSION_SETTINGS_H

#include "session/classify.h"

/* In the steps PP_STEP_SET to PP_STEP_SET_PATH and PP_STEP_RESET. */
void pp_settings_name(struct pp_lexer *lx, bool quoted);
void pp_settings_other(struct pp_lexer *lx, enum pp_token token, char punct);

/* The statement ends, in whatever step. */
void pp_settings_end(struct pp_lexer *lx);

/* May the string in lx->word spell pg_temp? What is created under a path that begins so is
 * temporary, and outlives a local path. */
bool pp_settings_spells_temp(const struct pp_lexer *lx);

#endif
