/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documentation/arch/x86/microcode.rst of the kernel: "Early load microcode". */
#include "image/build/early-files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "image/modules/microcode.h"
#include "image/reader/image-path.h"
#include "image/reader/image-reader.h"

#define CPUINFO     "/proc/cpuinfo"
#define CPUINFO_MAX ((size_t)16 * 1024 * 1024)

/* What one member of an archive may have; updates of all processors are 15 MB. */
#define MEMBER_MAX ((uint64_t)256 * 1024 * 1024)

static int add_update(struct tree *tree, const char *path, const struct strbuf *update)
{
	_cleanup_free_ char *absolute = str_format("/%s", path);

	if (!absolute)
		return -ENOMEM;
	if (update->size == 0)
		return 0;
	return tree_add_data(tree, absolute, 0644, update->data, update->size,
			     "microcode of the processor");
}

static int add_installed(struct tree *tree, const struct sysroot *sysroot, bool for_host)
{
	_cleanup_microcode_ struct microcode microcode = { 0 };
	_cleanup_free_ char *path = NULL, *cpuinfo = NULL;
	int r;

	if (for_host) {
		r = sysroot_resolve(sysroot, CPUINFO, &path);
		if (r >= 0)
			r = file_read(path, CPUINFO_MAX, &cpuinfo, NULL);
		if (r < 0 && r != -ENOMEM)
			log_debug_errno(r, "there is no " CPUINFO " that tells the processor, "
					   "taking the microcode of all");
		if (r == -ENOMEM)
			return r;
	}
	r = microcode_collect(sysroot, cpuinfo, &microcode);
	if (r >= 0)
		r = add_update(tree, MICROCODE_INTEL_PATH, &microcode.intel);
	return r < 0 ? r : add_update(tree, MICROCODE_AMD_PATH, &microcode.amd);
}

static bool is_microcode(const char *path)
{
	return str_equal(path, "/" MICROCODE_INTEL_PATH) || str_equal(path, "/" MICROCODE_AMD_PATH);
}

/* 1 if the member is microcode and taken, 0 if it is none, or a negative errno. */
static int add_member(struct tree *tree, struct image_reader *reader,
		      const struct image_entry *member, const char *archive)
{
	_cleanup_strbuf_ struct strbuf content = { 0 };
	_cleanup_free_ char *path = NULL;
	const void *data;
	ssize_t n;
	int r;

	r = image_path_normalise(member->name, &path);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || !S_ISREG(member->mode) || !is_microcode(path))
		return 0;
	if (member->size > MEMBER_MAX) {
		log_err("%s of %s is larger than microcode can be, giving up", path, archive);
		return -EBADMSG;
	}
	while ((n = image_reader_read(reader, &data)) > 0)
		strbuf_append_bytes(&content, data, (size_t)n);
	if (n < 0 || content.failed)
		return content.failed ? -ENOMEM : (int)n;
	r = tree_add_data(tree, path, 0644, strbuf_string(&content), content.size,
			  "asked for with --microcode");
	if (r < 0 && r != -ENOMEM)
		log_err_errno(r, "cannot take %s of %s, giving up", path, archive);
	return r < 0 ? r : 1;
}

/* How many members were taken, or a negative errno. */
static int add_members(struct tree *tree, struct image_reader *reader, const char *archive)
{
	_cleanup_free_ char *other = NULL;
	struct image_entry member;
	int n_taken = 0, n_others = 0, r;

	while ((r = image_reader_next(reader, &member)) > 0) {
		if (S_ISDIR(member.mode))
			continue;
		r = add_member(tree, reader, &member, archive);
		if (r < 0)
			return r;
		n_taken += r;
		if (r == 0 && n_others++ == 0) {
			other = strdup(member.name);
			if (!other)
				return -ENOMEM;
		}
	}
	if (r >= 0 && n_taken > 0 && n_others > 0)
		log_info("leaving out what is no microcode in %s: %s%s", archive, other,
			 n_others > 1 ? " and others" : "");
	return r < 0 ? r : n_taken;
}

static int add_archive(struct tree *tree, const char *archive)
{
	_cleanup_image_reader_ struct image_reader *reader = NULL;
	int r;

	r = image_reader_open(archive, &reader);
	if (r >= 0)
		r = add_members(tree, reader, archive);
	if (r == 0) {
		log_err("%s has no microcode: neither " MICROCODE_INTEL_PATH
			" nor " MICROCODE_AMD_PATH " is in it, giving up",
			archive);
		return -ENODATA;
	}
	return r < 0 ? r : 0;
}

int early_files_add(struct tree *tree, const struct sysroot *sysroot,
		    const struct build_options *options)
{
	const char *which = options->microcode ? options->microcode : "auto";

	if (str_equal(which, "none"))
		return 0;
	if (str_equal(which, "auto"))
		return add_installed(tree, sysroot, options->mode == BUILD_MODE_HOST);
	return add_archive(tree, which);
}
