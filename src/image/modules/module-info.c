/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a module's own file says of it: the firmware that it may ask for, which modules it wants
 * besides those that it cannot do without, and the symbols that it takes from others.
 *
 * A plain file is mapped, and costs some 10 microseconds; one that is compressed with xz costs
 * milliseconds, and a tenth of that if only its beginning is wanted. So whoever can answer a
 * question from the tables does, and asks here last.
 *
 * libkmod is not asked: a damaged file makes version 30 abort the program (an assertion), and
 * its contexts are for one thread. Here both word sizes and byte orders are read, as the kernel may
 * be another machine's.
 */
#include "image/modules/module-info.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "image/elf/elf-bytes.h"
#include "image/modules/decompress.h"
#include "image/modules/modinfo-scan.h"

#define MODULE_SIZE_MAX  (512U << 20)
#define MODINFO_SIZE_MAX (64U << 20)

/* A module in memory. */
struct object {
	struct elf_bytes bytes;
	uint64_t sections_offset, section_size, n_sections;
};

struct section {
	uint64_t name, type, offset, size, link;
};

void module_info_done(struct module_info *info)
{
	vec_done(&info->firmware, free);
	vec_done(&info->rules, free);
	vec_done(&info->imports, free);
	*info = (struct module_info){ 0 };
}

static bool read_section(const struct object *object, uint64_t index, struct section *ret_section)
{
	uint64_t at;

	if (index >= object->n_sections)
		return false;
	at = object->sections_offset + index * object->section_size;
	return ELF_GET_MEMBER(&object->bytes, at, Shdr, sh_name, &ret_section->name) &&
	       ELF_GET_MEMBER(&object->bytes, at, Shdr, sh_type, &ret_section->type) &&
	       ELF_GET_MEMBER(&object->bytes, at, Shdr, sh_offset, &ret_section->offset) &&
	       ELF_GET_MEMBER(&object->bytes, at, Shdr, sh_size, &ret_section->size) &&
	       ELF_GET_MEMBER(&object->bytes, at, Shdr, sh_link, &ret_section->link);
}

/* The same, if all that it holds is in the file. */
static bool read_full_section(const struct object *object, uint64_t index,
			      struct section *ret_section)
{
	return read_section(object, index, ret_section) && ret_section->type != SHT_NOBITS &&
	       elf_bytes_hold(&object->bytes, ret_section->offset, ret_section->size);
}

/* 0, -ENOEXEC or -EBADMSG; @ret_names becomes the section of the sections' names. */
static int parse_header(struct object *object, struct section *ret_names)
{
	uint64_t names;

	if (object->bytes.size < EI_NIDENT || memcmp(object->bytes.data, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	object->bytes.is_64bit = object->bytes.data[EI_CLASS] == ELFCLASS64;
	object->bytes.is_big_endian = object->bytes.data[EI_DATA] == ELFDATA2MSB;
	if (!ELF_GET_MEMBER(&object->bytes, 0, Ehdr, e_shoff, &object->sections_offset) ||
	    !ELF_GET_MEMBER(&object->bytes, 0, Ehdr, e_shentsize, &object->section_size) ||
	    !ELF_GET_MEMBER(&object->bytes, 0, Ehdr, e_shnum, &object->n_sections) ||
	    !ELF_GET_MEMBER(&object->bytes, 0, Ehdr, e_shstrndx, &names))
		return -EBADMSG;
	if (!elf_bytes_hold(&object->bytes, object->sections_offset,
			    object->n_sections * object->section_size))
		return -EBADMSG;
	return read_full_section(object, names, ret_names) ? 0 : -EBADMSG;
}

static bool find_section(const struct object *object, const struct section *names,
			 const char *wanted, struct section *ret_section)
{
	for (uint64_t i = 0; i < object->n_sections; i++) {
		const char *name;

		if (!read_section(object, i, ret_section))
			return false;
		name = elf_bytes_get_string(&object->bytes, names->offset + ret_section->name,
					    names->offset + names->size);
		if (name && str_equal(name, wanted))
			return read_full_section(object, i, ret_section);
	}
	return false;
}

int module_info_add(struct module_info *info, const char *string)
{
	const char *firmware = str_after_prefix(string, "firmware=");

	if (firmware)
		return vec_push_copy(&info->firmware, firmware);
	if (str_after_prefix(string, "softdep=") || str_after_prefix(string, "weakdep="))
		return vec_push_copy(&info->rules, string);
	info->n_aliases += str_after_prefix(string, "alias=") != NULL;
	return 0;
}

static int read_text(const struct modinfo_text *text, struct module_info *info)
{
	const char *at = text->begin;
	int r = 0;

	while (r >= 0 && at < text->end) {
		size_t left = (size_t)(text->end - at), length = strnlen(at, left);

		if (length == left)
			return -EBADMSG;
		r = module_info_add(info, at);
		at += length + 1;
	}
	return r;
}

static int read_modinfo(const struct object *object, const struct section *names,
			struct module_info *info)
{
	struct modinfo_text text;
	struct section section;

	if (!find_section(object, names, ".modinfo", &section))
		return -EBADMSG;
	text.begin = (const char *)object->bytes.data + section.offset;
	text.end = text.begin + section.size;
	return read_text(&text, info);
}

/* One symbol of the table, if it is defined elsewhere and has a name. */
static int read_import(const struct object *object, uint64_t at, const struct section *strings,
		       struct vec *imports)
{
	uint64_t name_offset, section;
	const char *name;

	if (!ELF_GET_MEMBER(&object->bytes, at, Sym, st_name, &name_offset) ||
	    !ELF_GET_MEMBER(&object->bytes, at, Sym, st_shndx, &section))
		return -EBADMSG;
	if (section != SHN_UNDEF || name_offset == 0)
		return 0;
	name = elf_bytes_get_string(&object->bytes, strings->offset + name_offset,
				    strings->offset + strings->size);
	return name ? vec_push_copy(imports, name) : -EBADMSG;
}

static int read_imports(const struct object *object, const struct section *names,
			struct vec *imports)
{
	size_t symbol_size = ELF_SIZE(&object->bytes, Sym);
	struct section symbols, strings;
	int r = 0;

	if (!find_section(object, names, ".symtab", &symbols) ||
	    !read_full_section(object, symbols.link, &strings))
		return -EBADMSG;
	for (uint64_t i = 1; r >= 0 && i < symbols.size / symbol_size; i++)
		r = read_import(object, symbols.offset + i * symbol_size, &strings, imports);
	return r;
}

static int parse(const void *data, size_t size, enum module_part part, struct module_info *info)
{
	struct object object = { .bytes = { .data = data, .size = size } };
	struct section names;
	int r;

	r = parse_header(&object, &names);
	if (r >= 0 && part >= MODULE_INFO)
		r = read_modinfo(&object, &names, info);
	if (r >= 0 && part >= MODULE_IMPORTS)
		r = read_imports(&object, &names, &info->imports);
	return r;
}

static int parse_plain(const char *path, enum module_part part, struct module_info *info)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *data;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (st.st_size == 0)
		return -ENOEXEC;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return -errno;
	r = parse(data, (size_t)st.st_size, part, info);
	(void)munmap(data, (size_t)st.st_size);
	return r;
}

static int parse_compressed(const char *path, enum stored_as stored, enum module_part part,
			    struct module_info *info)
{
	_cleanup_strbuf_ struct strbuf content = { 0 };
	int r = decompress_file(path, stored, MODULE_SIZE_MAX, &content);

	return r < 0 ? r : parse(strbuf_string(&content), content.size, part, info);
}

static bool has_header(const struct strbuf *content, void *userdata)
{
	return content->size >= SELFMAG;
}

static bool has_modinfo(const struct strbuf *content, void *userdata)
{
	return modinfo_scan(userdata, content->data, content->size);
}

/* The slowest of the decoders is spared what comes after the part that is wanted. */
static int parse_beginning(const char *path, enum module_part part, struct module_info *info)
{
	_cleanup_strbuf_ struct strbuf content = { 0 };
	struct modinfo_scan scan = { 0 };
	int r;

	r = decompress_xz_until(path, MODULE_SIZE_MAX,
				part == MODULE_HEADER ? has_header : has_modinfo, &scan, &content);
	if (r < 0)
		return r;
	if (r == 0)
		return parse_compressed(path, STORED_XZ, part, info);
	if (memcmp(content.data, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	return part == MODULE_HEADER ? 0 : read_text(&scan.found, info);
}

int module_info_read(const char *host_path, enum module_part part, struct module_info *ret_info)
{
	_cleanup_module_info_ struct module_info info = { 0 };
	enum stored_as stored = stored_as_from_name(host_path);
	int r;

	if (stored == STORED_PLAIN)
		r = parse_plain(host_path, part, &info);
	else if (stored == STORED_XZ && part < MODULE_IMPORTS)
		r = parse_beginning(host_path, part, &info);
	else
		r = parse_compressed(host_path, stored, part, &info);
	if (r < 0)
		return r;
	*ret_info = info;
	info = (struct module_info){ 0 };
	return 0;
}

int builtin_modinfo_open(const char *modules_dir, struct builtin_modinfo *ret_modinfo)
{
	_cleanup_free_ char *path = str_format("%s/modules.builtin.modinfo", modules_dir);
	struct builtin_modinfo modinfo = { 0 };
	int r;

	if (!path)
		return -ENOMEM;
	r = file_read(path, MODINFO_SIZE_MAX, &modinfo.text, &modinfo.size);
	if (r < 0 && r != -ENOENT)
		return r;
	if (modinfo.size > 0 && modinfo.text[modinfo.size - 1] != '\0') {
		builtin_modinfo_close(&modinfo);
		return -EBADMSG;
	}
	*ret_modinfo = modinfo;
	return 0;
}

void builtin_modinfo_close(struct builtin_modinfo *modinfo)
{
	free(modinfo->text);
	*modinfo = (struct builtin_modinfo){ 0 };
}

/* What follows the name and a dot in "name.key=value", or NULL. */
static const char *after_name(const char *string, const char *name)
{
	const char *rest = str_after_prefix(string, name);

	return rest && *rest == '.' ? rest + 1 : NULL;
}

int builtin_modinfo_read(const struct builtin_modinfo *modinfo, const char *name,
			 struct module_info *ret_info)
{
	_cleanup_module_info_ struct module_info info = { 0 };

	for (size_t at = 0; at < modinfo->size; at += strlen(modinfo->text + at) + 1) {
		const char *string = after_name(modinfo->text + at, name);
		int r = string ? module_info_add(&info, string) : 0;

		if (r < 0)
			return r;
	}
	*ret_info = info;
	info = (struct module_info){ 0 };
	return 0;
}
