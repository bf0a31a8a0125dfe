/* shim/cli/answer.h - what stands in the broker's status. A broker of another version may leave out what this one shows. */
#ifndef PP_CLI_ANSWER_H
#define PP_CLI_ANSWER_H

#include <stdint.h>

#include <jansson.h>

/* 0 and "" for what is not there; `object` may be NULL. */
int64_t pp_answer_number(const json_t *object, const char *key);
const char *pp_answer_text(const json_t *object, const char *key);

#endif
