#include "cli/answer.h"

int64_t pp_answer_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

const char *pp_answer_text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));
	return value ? value : "";
}
