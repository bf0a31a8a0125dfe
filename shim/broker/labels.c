#include "broker/labels.h"

#include <stdlib.h>
#include <string.h>

#include "broker/broker.h"
#include "session/reading.h"

static struct pp_labels_entry *make(struct pp_broker *b, struct pp_label label)
{
	struct pp_labels_entry *entry = malloc(sizeof *entry + label.len);
	if (!entry)
		return NULL;
	memset(entry, 0, sizeof *entry);
	entry->broker = b;
	entry->len = label.len;
	memcpy(entry->bytes, label.bytes, label.len);
	HASH_ADD_KEYPTR(hh, b->labels, entry->bytes, entry->len, entry);
	if (!entry->hh.tbl) {
		free(entry);
		return NULL;
	}
	return entry;
}

static int find_names(struct pp_labels_entry *entry)
{
	char bytes[PP_LABEL_MAX];
	struct pp_label names = {bytes, 0};
	int r = pp_reading_names_of(pp_labels_view(entry), bytes, &names.len);
	if (r == 0 && names.len == entry->len)
		entry->names = entry;
	else if (r == 0)
		r = pp_labels_take(entry->broker, names, &entry->names);
	return r;
}

int pp_labels_take(struct pp_broker *b, struct pp_label label, struct pp_labels_entry **ret)
{
	struct pp_labels_entry *entry = NULL;
	*ret = NULL;
	if (label.len == 0)
		return 0;
	HASH_FIND(hh, b->labels, label.bytes, label.len, entry);
	if (!entry && HASH_COUNT(b->labels) >= PP_LABELS_MAX)
		return PP_ERR_FULL;
	if (!entry && !(entry = make(b, label)))
		return PP_ERR_NOMEM;
	if (entry->users++ == 0 && find_names(entry) < 0) {
		pp_labels_drop(&entry);
		return PP_ERR_FULL;
	}
	*ret = entry;
	return 0;
}

void pp_labels_drop(struct pp_labels_entry **holder)
{
	struct pp_labels_entry *entry = *holder;
	*holder = NULL;
	if (!entry || --entry->users)
		return;
	if (entry->names != entry)
		pp_labels_drop(&entry->names);
	HASH_DEL(entry->broker->labels, entry);
	free(entry);
}

void pp_labels_hold(struct pp_labels_entry **holder, struct pp_labels_entry *entry)
{
	if (entry)
		entry->users++;
	pp_labels_drop(holder);
	*holder = entry;
}
