/* shim/config/parse.h - the ini file: `name = value`, `;` and `#` comments, at most a [podpool]
 * section. */
#ifndef PP_CONFIG_PARSE_H
#define PP_CONFIG_PARSE_H

#include "config/config.h"

#define PP_PARSE_FILE_MAX 65536 /* sixteen options with comments; anything longer is a mistake */

/* Sets on top of *config what the text says; `file` is only named in errors. The text is refused
 * whole: on failure *config is unchanged and err names the first bad line. */
PP_MUSTCHECK int pp_parse_ini(const char *text, size_t len, const char *file,
			      struct pp_config *config, struct pp_errctx *err);

#endif
