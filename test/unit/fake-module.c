/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In the file: the header, then what the sections hold, then the table of sections. */
#include "fake-module.h"

#include <elf.h>
#include <string.h>

#include "base/strbuf.h"
#include "support.h"

enum section { NONE, SECTION_NAMES, MODINFO, SYMBOL_NAMES, SYMBOLS, N_SECTIONS };

static const char names[] = "\0.shstrtab\0.modinfo\0.strtab\0.symtab";

static uint32_t name_index(const char *name)
{
	for (size_t i = 1; i < sizeof(names); i += strlen(names + i) + 1)
		if (strcmp(names + i, name) == 0)
			return (uint32_t)i;
	fail();
	return 0;
}

static void add_section(struct strbuf *file, Elf64_Shdr *section, const char *name, uint32_t type,
			const void *data, size_t size)
{
	static const char zeros[8];

	strbuf_append_bytes(file, zeros, -file->size % sizeof(zeros));
	*section = (Elf64_Shdr){
		.sh_name = name_index(name),
		.sh_type = type,
		.sh_offset = file->size,
		.sh_size = size,
	};
	strbuf_append_bytes(file, data, size);
}

static void add_symbols(struct strbuf *file, Elf64_Shdr *sections, const char *const *imports)
{
	_cleanup_strbuf_ struct strbuf strings = { 0 }, symbols = { 0 };
	Elf64_Sym symbol = { 0 };

	strbuf_append_bytes(&strings, "", 1);
	strbuf_append_bytes(&symbols, &symbol, sizeof(symbol));
	for (; *imports; imports++) {
		symbol = (Elf64_Sym){
			.st_name = (uint32_t)strings.size,
			.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE),
			.st_shndx = SHN_UNDEF,
		};
		strbuf_append_bytes(&strings, *imports, strlen(*imports) + 1);
		strbuf_append_bytes(&symbols, &symbol, sizeof(symbol));
	}
	add_section(file, &sections[SYMBOL_NAMES], ".strtab", SHT_STRTAB, strings.data,
		    strings.size);
	add_section(file, &sections[SYMBOLS], ".symtab", SHT_SYMTAB, symbols.data, symbols.size);
}

static void make_module(const char *modinfo, size_t modinfo_size, const char *const *imports,
			struct strbuf *ret_file)
{
	struct strbuf file = { 0 };
	Elf64_Shdr sections[N_SECTIONS] = { 0 };
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_REL,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(header),
		.e_shentsize = sizeof(sections[0]),
		.e_shnum = N_SECTIONS,
		.e_shstrndx = SECTION_NAMES,
	};

	strbuf_append_bytes(&file, &header, sizeof(header));
	add_section(&file, &sections[SECTION_NAMES], ".shstrtab", SHT_STRTAB, names, sizeof(names));
	add_section(&file, &sections[MODINFO], ".modinfo", SHT_PROGBITS, modinfo, modinfo_size);
	add_symbols(&file, sections, imports);
	header.e_shoff = file.size;
	strbuf_append_bytes(&file, sections, sizeof(sections));
	assert_false(file.failed);
	memcpy(file.data, &header, sizeof(header));
	*ret_file = file;
}

void fake_module_write(const char *path, const char *modinfo, size_t modinfo_size,
		       const char *const *imports)
{
	_cleanup_strbuf_ struct strbuf file = { 0 };

	make_module(modinfo, modinfo_size, imports, &file);
	write_file(path, file.data, file.size);
}

size_t fake_module_size(const char *modinfo, size_t modinfo_size, const char *const *imports)
{
	_cleanup_strbuf_ struct strbuf file = { 0 };

	make_module(modinfo, modinfo_size, imports, &file);
	return file.size;
}
