/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which form an image gets: kernels by their configuration or age, by what the user asked for. */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "config.h"
#include "image/build/image-format.h"
#include "recent-log.h"
#include "support.h"

#define KVER "1.2.3-test"

#define READS_MODULES "CONFIG_MODULE_DECOMPRESS=y\nCONFIG_MODULE_COMPRESS_ZSTD=y\n"
#define READS_ALL     "CONFIG_RD_ZSTD=y\nCONFIG_RD_GZIP=y\nCONFIG_RD_XZ=y\nCONFIG_RD_LZ4=y\n"

static struct tree tree;
static struct sysroot sysroot;
static struct kernel_config config;
static struct build_options options;

static int set_up(void **state)
{
	remove_tree(scratch_path("root"));
	write_text(scratch_path("root/etc/hostname"), "");
	recent_log_start();
	return sysroot_open(scratch_path("root"), &sysroot);
}

static int tear_down(void **state)
{
	build_options_done(&options);
	kernel_config_done(&config);
	sysroot_close(&sysroot);
	tree_done(&tree);
	return 0;
}

struct row {
	const char *name;
	const char *kver;     /* NULL: KVER */
	const char *config;   /* NULL: unknown */
	const char *compress; /* as for --compress, or NULL */
	bool lacks_library;   /* libzstd beside /init */
	int result;
	enum compression compression;
	int level;
	bool is_file_by_file;
};

static const struct row rows[] = {
	{ .name = "default", .config = READS_MODULES READS_ALL, .is_file_by_file = true },
	{ .name = "files", .compress = "files", .is_file_by_file = true },
	{ .name = "files with a level",
	  .compress = "files:19",
	  .level = 19,
	  .is_file_by_file = true },
	{ .name = "kernel reads modules, /init does not",
	  .config = READS_MODULES READS_ALL,
	  .lacks_library = true,
	  .is_file_by_file = true },
	{ .name = "/init reads modules, the kernel does not",
	  .config = READS_ALL,
	  .is_file_by_file = true },
	{ .name = "kernel reads modules in xz only",
	  .config = "CONFIG_MODULE_DECOMPRESS=y\nCONFIG_MODULE_COMPRESS_XZ=y\n" READS_ALL,
	  .lacks_library = true,
	  .compression = COMPRESSION_ZSTD },
	{ .name = "kernel leaves modules in zstd to kmod",
	  .config = "CONFIG_MODULE_COMPRESS_ZSTD=y\n" READS_ALL,
	  .lacks_library = true,
	  .compression = COMPRESSION_ZSTD },
	{ .name = "neither reads modules: zstd",
	  .config = READS_ALL,
	  .lacks_library = true,
	  .compression = COMPRESSION_ZSTD },
	{ .name = "neither reads modules: xz",
	  .config = "CONFIG_RD_GZIP=y\nCONFIG_RD_XZ=y\nCONFIG_RD_LZ4=y\n",
	  .lacks_library = true,
	  .compression = COMPRESSION_XZ },
	{ .name = "neither reads modules: lz4",
	  .config = "CONFIG_RD_GZIP=y\nCONFIG_RD_LZ4=y\n",
	  .lacks_library = true,
	  .compression = COMPRESSION_LZ4 },
	{ .name = "neither reads modules: gzip",
	  .config = "CONFIG_RD_GZIP=y\n",
	  .lacks_library = true,
	  .compression = COMPRESSION_GZIP },
	{ .name = "neither reads modules: nothing",
	  .config = "CONFIG_X86=y\n",
	  .lacks_library = true,
	  .compression = COMPRESSION_NONE },
	{ .name = "a level that was for files is none of the whole's",
	  .config = "CONFIG_RD_XZ=y\n",
	  .compress = "files:19",
	  .lacks_library = true,
	  .compression = COMPRESSION_XZ },
	{ .name = "a level that was for files, and nothing to compress with",
	  .config = "CONFIG_X86=y\n",
	  .compress = "files:19",
	  .lacks_library = true,
	  .compression = COMPRESSION_NONE },
	{ .name = "unknown kernel, old", .lacks_library = true, .compression = COMPRESSION_XZ },
	{ .name = "unknown kernel before zstd",
	  .kver = "5.8.18",
	  .lacks_library = true,
	  .compression = COMPRESSION_XZ },
	{ .name = "unknown kernel with zstd",
	  .kver = "5.9.0",
	  .lacks_library = true,
	  .compression = COMPRESSION_ZSTD },
	{ .name = "unknown kernel, next major",
	  .kver = "6.0-rc1",
	  .lacks_library = true,
	  .compression = COMPRESSION_ZSTD },
	{ .name = "unknown kernel, older major with a higher minor",
	  .kver = "4.19.0",
	  .lacks_library = true,
	  .compression = COMPRESSION_XZ },
	{ .name = "unknown kernel that is no number",
	  .kver = "custom",
	  .lacks_library = true,
	  .compression = COMPRESSION_ZSTD },
	{ .name = "none", .config = "CONFIG_X86=y\n", .compress = "none" },
	{ .name = "zstd as a whole",
	  .config = READS_MODULES READS_ALL,
	  .compress = "zstd:7",
	  .compression = COMPRESSION_ZSTD,
	  .level = 7 },
	{ .name = "xz as a whole, unknown kernel",
	  .compress = "xz",
	  .compression = COMPRESSION_XZ },
	{ .name = "zstd that the kernel cannot unpack",
	  .config = "CONFIG_RD_GZIP=y\n",
	  .compress = "zstd",
	  .result = -EINVAL },
	{ .name = "gzip that the kernel cannot unpack",
	  .config = "CONFIG_X86=y\n# CONFIG_RD_GZIP is not set\n",
	  .compress = "gzip",
	  .result = -EINVAL },
	{ .name = "zstd for an unknown kernel that is too old",
	  .kver = "5.8.18",
	  .compress = "zstd",
	  .result = -EINVAL },
};

static void set_compression(const char *value)
{
	const char *complaint;

	assert_int_equal(build_options_set(&options, build_option_find("compress"), value,
					   &complaint),
			 0);
}

static void test_choice(void **state)
{
	const struct row *row = *state;
	const struct kernel kernel = { .kver = (char *)(row->kver ? row->kver : KVER) };
	struct image_format format = { 0 };

	if (row->config)
		write_text(scratch_path("root/boot/config-" KVER), row->config);
	assert_int_equal(kernel_config_read(&sysroot, "/nonexistent", kernel.kver, &config), 0);
	if (!row->lacks_library)
		assert_int_equal(tree_add_data(&tree, "/usr/lib/x/libzstd.so.1", 0755, "", 0, "x"),
				 0);
	assert_int_equal(tree_add_data(&tree, "/usr/lib/x/libzstd.so.10", 0755, "", 0, "x"), 0);
	if (row->compress)
		set_compression(row->compress);
	assert_int_equal(image_format_choose(&options, &kernel, &config, &tree, &format),
			 row->result);
	if (row->result < 0) {
		expect_message("choose another form with --compress");
		expect_message(row->compress);
		expect_message(row->config ? "root/boot/config-" KVER : "says its version");
		return;
	}
	expect_no_message();
	assert_int_equal(format.compression, row->compression);
	assert_int_equal(format.level, row->level);
	assert_int_equal(format.is_file_by_file, row->is_file_by_file);
	assert_int_equal(format.module_storage,
			 row->is_file_by_file ? MODULE_STORAGE_ZSTD : MODULE_STORAGE_AS_IS);
	/* Whatever it is, the compressor will take it. */
	if (!format.is_file_by_file)
		assert_int_equal(compression_check_level(format.compression, format.level), 0);
}

int main(void)
{
	struct test_list list = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		/* A static /init has libzstd in it. */
		if (!KINDLING_STATIC || !rows[i].lacks_library)
			test_list_add(&list, rows[i].name, test_choice, &rows[i]);
	}
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
