/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is read of a program or a library before it goes into an image. */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "fuzz.h"
#include "image/elf/elf-machine.h"
#include "image/elf/elf-notes.h"
#include "image/elf/elf.h"
#include "image/elf/shebang.h"

static void check_inside(const uint8_t *data, size_t size, const void *part, size_t part_size)
{
	const uint8_t *at = part;

	FUZZ_CHECK(at >= data && part_size <= size && (size_t)(at - data) <= size - part_size);
}

static void check_string(const uint8_t *data, size_t size, const char *string)
{
	if (string)
		check_inside(data, size, string, strlen(string) + 1);
}

static void read_notes(const uint8_t *data, size_t size, const struct elf *elf)
{
	struct elf_note_cursor cursor = { 0 };
	struct vec notes = { 0 };
	const struct dlopen_note *dlopen_note;
	struct elf_note note;

	while (elf_next_note(elf, &cursor, &note)) {
		FUZZ_CHECK(note.owner);
		check_inside(data, size, note.data, note.size);
	}
	if (elf_notes_read_dlopen(elf, &notes) < 0)
		return;
	vec_for_each(dlopen_note, &notes) {
		FUZZ_CHECK(dlopen_note->sonames.n_items > 0);
	}
	vec_done(&notes, dlopen_note_free);
}

static void read_elf(const uint8_t *data, size_t size)
{
	static const uint64_t tags[] = { DT_SONAME,    DT_RPATH, DT_RUNPATH, DT_FILTER,
					 DT_AUXILIARY, DT_AUDIT, DT_DEPAUDIT };
	const char *name;
	size_t cursor = 0;
	struct elf elf = { 0 };
	int r = elf_parse(data, size, &elf);

	if (r < 0) {
		FUZZ_CHECK(r == -ENOEXEC || (r == -EBADMSG && elf.damage));
		return;
	}
	check_string(data, size, elf_get_interpreter(&elf));
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		check_string(data, size, elf_get_string(&elf, tags[i]));
	while ((name = elf_next_needed(&elf, &cursor)))
		check_string(data, size, name);
	(void)elf_has_import(&elf, "dlopen");
	FUZZ_CHECK(elf_machine_name(&elf));
	read_notes(data, size, &elf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct shebang shebang;

	read_elf(data, size);
	if (shebang_parse((const char *)data, size, &shebang) > 0) {
		FUZZ_CHECK(shebang.interpreter[0] == '/');
		shebang_done(&shebang);
	}
	return 0;
}
