/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads ELF files by their program headers and dynamic section, as the loader does; section
 * headers may be stripped and are not looked at. No file is executed, which is what ldd(1) does.
 */
#include "image/elf/elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"

#define STRING_MAX (UINT64_C(64) * 1024) /* more than any search path */

/* What program headers hold, whatever the word size. */
struct segment {
	uint32_t type;
	uint64_t offset, address, size, alignment;
};

/* The string at @offset, if it ends before @limit and is not absurdly long. */
static const char *read_string(const struct elf *elf, uint64_t offset, uint64_t limit)
{
	return elf_bytes_get_string(&elf->bytes, offset, MIN(limit, offset + STRING_MAX));
}

static bool read_segment(const struct elf *elf, unsigned int index, struct segment *ret_segment)
{
	uint64_t at = elf->segments_offset + (uint64_t)index * elf->segment_size, type;

	if (!ELF_GET_MEMBER(&elf->bytes, at, Phdr, p_type, &type) ||
	    !ELF_GET_MEMBER(&elf->bytes, at, Phdr, p_offset, &ret_segment->offset) ||
	    !ELF_GET_MEMBER(&elf->bytes, at, Phdr, p_vaddr, &ret_segment->address) ||
	    !ELF_GET_MEMBER(&elf->bytes, at, Phdr, p_filesz, &ret_segment->size) ||
	    !ELF_GET_MEMBER(&elf->bytes, at, Phdr, p_align, &ret_segment->alignment))
		return false;
	ret_segment->type = (uint32_t)type;
	return true;
}

/* The first segment of @type. */
static bool find_segment(const struct elf *elf, uint32_t type, struct segment *ret_segment)
{
	for (unsigned int i = 0; i < elf->n_segments; i++)
		if (read_segment(elf, i, ret_segment) && ret_segment->type == type)
			return true;
	return false;
}

/* Where in the file that lies which will be at @address in memory. */
static bool find_offset(const struct elf *elf, uint64_t address, uint64_t *ret_offset)
{
	struct segment segment;

	for (unsigned int i = 0; i < elf->n_segments; i++) {
		if (!read_segment(elf, i, &segment) || segment.type != PT_LOAD ||
		    address < segment.address || address - segment.address >= segment.size)
			continue;
		*ret_offset = segment.offset + (address - segment.address);
		return true;
	}
	return false;
}

/* The @index-th entry of the dynamic section; false at its end. */
static bool read_dynamic(const struct elf *elf, size_t index, uint64_t *ret_tag,
			 uint64_t *ret_value)
{
	size_t size = ELF_SIZE(&elf->bytes, Dyn);
	uint64_t at = elf->dynamic_offset + index * size;

	return index < elf->dynamic_size / size &&
	       ELF_GET_MEMBER(&elf->bytes, at, Dyn, d_tag, ret_tag) &&
	       ELF_GET_MEMBER(&elf->bytes, at, Dyn, d_un, ret_value) && *ret_tag != DT_NULL;
}

static bool find_dynamic(const struct elf *elf, uint64_t tag, uint64_t *ret_value)
{
	uint64_t other;

	for (size_t i = 0; read_dynamic(elf, i, &other, ret_value); i++)
		if (other == tag)
			return true;
	return false;
}

/* As find_dynamic(), for values that are addresses. */
static bool find_dynamic_offset(const struct elf *elf, uint64_t tag, uint64_t *ret_offset)
{
	uint64_t address;

	return find_dynamic(elf, tag, &address) && find_offset(elf, address, ret_offset);
}

static int parse_identity(struct elf *elf)
{
	if (elf->bytes.size < SELFMAG || memcmp(elf->bytes.data, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	if (elf->bytes.size < EI_NIDENT) {
		elf->damage = "it ends within its header";
		return -EBADMSG;
	}
	if ((elf->bytes.data[EI_DATA] != ELFDATA2LSB && elf->bytes.data[EI_DATA] != ELFDATA2MSB) ||
	    (elf->bytes.data[EI_CLASS] != ELFCLASS64 && elf->bytes.data[EI_CLASS] != ELFCLASS32)) {
		elf->damage = "its header tells no word size or byte order that there is";
		return -EBADMSG;
	}
	elf->bytes.is_64bit = elf->bytes.data[EI_CLASS] == ELFCLASS64;
	elf->bytes.is_big_endian = elf->bytes.data[EI_DATA] == ELFDATA2MSB;
	return 0;
}

static int parse_header(struct elf *elf)
{
	uint64_t machine, n_segments, segment_size;

	if (!ELF_GET_MEMBER(&elf->bytes, 0, Ehdr, e_machine, &machine) ||
	    !ELF_GET_MEMBER(&elf->bytes, 0, Ehdr, e_phoff, &elf->segments_offset) ||
	    !ELF_GET_MEMBER(&elf->bytes, 0, Ehdr, e_phentsize, &segment_size) ||
	    !ELF_GET_MEMBER(&elf->bytes, 0, Ehdr, e_phnum, &n_segments)) {
		elf->damage = "it ends within its header";
		return -EBADMSG;
	}
	elf->machine = (uint16_t)machine;
	elf->segment_size = (uint16_t)segment_size;
	elf->n_segments = (uint16_t)n_segments;
	if (n_segments > 0 && segment_size < ELF_SIZE(&elf->bytes, Phdr)) {
		elf->damage = "its program headers are too small";
		return -EBADMSG;
	}
	/* Also so that no sum of offsets overflows later. */
	if (n_segments > 0 &&
	    !elf_bytes_hold(&elf->bytes, elf->segments_offset, n_segments * segment_size)) {
		elf->damage = "its program headers lie outside of the file";
		return -EBADMSG;
	}
	return 0;
}

/* An empty dynamic section is what is left of it in a file with nothing but debug information. */
static int parse_dynamic(struct elf *elf)
{
	struct segment dynamic;

	if (!find_segment(elf, PT_DYNAMIC, &dynamic) || dynamic.size == 0)
		return 0;
	if (!elf_bytes_hold(&elf->bytes, dynamic.offset, dynamic.size)) {
		elf->damage = "its dynamic section lies outside of the file";
		return -EBADMSG;
	}
	elf->dynamic_offset = dynamic.offset;
	elf->dynamic_size = dynamic.size;
	if (!find_dynamic_offset(elf, DT_STRTAB, &elf->strings_offset) ||
	    !find_dynamic(elf, DT_STRSZ, &elf->strings_size) ||
	    !elf_bytes_hold(&elf->bytes, elf->strings_offset, elf->strings_size)) {
		elf->damage = "the names in its dynamic section lie outside of the file";
		return -EBADMSG;
	}
	return 0;
}

int elf_parse(const void *data, size_t size, struct elf *ret_elf)
{
	struct elf elf = { .bytes = { .data = data, .size = size } };
	int r;

	r = parse_identity(&elf);
	if (r >= 0)
		r = parse_header(&elf);
	if (r >= 0)
		r = parse_dynamic(&elf);
	if (r == -EBADMSG)
		*ret_elf = (struct elf){ .damage = elf.damage };
	else if (r >= 0)
		*ret_elf = elf;
	return r;
}

int elf_open(const char *path, struct elf *ret_elf)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	void *data;
	int r;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return -ENOEXEC;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return -errno;
	r = elf_parse(data, (size_t)st.st_size, ret_elf);
	if (r < 0)
		(void)munmap(data, (size_t)st.st_size);
	else
		ret_elf->is_mapped = true;
	return r;
}

void elf_done(struct elf *elf)
{
	if (elf->is_mapped)
		(void)munmap((void *)elf->bytes.data, elf->bytes.size);
	*elf = (struct elf){ 0 };
}

bool elf_is_same_machine(const struct elf *a, const struct elf *b)
{
	return a->machine == b->machine && a->bytes.is_64bit == b->bytes.is_64bit &&
	       a->bytes.is_big_endian == b->bytes.is_big_endian;
}

const char *elf_get_interpreter(const struct elf *elf)
{
	struct segment segment;

	if (!find_segment(elf, PT_INTERP, &segment) ||
	    !elf_bytes_hold(&elf->bytes, segment.offset, segment.size))
		return NULL;
	return read_string(elf, segment.offset, segment.offset + segment.size);
}

/* A name in the dynamic section's string table. */
static const char *read_name(const struct elf *elf, uint64_t index)
{
	if (index >= elf->strings_size)
		return NULL;
	return read_string(elf, elf->strings_offset + index,
			   elf->strings_offset + elf->strings_size);
}

const char *elf_get_string(const struct elf *elf, uint64_t tag)
{
	uint64_t value;

	return find_dynamic(elf, tag, &value) ? read_name(elf, value) : NULL;
}

const char *elf_next_string(const struct elf *elf, uint64_t tag, size_t *cursor)
{
	uint64_t other, value;

	while (read_dynamic(elf, *cursor, &other, &value)) {
		const char *name;

		(*cursor)++;
		name = other == tag ? read_name(elf, value) : NULL;
		if (name)
			return name;
	}
	return NULL;
}

const char *elf_next_needed(const struct elf *elf, size_t *cursor)
{
	return elf_next_string(elf, DT_NEEDED, cursor);
}

/* Whether the name at @index is @name. */
static bool is_name(const struct elf *elf, uint64_t index, const char *name)
{
	size_t size = strlen(name) + 1;

	return index < elf->strings_size && elf->strings_size - index >= size &&
	       memcmp(elf->bytes.data + elf->strings_offset + index, name, size) == 0;
}

/*
 * No table says how many symbols there are, and the hash tables need not cover imports; but every
 * linker puts the names after the symbols. Should a tool have moved them elsewhere, the walk ends
 * with the file, and what it takes for symbols on the way is most unlikely to have this name.
 */
bool elf_has_import(const struct elf *elf, const char *symbol)
{
	size_t size = ELF_SIZE(&elf->bytes, Sym);
	uint64_t at, end;

	if (!find_dynamic_offset(elf, DT_SYMTAB, &at))
		return false;
	end = elf->strings_offset > at ? elf->strings_offset : elf->bytes.size;
	for (; at < end && end - at >= size; at += size) {
		uint64_t name, section;

		if (!ELF_GET_MEMBER(&elf->bytes, at, Sym, st_name, &name) ||
		    !ELF_GET_MEMBER(&elf->bytes, at, Sym, st_shndx, &section))
			return false;
		if (section == SHN_UNDEF && is_name(elf, name, symbol))
			return true;
	}
	return false;
}

/*
 * The note at @cursor in @segment, which is moved behind it. Both the owner's name and the data are
 * padded to what the segment is aligned to: 8 for properties, else 4.
 */
static bool read_note(const struct elf *elf, const struct segment *segment,
		      struct elf_note_cursor *cursor, struct elf_note *ret_note)
{
	uint64_t padding = segment->alignment == 8 ? 7 : 3, at = segment->offset + cursor->offset;
	uint64_t left = segment->size - cursor->offset, name_size, data_size, type, data_at;

	/* Both word sizes have the same header. */
	if (left < sizeof(Elf64_Nhdr) ||
	    !ELF_GET_MEMBER(&elf->bytes, at, Nhdr, n_namesz, &name_size) ||
	    !ELF_GET_MEMBER(&elf->bytes, at, Nhdr, n_descsz, &data_size) ||
	    !ELF_GET_MEMBER(&elf->bytes, at, Nhdr, n_type, &type))
		return false;
	data_at = (sizeof(Elf64_Nhdr) + name_size + padding) & ~padding;
	if (data_at > left || data_size > left - data_at)
		return false;
	at += sizeof(Elf64_Nhdr);
	ret_note->owner = name_size > 0 ? read_string(elf, at, at + name_size) : "";
	ret_note->type = (uint32_t)type;
	ret_note->data = elf->bytes.data + segment->offset + cursor->offset + data_at;
	ret_note->size = data_size;
	cursor->offset += MIN((data_at + data_size + padding) & ~padding, left);
	return true;
}

bool elf_next_note(const struct elf *elf, struct elf_note_cursor *cursor, struct elf_note *ret_note)
{
	for (; cursor->segment < elf->n_segments; cursor->segment++, cursor->offset = 0) {
		struct segment segment;

		if (!read_segment(elf, cursor->segment, &segment) || segment.type != PT_NOTE ||
		    !elf_bytes_hold(&elf->bytes, segment.offset, segment.size))
			continue;
		while (read_note(elf, &segment, cursor, ret_note))
			if (ret_note->owner)
				return true;
	}
	return false;
}
