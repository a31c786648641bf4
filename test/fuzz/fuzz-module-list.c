/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of modules: each has a name that may be in a modprobe.d as a word, and a path or none. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/module-list.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	struct vec entries = { 0 }, warnings = { 0 };
	const struct module_entry *entry;

	FUZZ_CHECK(module_list_parse(text, "the input", &entries, &warnings) == 0);
	vec_for_each(entry, &entries) {
		FUZZ_CHECK(*entry->name && !strpbrk(entry->name, "/ \t\r\n#-"));
		FUZZ_CHECK(!entry->path || (*entry->path == '/' && strstr(entry->path, ".ko")));
		FUZZ_CHECK(!strchr(entry->options, '\n'));
	}
	vec_done(&entries, module_entry_free);
	vec_done(&warnings, free);
	return 0;
}
