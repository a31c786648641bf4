/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressed one by one, modules cost nothing to unpack, and only those that get loaded are ever
 * decompressed. But somebody must be able to: the kernel itself (MODULE_DECOMPRESS), or libkmod in
 * /init, which then has libzstd beside it or in it.
 */
#include "image/build/image-format.h"

#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "config.h"

#define ZSTD_LIBRARY "libzstd.so.1"

/* Before that, the kernel unpacked no zstd; it tells for kernels whose configuration is unknown. */
#define ZSTD_SINCE_MAJOR 5
#define ZSTD_SINCE_MINOR 9

/* Whether the kernel unpacks an archive of that form; a guess by its age if nobody tells. */
static bool can_unpack(const struct kernel *kernel, const struct kernel_config *config,
		       enum compression compression)
{
	static const char *const symbols[] = {
		[COMPRESSION_ZSTD] = "RD_ZSTD",
		[COMPRESSION_GZIP] = "RD_GZIP",
		[COMPRESSION_XZ] = "RD_XZ",
		[COMPRESSION_LZ4] = "RD_LZ4",
	};
	unsigned int major = 0, minor = 0;
	enum kernel_config_value value;

	if (compression == COMPRESSION_NONE)
		return true;
	value = kernel_config_get(config, symbols[compression]);
	if (value != KERNEL_CONFIG_UNKNOWN)
		return value == KERNEL_CONFIG_YES;
	if (compression != COMPRESSION_ZSTD || sscanf(kernel->kver, "%u.%u", &major, &minor) != 2)
		return true;
	return major > ZSTD_SINCE_MAJOR || (major == ZSTD_SINCE_MAJOR && minor >= ZSTD_SINCE_MINOR);
}

static bool has_library(const struct tree *tree, const char *name)
{
	const struct strmap_entry *slot;

	strmap_for_each(slot, &tree->entries) {
		if (str_equal(str_basename(slot->key), name))
			return true;
	}
	return false;
}

static bool can_load_zstd_modules(const struct kernel_config *config, const struct tree *tree)
{
	if (kernel_config_get(config, "MODULE_DECOMPRESS") == KERNEL_CONFIG_YES &&
	    kernel_config_get(config, "MODULE_COMPRESS_ZSTD") == KERNEL_CONFIG_YES)
		return true;
	return KINDLING_STATIC || has_library(tree, ZSTD_LIBRARY);
}

static enum compression best_of_kernel(const struct kernel *kernel,
				       const struct kernel_config *config)
{
	static const enum compression by_merit[] = { COMPRESSION_ZSTD, COMPRESSION_XZ,
						     COMPRESSION_LZ4, COMPRESSION_GZIP };

	for (size_t i = 0; i < ARRAY_SIZE(by_merit); i++)
		if (can_unpack(kernel, config, by_merit[i]))
			return by_merit[i];
	return COMPRESSION_NONE;
}

int image_format_choose(const struct build_options *options, const struct kernel *kernel,
			const struct kernel_config *config, const struct tree *tree,
			struct image_format *ret_format)
{
	bool by_file = !options->has_compression || options->compresses_files;
	struct image_format format = {
		.compression = options->compression,
		.level = options->level,
	};

	if (!can_unpack(kernel, config, options->compression)) {
		log_err("kernel %s cannot unpack %s, says %s; choose another form with --compress",
			kernel->kver, compression_name(options->compression),
			config->path ? config->path : "its version");
		return -EINVAL;
	}
	if (by_file && can_load_zstd_modules(config, tree)) {
		format.module_storage = MODULE_STORAGE_ZSTD;
		format.is_file_by_file = true;
	} else if (by_file) {
		format.compression = best_of_kernel(kernel, config);
		format.level = 0; /* one that was meant for files may be none of this one's */
		log_debug("neither kernel %s nor /init can read modules in zstd: compressing the "
			  "image as a whole with %s",
			  kernel->kver, compression_name(format.compression));
	}
	*ret_format = format;
	return 0;
}
