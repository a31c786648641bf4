/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/module-list.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/str.h"
#include "config/warnings.h"

#define BLANKS " \t\r"

/* What a file that is called so would have to be called as a module; 0 if it cannot be one. */
static size_t name_size(const char *text, bool is_file)
{
	const char *suffix = is_file ? strstr(text, ".ko") : NULL;
	size_t size = suffix ? (size_t)(suffix - text) : strlen(text);

	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("_-:.,*", text[i]))
			return 0;
	return is_file && !suffix ? 0 : size;
}

struct module_entry *module_entry_new(const char *text, const char *options)
{
	bool is_file = *text == '/';
	const char *base = is_file ? str_basename(text) : text;
	struct module_entry *entry = calloc(1, sizeof(*entry));
	size_t size = name_size(base, is_file);

	if (!entry)
		return NULL;
	entry->name = size > 0 ? strndup(base, size) : NULL;
	entry->path = is_file ? strdup(text) : NULL;
	entry->options = strdup(options);
	if (!entry->name || (is_file && !entry->path) || !entry->options) {
		module_entry_free(entry);
		return NULL;
	}
	for (char *c = entry->name; *c; c++)
		if (*c == '-')
			*c = '_';
	return entry;
}

void module_entry_free(void *item)
{
	struct module_entry *entry = item;

	free(entry->name);
	free(entry->path);
	free(entry->options);
	free(entry);
}

static void cut_blanks_at_end(char *text)
{
	size_t size = strlen(text);

	while (size > 0 && strchr(BLANKS, text[size - 1]))
		text[--size] = '\0';
}

struct reader {
	const char *where;
	struct vec *entries, *warnings;
};

static int parse_line(void *userdata, char *line, unsigned int number)
{
	const struct reader *reader = userdata;
	struct module_entry *entry;
	char *word, *options;
	int r;

	line += strspn(line, BLANKS);
	if (!*line || *line == '#' || *line == ';')
		return 0;
	cut_blanks_at_end(line);
	word = strsep(&line, BLANKS);
	options = line ? line + strspn(line, BLANKS) : (char *)"";
	entry = module_entry_new(word, options);
	if (!entry)
		return warnings_add(reader->warnings,
				    "line %u of %s: \"%s\" is no name of a module, ignoring it",
				    number, reader->where, word);
	r = vec_push(reader->entries, entry);
	if (r < 0)
		module_entry_free(entry);
	return r;
}

int module_list_parse(const char *text, const char *where, struct vec *entries,
		      struct vec *warnings)
{
	return lines_for_each(text, parse_line, &(struct reader){ where, entries, warnings });
}
