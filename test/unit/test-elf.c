/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macro.h"
#include "image/elf/elf-machine.h"
#include "image/elf/elf.h"
#include "loader-files.h"

#define ADDRESS 0x400000 /* where the file will be in memory */

/* Names of the dynamic section; the first is the empty one. */
static const char names[] = "\0liba.so.1\0libb.so.2\0libself.so.3\0$ORIGIN/x:/y\0/z\0imported\0"
			    "defined";

static uint32_t name_index(const char *name)
{
	for (size_t i = 0; i < sizeof(names); i += strlen(names + i) + 1)
		if (strcmp(names + i, name) == 0)
			return (uint32_t)i;
	fail();
	return 0;
}

/* A small library of one segment, in the layout of either word size. */
#define DEFINE_IMAGE(bits, class)                                                                  \
	struct image##bits {                                                                       \
		Elf##bits##_Ehdr header;                                                           \
		Elf##bits##_Phdr segments[3];                                                      \
		Elf##bits##_Dyn dynamic[10];                                                       \
		Elf##bits##_Sym symbols[3];                                                        \
		char names[sizeof(names)];                                                         \
		char interpreter[8];                                                               \
	};                                                                                         \
                                                                                                   \
	static void make_image##bits(struct image##bits *image)                                    \
	{                                                                                          \
		const struct {                                                                     \
			uint32_t tag, value;                                                       \
		} entries[] = {                                                                    \
			{ DT_NEEDED, name_index("liba.so.1") },                                    \
			{ DT_SONAME, name_index("libself.so.3") },                                 \
			{ DT_NEEDED, name_index("libb.so.2") },                                    \
			{ DT_RPATH, name_index("/z") },                                            \
			{ DT_RUNPATH, name_index("$ORIGIN/x:/y") },                                \
			{ DT_STRTAB, ADDRESS + offsetof(struct image##bits, names) },              \
			{ DT_STRSZ, sizeof(names) },                                               \
			{ DT_SYMTAB, ADDRESS + offsetof(struct image##bits, symbols) },            \
			{ DT_NULL, 0 },                                                            \
			{ DT_NEEDED, name_index("liba.so.1") }, /* beyond the end */               \
		};                                                                                 \
                                                                                                   \
		memset(image, 0, sizeof(*image));                                                  \
		memcpy(image->header.e_ident, ELFMAG, SELFMAG);                                    \
		image->header.e_ident[EI_CLASS] = class;                                           \
		image->header.e_ident[EI_DATA] = ELFDATA2LSB;                                      \
		image->header.e_machine = EM_RISCV;                                                \
		image->header.e_phoff = offsetof(struct image##bits, segments);                    \
		image->header.e_phentsize = sizeof(image->segments[0]);                            \
		image->header.e_phnum = ARRAY_SIZE(image->segments);                               \
		image->segments[0].p_type = PT_INTERP;                                             \
		image->segments[0].p_offset = offsetof(struct image##bits, interpreter);           \
		image->segments[0].p_filesz = sizeof(image->interpreter);                          \
		image->segments[1].p_type = PT_LOAD;                                               \
		image->segments[1].p_vaddr = ADDRESS;                                              \
		image->segments[1].p_filesz = sizeof(*image);                                      \
		image->segments[2].p_type = PT_DYNAMIC;                                            \
		image->segments[2].p_offset = offsetof(struct image##bits, dynamic);               \
		image->segments[2].p_filesz = sizeof(image->dynamic);                              \
		for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {                                 \
			image->dynamic[i].d_tag = (typeof(image->dynamic[i].d_tag))entries[i].tag; \
			image->dynamic[i].d_un.d_val = entries[i].value;                           \
		}                                                                                  \
		image->symbols[1].st_name = name_index("imported");                                \
		image->symbols[1].st_shndx = SHN_UNDEF;                                            \
		image->symbols[2].st_name = name_index("defined");                                 \
		image->symbols[2].st_shndx = 1;                                                    \
		memcpy(image->names, names, sizeof(names));                                        \
		memcpy(image->interpreter, "/ld.so", sizeof("/ld.so"));                            \
	}

DEFINE_IMAGE(64, ELFCLASS64)
DEFINE_IMAGE(32, ELFCLASS32)

static void check_image(const void *image, size_t size)
{
	struct elf elf;
	size_t cursor = 0;

	assert_int_equal(elf_parse(image, size, &elf), 0);
	assert_int_equal(elf.machine, EM_RISCV);
	assert_string_equal(elf_get_interpreter(&elf), "/ld.so");
	assert_string_equal(elf_get_string(&elf, DT_SONAME), "libself.so.3");
	assert_string_equal(elf_get_string(&elf, DT_RPATH), "/z");
	assert_string_equal(elf_get_string(&elf, DT_RUNPATH), "$ORIGIN/x:/y");
	assert_null(elf_get_string(&elf, DT_FILTER));
	assert_string_equal(elf_next_needed(&elf, &cursor), "liba.so.1");
	assert_string_equal(elf_next_needed(&elf, &cursor), "libb.so.2");
	assert_null(elf_next_needed(&elf, &cursor));
	assert_true(elf_has_import(&elf, "imported"));
	assert_false(elf_has_import(&elf, "defined"));
	assert_false(elf_has_import(&elf, "absent"));
	elf_done(&elf);
}

static void test_64bit(void **state)
{
	struct image64 image;

	make_image64(&image);
	check_image(&image, sizeof(image));
}

static void test_32bit(void **state)
{
	struct image32 image;

	make_image32(&image);
	check_image(&image, sizeof(image));
}

static void test_static(void **state)
{
	struct image64 image;
	size_t cursor = 0;
	struct elf elf;

	make_image64(&image);
	image.segments[0].p_type = PT_NOTE;
	image.segments[2].p_type = PT_NOTE;
	assert_int_equal(elf_parse(&image, sizeof(image), &elf), 0);
	assert_null(elf_get_interpreter(&elf));
	assert_null(elf_get_string(&elf, DT_SONAME));
	assert_null(elf_next_needed(&elf, &cursor));
	assert_false(elf_has_import(&elf, "imported"));
}

static void test_other_files(void **state)
{
	struct elf elf;

	assert_int_equal(elf_parse("#!/bin/sh\necho no ELF file\n", 26, &elf), -ENOEXEC);
	assert_int_equal(elf_parse("", 0, &elf), -ENOEXEC);
	assert_int_equal(elf_open("/dev/null", &elf), -ENOEXEC);
	assert_int_equal(elf_open("/nonexistent/file", &elf), -ENOENT);
}

/* Whatever it says, it must be said of bytes within the file: the sanitizers watch. */
static void read_everything(const void *data, size_t size)
{
	struct elf_note_cursor note_cursor = { 0 };
	struct elf_note note;
	struct elf elf;
	size_t cursor = 0;

	if (elf_parse(data, size, &elf) < 0)
		return;
	(void)elf_get_interpreter(&elf);
	(void)elf_get_string(&elf, DT_SONAME);
	(void)elf_has_import(&elf, "absent");
	while (elf_next_needed(&elf, &cursor))
		continue;
	while (elf_next_note(&elf, &note_cursor, &note))
		(void)strlen(note.owner);
}

static void damage(const void *image, size_t size)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };

	for (size_t i = 0; i <= size; i++) {
		/* A block of just that size, so that reading beyond it is noticed. */
		uint8_t *copy = malloc(i + 1);

		assert_non_null(copy);
		copy = realloc(copy, i ? i : 1);
		assert_non_null(copy);
		memcpy(copy, image, i);
		read_everything(copy, i);
		free(copy);
	}
	for (size_t i = 0; i < size * ARRAY_SIZE(values); i++) {
		uint8_t *copy = malloc(size);

		assert_non_null(copy);
		memcpy(copy, image, size);
		copy[i / ARRAY_SIZE(values)] = values[i % ARRAY_SIZE(values)];
		read_everything(copy, size);
		free(copy);
	}
}

static void test_damaged(void **state)
{
	struct image64 image64;
	struct image32 image32;

	make_image64(&image64);
	damage(&image64, sizeof(image64));
	make_image32(&image32);
	damage(&image32, sizeof(image32));
}

static void test_table_outside_of_the_file(void **state)
{
	struct image64 image;
	struct elf elf;

	make_image64(&image);
	image.segments[2].p_filesz = UINT64_MAX;
	assert_int_equal(elf_parse(&image, sizeof(image), &elf), -EBADMSG);
	make_image64(&image);
	image.dynamic[6].d_un.d_val = sizeof(image);
	assert_int_equal(elf_parse(&image, sizeof(image), &elf), -EBADMSG);
	make_image64(&image);
	image.header.e_phoff = UINT64_MAX - 8;
	assert_int_equal(elf_parse(&image, sizeof(image), &elf), -EBADMSG);
}

static void test_damage_is_told(void **state)
{
	struct image64 image;
	struct elf elf;

	make_image64(&image);
	image.segments[2].p_filesz = UINT64_MAX;
	assert_int_equal(elf_parse(&image, sizeof(image), &elf), -EBADMSG);
	assert_string_equal(elf.damage, "its dynamic section lies outside of the file");
	/* As in a file with debug information and nothing else. */
	image.segments[2].p_filesz = 0;
	assert_int_equal(elf_parse(&image, sizeof(image), &elf), 0);
	assert_null(elf_get_string(&elf, DT_SONAME));
	make_image64(&image);
	image.header.e_phentsize = sizeof(Elf32_Phdr);
	assert_int_equal(elf_parse(&image, sizeof(image), &elf), -EBADMSG);
	assert_string_equal(elf.damage, "its program headers are too small");
	/* As in an object file. */
	image.header.e_phnum = 0;
	image.header.e_phentsize = 0;
	assert_int_equal(elf_parse(&image, sizeof(image), &elf), 0);
}

static void test_big_endian(void **state)
{
	const struct elf_recipe recipe = { .machine = EM_S390,
					   .is_big_endian = true,
					   .interpreter = "/lib/ld64.so.1",
					   .soname = "libx.so.1",
					   .needed = { "liba.so.1", "libb.so.1" },
					   .import = "imported" };
	struct elf_recipe other = recipe;
	uint8_t data[LOADER_FILE_MAX], other_data[LOADER_FILE_MAX];
	struct elf elf, other_elf;
	size_t cursor = 0, size = make_elf(&recipe, data);

	assert_int_equal(elf_parse(data, size, &elf), 0);
	assert_int_equal(elf.machine, EM_S390);
	assert_string_equal(elf_get_interpreter(&elf), "/lib/ld64.so.1");
	assert_string_equal(elf_get_string(&elf, DT_SONAME), "libx.so.1");
	assert_string_equal(elf_next_needed(&elf, &cursor), "liba.so.1");
	assert_string_equal(elf_next_needed(&elf, &cursor), "libb.so.1");
	assert_null(elf_next_needed(&elf, &cursor));
	assert_true(elf_has_import(&elf, "imported"));
	assert_string_equal(elf_machine_name(&elf), "s390x");
	assert_true(elf_is_same_machine(&elf, &elf));

	other.is_big_endian = false;
	assert_int_equal(elf_parse(other_data, make_elf(&other, other_data), &other_elf), 0);
	assert_false(elf_is_same_machine(&elf, &other_elf));
	assert_string_equal(elf_machine_name(&other_elf), "unknown");
	damage(data, size);
}

static void test_notes(void **state)
{
	const struct elf_recipe recipe = { .note = "some text" };
	uint8_t data[LOADER_FILE_MAX];
	struct elf_note_cursor cursor = { 0 };
	struct elf_note note;
	struct elf elf;
	size_t size = make_elf(&recipe, data);

	assert_int_equal(elf_parse(data, size, &elf), 0);
	assert_true(elf_next_note(&elf, &cursor, &note));
	assert_string_equal(note.owner, "FDO");
	assert_int_equal(note.type, 0x407c0c0a);
	assert_int_equal(note.size, sizeof("some text"));
	assert_memory_equal(note.data, "some text", note.size);
	assert_false(elf_next_note(&elf, &cursor, &note));
	damage(data, size);
}

static void test_this_program(void **state)
{
	const char *needed;
	size_t cursor = 0;
	struct elf elf;
	bool found = false;

	assert_int_equal(elf_open("/proc/self/exe", &elf), 0);
	assert_non_null(elf_get_interpreter(&elf));
	while ((needed = elf_next_needed(&elf, &cursor)))
		found |= strncmp(needed, "libcmocka.so.", strlen("libcmocka.so.")) == 0;
	assert_true(found);
	assert_true(elf_has_import(&elf, "_cmocka_run_group_tests"));
	elf_done(&elf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_64bit),
		cmocka_unit_test(test_32bit),
		cmocka_unit_test(test_static),
		cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_table_outside_of_the_file),
		cmocka_unit_test(test_damage_is_told),
		cmocka_unit_test(test_big_endian),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_this_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
