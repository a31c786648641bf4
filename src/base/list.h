/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/macro.h"

/* Doubly linked list whose links are embedded in the objects; the head is a link itself. */
struct list {
	struct list *prev, *next;
};

#define LIST_INIT(head)          \
	{                        \
		&(head), &(head) \
	}

static inline void list_init(struct list *head)
{
	head->prev = head->next = head;
}

static inline bool list_is_empty(const struct list *head)
{
	return head->next == head;
}

static inline void list_insert_before(struct list *position, struct list *link)
{
	link->prev = position->prev;
	link->next = position;
	position->prev->next = link;
	position->prev = link;
}

static inline void list_append(struct list *head, struct list *link)
{
	list_insert_before(head, link);
}

/* Unlinks and leaves @link as an empty list, so that removing twice is harmless. */
static inline void list_remove(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

#define list_first(head, type, member) container_of((head)->next, type, member)

#define list_for_each(object, head, member)                                \
	for (object = container_of((head)->next, typeof(*object), member); \
	     &object->member != (head);                                    \
	     object = container_of(object->member.next, typeof(*object), member))

/* As list_for_each, but the body may remove and free @object. */
#define list_for_each_safe(object, following, head, member)                         \
	for (object = container_of((head)->next, typeof(*object), member),          \
	    following = container_of(object->member.next, typeof(*object), member); \
	     &object->member != (head); object = following,                         \
	    following = container_of(following->member.next, typeof(*object), member))
