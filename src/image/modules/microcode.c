/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processors' microcode, one file after the other, as the kernel's early loader wants it
 * (Documentation/arch/x86/microcode.rst). It picks what fits the processor by itself, so that more
 * than that does no harm but for its size.
 *
 * Names tell what a file is for. Intel's are family-model-stepping; Debian adds .initramfs, and
 * others .early, to those that must not be loaded into a running system. AMD's name the family.
 */
#include "image/modules/microcode.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strmap.h"
#include "image/modules/decompress.h"

#define FILE_SIZE_MAX    (16U << 20) /* the largest have 0.5 MiB */
#define AMD_FAMILY_NAMED 0x15        /* from here on, each family has a file of its own */

struct vendor {
	const char *id;        /* in /proc/cpuinfo */
	const char *directory; /* below /lib/firmware */
	const char *magic;     /* what a file begins with */
	size_t magic_size;
	bool (*is_name)(const char *name);
	void (*make_name)(const uint64_t *values, char *buf, size_t size);
};

/* What /proc/cpuinfo says of one processor. */
enum value { FAMILY, MODEL, STEPPING, N_VALUES };

static bool is_intel_name(const char *name)
{
	static const char form[] = "xx-xx-xx";

	if (strlen(name) != strlen(form))
		return false;
	for (size_t i = 0; name[i]; i++)
		if (form[i] == 'x' ? !strchr("0123456789abcdef", name[i]) : name[i] != form[i])
			return false;
	return true;
}

static void make_intel_name(const uint64_t *values, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%02" PRIx64 "-%02" PRIx64 "-%02" PRIx64, values[FAMILY],
		       values[MODEL], values[STEPPING]);
}

static bool is_amd_name(const char *name)
{
	return str_after_prefix(name, "microcode_amd") && str_has_suffix(name, ".bin");
}

static void make_amd_name(const uint64_t *values, char *buf, size_t size)
{
	if (values[FAMILY] < AMD_FAMILY_NAMED)
		(void)snprintf(buf, size, "microcode_amd.bin");
	else
		(void)snprintf(buf, size, "microcode_amd_fam%02" PRIx64 "h.bin", values[FAMILY]);
}

/* Little-endian numbers: the version of Intel's header, and AMD's "DMA". */
static const struct vendor intel = {
	"GenuineIntel", "intel-ucode", "\1\0\0", 4, is_intel_name, make_intel_name,
};
static const struct vendor amd = {
	"AuthenticAMD", "amd-ucode", "DMA", 4, is_amd_name, make_amd_name,
};

void microcode_done(struct microcode *microcode)
{
	strbuf_done(&microcode->intel);
	strbuf_done(&microcode->amd);
}

/* If @line is "key <tab>: value", the value. */
static const char *get_value(const char *line, const char *key)
{
	const char *rest = str_after_prefix(line, key);

	rest = rest ? rest + strspn(rest, " \t") : NULL;
	if (!rest || *rest != ':')
		return NULL;
	return rest + 1 + strspn(rest + 1, " \t");
}

static bool has_word(const char *words, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += size)
		if ((at == words || at[-1] == ' ') && (!at[size] || at[size] == ' '))
			return true;
	return false;
}

/* What has been read of one processor. */
struct processor {
	char vendor[32];
	uint64_t values[N_VALUES];
	unsigned int n_values;
};

static void take_line(struct processor *processor, const char *line)
{
	static const char *const keys[N_VALUES] = {
		[FAMILY] = "cpu family",
		[MODEL] = "model",
		[STEPPING] = "stepping",
	};
	const char *text = get_value(line, "vendor_id");

	if (text)
		(void)snprintf(processor->vendor, sizeof(processor->vendor), "%s", text);
	for (size_t i = 0; i < N_VALUES; i++) {
		text = get_value(line, keys[i]);
		if (text && str_parse_uint64(text, &processor->values[i]) == 0)
			processor->n_values++;
	}
}

static int take_processor(const struct vendor *vendor, const struct processor *processor,
			  struct strmap *names)
{
	char name[64];

	if (!str_equal(processor->vendor, vendor->id) || processor->n_values < N_VALUES)
		return 0;
	vendor->make_name(processor->values, name, sizeof(name));
	return strmap_set(names, name, (void *)vendor);
}

/*
 * The names of the files for all processors of @vendor; they may differ. @cpuinfo is cut into
 * lines.
 */
static int read_processors(const struct vendor *vendor, char *cpuinfo, struct strmap *names)
{
	struct processor processor = { 0 };
	char *rest = cpuinfo, *line;
	int r = 0;

	while (r >= 0 && (line = strsep(&rest, "\n"))) {
		const char *flags = get_value(line, "flags");

		if (flags && has_word(flags, "hypervisor")) {
			log_debug("this is a virtual machine: microcode is left to its host");
			return 0;
		}
		take_line(&processor, line);
		if (*line)
			continue;
		r = take_processor(vendor, &processor, names);
		processor = (struct processor){ 0 };
	}
	return r < 0 ? r : take_processor(vendor, &processor, names);
}

/* What a file is for: its name less what says how it lies there. */
static char *make_plain_name(const char *file)
{
	static const char *const suffixes[] = { ".initramfs", ".early" };
	size_t size = strlen(file) - strlen(stored_as_suffix(stored_as_from_name(file)));
	char *name = strndup(file, size);

	for (size_t i = 0; name && i < ARRAY_SIZE(suffixes); i++)
		if (str_has_suffix(name, suffixes[i]))
			name[strlen(name) - strlen(suffixes[i])] = '\0';
	return name;
}

/* Appends one file, unless it is none that the kernel would take: it stops at the first such. */
static int append_file(const struct vendor *vendor, const char *directory, const char *file,
		       struct strbuf *content)
{
	_cleanup_strbuf_ struct strbuf own = { 0 };
	_cleanup_free_ char *path = str_format("%s/%s", directory, file);
	int r;

	if (!path)
		return -ENOMEM;
	r = decompress_file(path, stored_as_from_name(file), FILE_SIZE_MAX, &own);
	if (r >= 0 &&
	    (own.size < vendor->magic_size || memcmp(own.data, vendor->magic, vendor->magic_size)))
		r = -EBADMSG;
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		log_warn_errno(r, "cannot use the microcode %s, going on without it", path);
		return 0;
	}
	strbuf_append_bytes(content, own.data, own.size);
	return content->failed ? -ENOMEM : 0;
}

/* Appends the file if it is wanted, and not there already by another name. */
static int take_file(const struct vendor *vendor, const char *directory, const char *file,
		     const struct strmap *wanted, struct strmap *seen, struct strbuf *content)
{
	_cleanup_free_ char *name = make_plain_name(file);
	int r;

	if (!name)
		return -ENOMEM;
	if (!vendor->is_name(name) || (wanted && !strmap_get(wanted, name)) ||
	    strmap_get(seen, name))
		return 0;
	r = strmap_set(seen, name, (void *)vendor);
	return r < 0 ? r : append_file(vendor, directory, file, content);
}

/* Where it is for this process; -ENOENT if it is not there. */
static int find_directory(const struct vendor *vendor, const struct sysroot *sysroot,
			  char **ret_path)
{
	static const char *const bases[] = { "/lib/firmware", "/usr/lib/firmware" };

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		_cleanup_free_ char *path = str_format("%s/%s", bases[i], vendor->directory);
		int r = path ? sysroot_resolve(sysroot, path, ret_path) : -ENOMEM;

		if (r >= 0 || r == -ENOMEM)
			return r;
	}
	return -ENOENT;
}

static int append_directory(const struct vendor *vendor, const char *directory,
			    const struct strmap *wanted, struct strbuf *content)
{
	struct strmap seen = { 0 };
	struct vec names;
	const char *name;
	int r;

	r = file_list_directory(directory, NULL, &names);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		log_warn_errno(r, "cannot read the microcode in %s, going on without it",
			       directory);
		return 0;
	}
	vec_for_each(name, &names) {
		if (r >= 0)
			r = take_file(vendor, directory, name, wanted, &seen, content);
	}
	vec_done(&names, free);
	strmap_done(&seen, NULL);
	return r;
}

static int collect(const struct vendor *vendor, const struct sysroot *sysroot, const char *cpuinfo,
		   struct strbuf *content)
{
	_cleanup_free_ char *directory = NULL, *copy = NULL;
	struct strmap wanted = { 0 };
	int r;

	r = find_directory(vendor, sysroot, &directory);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (cpuinfo) {
		copy = strdup(cpuinfo);
		r = copy ? read_processors(vendor, copy, &wanted) : -ENOMEM;
	}
	if (r >= 0)
		r = append_directory(vendor, directory, cpuinfo ? &wanted : NULL, content);
	strmap_done(&wanted, NULL);
	return r;
}

int microcode_collect(const struct sysroot *sysroot, const char *cpuinfo,
		      struct microcode *ret_microcode)
{
	_cleanup_microcode_ struct microcode microcode = { 0 };
	int r;

	r = collect(&intel, sysroot, cpuinfo, &microcode.intel);
	if (r >= 0)
		r = collect(&amd, sysroot, cpuinfo, &microcode.amd);
	if (r < 0)
		return r;
	*ret_microcode = microcode;
	microcode = (struct microcode){ 0 };
	return 0;
}
