/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What depmod(8) writes, as texts, with anything in them. The input is those, a form feed apart. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macro.h"
#include "fuzz.h"
#include "image/modules/kmod-tables.h"

static char directory[] = "/tmp/fuzz-kmod-tables-XXXXXX";

static const char *const names[] = {
	"modules.dep",
	"modules.alias",
	"modules.builtin",
	"modules.builtin.modinfo",
};

static void make_path(const char *name, char path[static 64])
{
	(void)snprintf(path, 64, "%s/%s", directory, name);
}

static void remove_directory(void)
{
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		make_path(names[i], path);
		(void)unlink(path);
	}
	(void)rmdir(directory);
}

/* Those that the input has no text for are empty. */
static void write_texts(const char *data, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *end = size ? memchr(data, '\f', size) : NULL;
		size_t part = end ? (size_t)(end - data) : size;
		char path[64];

		make_path(names[i], path);
		FUZZ_CHECK(file_publish(path, data, part, 0600) == 0);
		part += end != NULL;
		data += part;
		size -= part;
	}
}

static void check_modules(const struct kmod_tables *tables)
{
	for (size_t i = 0; i < tables->n_modules; i++) {
		const struct kmod_listed_module *module = &tables->modules[i], *need;
		const char *needs = module->needs;

		FUZZ_CHECK(module->position == i && module->name[0] && module->path[0]);
		FUZZ_CHECK(kmod_tables_find(tables, module->name));
		FUZZ_CHECK(strncmp(module->path, "../", 3) != 0 && !strstr(module->path, "/../"));
		while (kmod_tables_next_need(tables, &needs, &need))
			FUZZ_CHECK(!need || kmod_tables_find(tables, need->name) == need);
	}
}

/* Looks each of them up as if it were no pattern. */
static void check_aliases(struct kmod_aliases *aliases)
{
	for (size_t i = 0; i < aliases->n_rows; i++) {
		struct vec matched = { 0 };

		FUZZ_CHECK(kmod_aliases_match(aliases, aliases->rows[i].pattern, &matched) == 0);
		FUZZ_CHECK(matched.n_items <= aliases->n_rows);
		vec_done(&matched, NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool is_set_up;
	struct kmod_tables tables;
	int r;

	if (!is_set_up) {
		FUZZ_CHECK(mkdtemp(directory));
		FUZZ_CHECK(atexit(remove_directory) == 0);
		is_set_up = true;
	}
	write_texts((const char *)data, size);
	r = kmod_tables_open(directory, &tables);
	if (r < 0) {
		FUZZ_CHECK(r == -EBADMSG);
		return 0;
	}
	check_modules(&tables);
	check_aliases(&tables.aliases);
	check_aliases(&tables.builtin_aliases);
	kmod_tables_close(&tables);
	return 0;
}
