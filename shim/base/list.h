/* shim/base/list.h - intrusive list that counts: a state is a list, and its gauge is the list's
 * count. */
#ifndef PP_BASE_LIST_H
#define PP_BASE_LIST_H

#include <stddef.h>
#include <stdbool.h>

#include "base/assert.h"

struct pp_link {
	struct pp_link *prev, *next; /* both NULL: on no list */
};

struct pp_list {
	struct pp_link head;
	size_t count;
};

static inline void pp_list_init(struct pp_list *list)
{
	list->head.prev = list->head.next = &list->head;
	list->count = 0;
}

static inline bool pp_link_is_on(const struct pp_link *link)
{
	return link->next != NULL;
}

static inline void pp_list__insert(struct pp_list *list, struct pp_link *link,
				   struct pp_link *before)
{
	pp_assert(!pp_link_is_on(link));
	link->prev = before->prev;
	link->next = before;
	before->prev->next = link;
	before->prev = link;
	list->count++;
}

static inline void pp_list_append(struct pp_list *list, struct pp_link *link)
{
	pp_list__insert(list, link, &list->head);
}

static inline void pp_list_prepend(struct pp_list *list, struct pp_link *link)
{
	pp_list__insert(list, link, list->head.next);
}

/* `list` must be the list the link is on: counts are kept by the caller's word. */
static inline void pp_list_remove(struct pp_list *list, struct pp_link *link)
{
	pp_assert(pp_link_is_on(link) && list->count > 0);
	link->prev->next = link->next;
	link->next->prev = link->prev;
	link->prev = link->next = NULL;
	list->count--;
}

/* NULL when empty. */
static inline struct pp_link *pp_list_first(const struct pp_list *list)
{
	return list->count ? list->head.next : NULL;
}

#define pp_list_entry(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* The safe form survives removal of `it` (only). */
#define PP_LIST_FOREACH(list, it)                                                                  \
	for (struct pp_link *it = (list)->head.next; it != &(list)->head; it = it->next)
#define PP_LIST_FOREACH_SAFE(list, it)                                                             \
	for (struct pp_link *it = (list)->head.next, *it##_next = it->next; it != &(list)->head;   \
	     it = it##_next, it##_next = it->next)

#endif
