/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "loader-files.h"

#include <elf.h>
#include <endian.h>
#include <string.h>

#include "support.h"

#define ADDRESS        0x400000 /* where an ELF file will be in memory */
#define N_SEGMENTS     4
#define MAX_DYNAMIC    24
#define N_SYMBOLS      2
#define OLD_TABLE_SIZE (12 + 4 + 12) /* the old header, as aligned, and one entry */

struct writer {
	uint8_t *data;
	size_t size; /* so far */
	bool is_big_endian;
};

static void put(struct writer *writer, size_t at, unsigned int width, uint64_t value)
{
	assert_true(at + width <= LOADER_FILE_MAX);
	value = writer->is_big_endian ? htobe64(value) : htole64(value);
	memcpy(writer->data + at, (uint8_t *)&value + (writer->is_big_endian ? 8 - width : 0),
	       width);
}

#define PUT(writer, at, type, member, value) \
	put((writer), (at) + offsetof(type, member), sizeof(((type *)0)->member), (uint64_t)(value))

/* Where the bytes went. */
static size_t append(struct writer *writer, const void *bytes, size_t size)
{
	size_t at = writer->size;

	assert_true(size <= LOADER_FILE_MAX - at);
	memcpy(writer->data + at, bytes, size);
	writer->size += size;
	return at;
}

static size_t append_string(struct writer *writer, const char *string)
{
	return append(writer, string, strlen(string) + 1);
}

static void align(struct writer *writer, size_t alignment)
{
	writer->size = (writer->size + alignment - 1) & ~(alignment - 1);
	assert_true(writer->size <= LOADER_FILE_MAX);
}

static void put_segment(struct writer *writer, unsigned int index, uint32_t type, size_t offset,
			size_t size)
{
	size_t at = sizeof(Elf64_Ehdr) + index * sizeof(Elf64_Phdr);

	PUT(writer, at, Elf64_Phdr, p_type, type);
	PUT(writer, at, Elf64_Phdr, p_offset, offset);
	PUT(writer, at, Elf64_Phdr, p_vaddr, ADDRESS + offset);
	PUT(writer, at, Elf64_Phdr, p_filesz, size);
	PUT(writer, at, Elf64_Phdr, p_align, 4);
}

struct dynamic {
	size_t at, strings_at;
	unsigned int n_entries;
};

static void put_dynamic(struct writer *writer, struct dynamic *dynamic, uint64_t tag,
			uint64_t value)
{
	size_t at = dynamic->at + dynamic->n_entries++ * sizeof(Elf64_Dyn);

	assert_true(dynamic->n_entries <= MAX_DYNAMIC);
	PUT(writer, at, Elf64_Dyn, d_tag, tag);
	PUT(writer, at, Elf64_Dyn, d_un, value);
}

static void put_dynamic_string(struct writer *writer, struct dynamic *dynamic, uint64_t tag,
			       const char *string)
{
	if (string)
		put_dynamic(writer, dynamic, tag,
			    append_string(writer, string) - dynamic->strings_at);
}

static void append_note(struct writer *writer, const char *text)
{
	size_t at = writer->size;

	writer->size += sizeof(Elf64_Nhdr);
	PUT(writer, at, Elf64_Nhdr, n_namesz, sizeof("FDO"));
	PUT(writer, at, Elf64_Nhdr, n_descsz, strlen(text) + 1);
	PUT(writer, at, Elf64_Nhdr, n_type, 0x407c0c0a);
	(void)append_string(writer, "FDO");
	(void)append_string(writer, text);
	align(writer, 4);
	put_segment(writer, 3, PT_NOTE, at, writer->size - at);
}

static void put_header(struct writer *writer, const struct elf_recipe *recipe)
{
	memcpy(writer->data, ELFMAG, SELFMAG);
	writer->data[EI_CLASS] = ELFCLASS64;
	writer->data[EI_DATA] = recipe->is_big_endian ? ELFDATA2MSB : ELFDATA2LSB;
	PUT(writer, 0, Elf64_Ehdr, e_type, ET_DYN);
	PUT(writer, 0, Elf64_Ehdr, e_machine, recipe->machine ? recipe->machine : EM_X86_64);
	PUT(writer, 0, Elf64_Ehdr, e_phoff, sizeof(Elf64_Ehdr));
	PUT(writer, 0, Elf64_Ehdr, e_phentsize, sizeof(Elf64_Phdr));
	PUT(writer, 0, Elf64_Ehdr, e_phnum, N_SEGMENTS);
}

static void put_strings(struct writer *writer, struct dynamic *dynamic,
			const struct elf_recipe *recipe, size_t symbols_at)
{
	(void)append_string(writer, "");
	for (size_t i = 0; i < ARRAY_SIZE(recipe->needed); i++)
		put_dynamic_string(writer, dynamic, DT_NEEDED, recipe->needed[i]);
	put_dynamic_string(writer, dynamic, DT_SONAME, recipe->soname);
	put_dynamic_string(writer, dynamic, DT_RPATH, recipe->rpath);
	put_dynamic_string(writer, dynamic, DT_RUNPATH, recipe->runpath);
	put_dynamic_string(writer, dynamic, DT_FILTER, recipe->filter);
	put_dynamic_string(writer, dynamic, DT_AUXILIARY, recipe->auxiliary);
	put_dynamic_string(writer, dynamic, DT_AUDIT, recipe->audit);
	put_dynamic_string(writer, dynamic, DT_DEPAUDIT, recipe->depaudit);
	if (recipe->import)
		PUT(writer, symbols_at + sizeof(Elf64_Sym), Elf64_Sym, st_name,
		    append_string(writer, recipe->import) - dynamic->strings_at);
}

size_t make_elf(const struct elf_recipe *recipe, uint8_t data[LOADER_FILE_MAX])
{
	struct writer writer = { .data = data, .is_big_endian = recipe->is_big_endian };
	struct dynamic dynamic = { 0 };
	size_t symbols_at, at;

	memset(data, 0, LOADER_FILE_MAX);
	put_header(&writer, recipe);
	dynamic.at = sizeof(Elf64_Ehdr) + N_SEGMENTS * sizeof(Elf64_Phdr);
	symbols_at = dynamic.at + MAX_DYNAMIC * sizeof(Elf64_Dyn);
	dynamic.strings_at = writer.size = symbols_at + N_SYMBOLS * sizeof(Elf64_Sym);
	put_strings(&writer, &dynamic, recipe, symbols_at);
	put_dynamic(&writer, &dynamic, DT_STRTAB, ADDRESS + dynamic.strings_at);
	put_dynamic(&writer, &dynamic, DT_STRSZ, writer.size - dynamic.strings_at);
	put_dynamic(&writer, &dynamic, DT_SYMTAB, ADDRESS + symbols_at);
	put_segment(&writer, 1, PT_DYNAMIC, dynamic.at, MAX_DYNAMIC * sizeof(Elf64_Dyn));
	if (recipe->interpreter) {
		at = append_string(&writer, recipe->interpreter);
		put_segment(&writer, 2, PT_INTERP, at, writer.size - at);
	}
	align(&writer, 4);
	if (recipe->note)
		append_note(&writer, recipe->note);
	put_segment(&writer, 0, PT_LOAD, 0, writer.size);
	return writer.size;
}

void write_elf(const char *path, const struct elf_recipe *recipe)
{
	uint8_t data[LOADER_FILE_MAX];

	write_file(path, data, make_elf(recipe, data));
}

/* See dl-cache.h of glibc: struct cache_file_new and file_entry_new, and before them cache_file. */
size_t make_ld_cache(const struct cache_row *rows, size_t n_rows, enum cache_form form,
		     uint8_t data[LOADER_FILE_MAX])
{
	struct writer writer = { .data = data, .is_big_endian = form == CACHE_BIG_ENDIAN };
	size_t start = 0;

	memset(data, 0, LOADER_FILE_MAX);
	if (form == CACHE_BEHIND_OLD_TABLE) {
		memcpy(data, "ld.so-1.7.0", 11);
		put(&writer, 12, 4, 1);
		start = (OLD_TABLE_SIZE + 7) & ~(size_t)7;
	}
	memcpy(data + start, "glibc-ld.so.cache1.1", 20);
	put(&writer, start + 20, 4, n_rows);
	data[start + 28] = writer.is_big_endian ? 3 : 2;
	writer.size = start + 48 + n_rows * 24;
	for (size_t i = 0; i < n_rows; i++) {
		size_t at = start + 48 + i * 24;

		put(&writer, at, 4, rows[i].flags);
		put(&writer, at + 4, 4, append_string(&writer, rows[i].name) - start);
		put(&writer, at + 8, 4, append_string(&writer, rows[i].path) - start);
		put(&writer, at + 16, 8, rows[i].hwcap);
	}
	put(&writer, start + 24, 4, writer.size - start - 48 - n_rows * 24);
	return writer.size;
}

void write_ld_cache(const char *path, const struct cache_row *rows, size_t n_rows)
{
	uint8_t data[LOADER_FILE_MAX];

	write_file(path, data, make_ld_cache(rows, n_rows, CACHE_PLAIN, data));
}
