/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In the file: the header, then what the sections hold, then the table of sections. */
#include "fake-module.h"

#include <elf.h>
#include <string.h>

#include "support.h"

enum section { NONE, SECTION_NAMES, MODINFO, SYMBOL_NAMES, SYMBOLS, N_SECTIONS };

static const char names[] = "\0.shstrtab\0.modinfo\0.strtab\0.symtab";
static const char *const section_names[N_SECTIONS] = {
	[NONE] = "",
	[SECTION_NAMES] = ".shstrtab",
	[MODINFO] = ".modinfo",
	[SYMBOL_NAMES] = ".strtab",
	[SYMBOLS] = ".symtab",
};

struct writer {
	const struct fake_module *module;
	struct strbuf *file;
	size_t offsets[N_SECTIONS], sizes[N_SECTIONS];
};

static void put(const struct writer *writer, char *at, unsigned int width, uint64_t value)
{
	for (unsigned int i = 0; i < width; i++)
		at[writer->module->is_big_endian ? width - 1 - i : i] = (char)(value >> (8 * i));
}

/* Sets a member of a struct that exists as Elf64_ and Elf32_. */
#define PUT(writer, base, type, member, value)                                              \
	put((writer),                                                                       \
	    (base) + ((writer)->module->is_32bit ? offsetof(Elf32_##type, member)           \
						 : offsetof(Elf64_##type, member)),         \
	    (writer)->module->is_32bit ? (unsigned int)sizeof(((Elf32_##type *)0)->member)  \
				       : (unsigned int)sizeof(((Elf64_##type *)0)->member), \
	    (value))
#define SIZE_OF(writer, type) \
	((writer)->module->is_32bit ? sizeof(Elf32_##type) : sizeof(Elf64_##type))

static uint32_t name_index(const char *name)
{
	for (size_t i = 0; i < sizeof(names); i += strlen(names + i) + 1)
		if (strcmp(names + i, name) == 0)
			return (uint32_t)i;
	fail();
	return 0;
}

static void add_content(struct writer *writer, enum section section, const void *data, size_t size)
{
	writer->offsets[section] = writer->file->size;
	writer->sizes[section] = size;
	strbuf_append_bytes(writer->file, data, size);
}

static void add_symbols(struct writer *writer)
{
	_cleanup_strbuf_ struct strbuf strings = { 0 }, symbols = { 0 };
	char symbol[sizeof(Elf64_Sym)] = { 0 };

	strbuf_append_bytes(&strings, "", 1);
	strbuf_append_bytes(&symbols, symbol, SIZE_OF(writer, Sym));
	for (const char *const *import = writer->module->imports; *import; import++) {
		PUT(writer, symbol, Sym, st_name, strings.size);
		PUT(writer, symbol, Sym, st_shndx, SHN_UNDEF);
		strbuf_append_bytes(&symbols, symbol, SIZE_OF(writer, Sym));
		strbuf_append_bytes(&strings, *import, strlen(*import) + 1);
	}
	/* One that it has itself, which is no import. */
	PUT(writer, symbol, Sym, st_name, strings.size);
	PUT(writer, symbol, Sym, st_shndx, MODINFO);
	strbuf_append_bytes(&symbols, symbol, SIZE_OF(writer, Sym));
	strbuf_append_bytes(&strings, "init_module", sizeof("init_module"));
	add_content(writer, SYMBOL_NAMES, strings.data, strings.size);
	add_content(writer, SYMBOLS, symbols.data, symbols.size);
}

static void add_table(struct writer *writer)
{
	for (size_t i = 0; i < N_SECTIONS; i++) {
		char section[sizeof(Elf64_Shdr)] = { 0 };

		PUT(writer, section, Shdr, sh_name, name_index(section_names[i]));
		PUT(writer, section, Shdr, sh_type, i == NONE ? SHT_NULL : SHT_PROGBITS);
		PUT(writer, section, Shdr, sh_offset, writer->offsets[i]);
		PUT(writer, section, Shdr, sh_size, writer->sizes[i]);
		PUT(writer, section, Shdr, sh_link, i == SYMBOLS ? SYMBOL_NAMES : 0);
		strbuf_append_bytes(writer->file, section, SIZE_OF(writer, Shdr));
	}
}

void fake_module_make(const struct fake_module *module, struct strbuf *ret_file)
{
	struct strbuf file = { 0 };
	struct writer writer = { .module = module, .file = &file };
	char header[sizeof(Elf64_Ehdr)] = ELFMAG;
	size_t table_offset;

	header[EI_CLASS] = module->is_32bit ? ELFCLASS32 : ELFCLASS64;
	header[EI_DATA] = module->is_big_endian ? ELFDATA2MSB : ELFDATA2LSB;
	strbuf_append_bytes(&file, header, SIZE_OF(&writer, Ehdr));
	add_content(&writer, SECTION_NAMES, names, sizeof(names));
	add_content(&writer, MODINFO, module->modinfo, module->modinfo_size);
	add_symbols(&writer);
	table_offset = file.size;
	add_table(&writer);
	assert_false(file.failed);
	PUT(&writer, file.data, Ehdr, e_shoff, table_offset);
	PUT(&writer, file.data, Ehdr, e_shentsize, SIZE_OF(&writer, Shdr));
	PUT(&writer, file.data, Ehdr, e_shnum, N_SECTIONS);
	PUT(&writer, file.data, Ehdr, e_shstrndx, SECTION_NAMES);
	*ret_file = file;
}

void fake_module_write(const struct fake_module *module, const char *path)
{
	_cleanup_strbuf_ struct strbuf file = { 0 };

	fake_module_make(module, &file);
	write_file(path, file.data, file.size);
}
