/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Tables of what a JSON document may hold, and the walk that compares: every member must be known,
 * of its type and within its bounds. What members mean for each other is not said here.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct header_verdict;
struct json_object;

enum json_kind {
	JSON_KIND_WORD,       /* a string, one of @words */
	JSON_KIND_TEXT,       /* a string, any but the empty one */
	JSON_KIND_DECIMAL,    /* a string of digits, or one of @words */
	JSON_KIND_NUMBER,     /* from @min to @max */
	JSON_KIND_BASE64,     /* a string that stands for @min to @max bytes */
	JSON_KIND_CHECKED,    /* a string of which @complain has nothing to say */
	JSON_KIND_TEXTS,      /* an array of strings */
	JSON_KIND_REFERENCES, /* an array of names of members of the document's member @of */
	JSON_KIND_OBJECT,     /* as one of @variants */
	JSON_KIND_NUMBERED,   /* an object with members 0 to @max, each as one of @variants */
};

struct json_member {
	const char *name;
	enum json_kind kind;
	bool is_optional;
	const char *const *words; /* NULL-terminated */
	int64_t min, max;
	const char *(*complain)(const char *string); /* the end of a sentence; NULL: all is well */
	const char *of;
	const struct json_variant *variants; /* the last one has no members */
};

/* One kind of object; which one it is its member "type" says, or there is only one. */
struct json_variant {
	const char *type; /* NULL: it has no type; "": any that no other variant has */
	const struct json_member *members;
	size_t n_members;
	bool is_open; /* other members may be there, and are of no concern */
};

/* 0 if @document is as @variant says; else -EBADMSG, and the verdict names the first that is not.
 */
int json_shape_check(struct json_object *document, const struct json_variant *variant,
		     struct header_verdict *verdict);

/* The path of the first member that is not the same in both, in @buf; false if all are. */
bool json_find_difference(struct json_object *first, struct json_object *second, char *buf,
			  size_t size);

/* Of a document that has its shape. */
struct json_object *json_member(struct json_object *object, const char *name);
const char *json_text(struct json_object *object, const char *name);
uint64_t json_decimal(struct json_object *object, const char *name);
uint64_t json_number(struct json_object *object, const char *name);
