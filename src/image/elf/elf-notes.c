/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ELF files declare about libraries that they load at run time: notes of the owner "FDO",
 * each with a JSON array of
 *
 *	{ "soname": ["libzstd.so.1"], "priority": "recommended", "feature": …, "description": … }
 *
 * They are the files' own words: one that makes no sense is counted and passed over. That a
 * library is looked for, and where, is no matter of this file.
 */
#include "image/elf/elf-notes.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"

#define OWNER       "FDO"
#define TYPE_DLOPEN 0x407c0c0a
#define MAX_DEPTH   8 /* of nested arrays and objects; three are in use */

static void cleanup_tokener(struct json_tokener **tokener)
{
	if (*tokener)
		json_tokener_free(*tokener);
}

static void cleanup_object(struct json_object **object)
{
	(void)json_object_put(*object);
}

void dlopen_note_free(void *item)
{
	struct dlopen_note *note = item;

	if (note) {
		vec_done(&note->sonames, free);
		free(note);
	}
}

static void cleanup_note(struct dlopen_note **note)
{
	dlopen_note_free(*note);
}

static bool parse_priority(struct json_object *object, enum dlopen_priority *ret_priority)
{
	static const char *const names[] = {
		[DLOPEN_REQUIRED] = "required",
		[DLOPEN_RECOMMENDED] = "recommended",
		[DLOPEN_SUGGESTED] = "suggested",
	};
	const char *text;

	/* The default of the specification. */
	*ret_priority = DLOPEN_RECOMMENDED;
	if (!object)
		return true;
	text = json_object_get_string(object);
	for (size_t i = 0; text && i < ARRAY_SIZE(names); i++) {
		if (str_equal(text, names[i])) {
			*ret_priority = (enum dlopen_priority)i;
			return true;
		}
	}
	return false;
}

/* 1, 0 if the element is no name of a library, -ENOMEM. */
static int push_soname(struct vec *sonames, struct json_object *element)
{
	const char *text = json_object_get_string(element);
	int r;

	if (!json_object_is_type(element, json_type_string) || !*text)
		return 0;
	r = vec_push_copy(sonames, text);
	return r < 0 ? r : 1;
}

/* 1 and one element of a note's array, 0 if it makes no sense, -ENOMEM. */
static int parse_element(struct json_object *element, struct dlopen_note **ret_note)
{
	_cleanup_(cleanup_note) struct dlopen_note *note = calloc(1, sizeof(*note));
	struct json_object *sonames = NULL, *priority = NULL;
	int r = 1;

	if (!note)
		return -ENOMEM;
	(void)json_object_object_get_ex(element, "priority", &priority);
	if (!parse_priority(priority, &note->priority) ||
	    !json_object_object_get_ex(element, "soname", &sonames) ||
	    !json_object_is_type(sonames, json_type_array) ||
	    json_object_array_length(sonames) == 0)
		return 0;
	for (size_t i = 0; r > 0 && i < json_object_array_length(sonames); i++)
		r = push_soname(&note->sonames, json_object_array_get_idx(sonames, i));
	if (r > 0)
		*ret_note = TAKE_PTR(note);
	return r;
}

/* The text of one note; how much of it was not understood, or -ENOMEM. */
static int parse_text(const char *text, size_t size, struct vec *notes)
{
	_cleanup_(cleanup_tokener) struct json_tokener *tokener = json_tokener_new_ex(MAX_DEPTH);
	_cleanup_(cleanup_object) struct json_object *array = NULL;
	int n_left_out = 0;

	if (!tokener)
		return -ENOMEM;
	if (size == 0 || size > INT32_MAX)
		return 1;
	array = json_tokener_parse_ex(tokener, text, (int)size);
	if (!json_object_is_type(array, json_type_array))
		return 1;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		_cleanup_(cleanup_note) struct dlopen_note *note = NULL;
		int r = parse_element(json_object_array_get_idx(array, i), &note);

		if (r > 0)
			r = vec_push(notes, note) < 0 ? -ENOMEM : 1;
		if (r < 0)
			return r;
		if (r > 0)
			note = NULL;
		else
			n_left_out++;
	}
	return n_left_out;
}

int elf_notes_read_dlopen(const struct elf *elf, struct vec *ret_notes)
{
	struct elf_note_cursor cursor = { 0 };
	struct vec notes = { 0 };
	struct elf_note note;
	int n_left_out = 0;

	while (elf_next_note(elf, &cursor, &note)) {
		int r;

		if (note.type != TYPE_DLOPEN || !str_equal(note.owner, OWNER))
			continue;
		/* The text is terminated, and may be padded. */
		r = parse_text(note.data, strnlen(note.data, note.size), &notes);
		if (r < 0) {
			vec_done(&notes, dlopen_note_free);
			return r;
		}
		n_left_out += r;
	}
	*ret_notes = notes;
	return n_left_out;
}
