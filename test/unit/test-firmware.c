/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firmware of a made-up root, for kernels that can read this or that. */
#include "support.h"

#include <errno.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "image/modules/decompress.h"
#include "image/modules/firmware.h"

#define KVER "1.2.3-test"
#define BASE "/usr/lib/firmware/"

static const char content[] = "what a card is told";

static const char reads_all[] = "CONFIG_FW_LOADER_COMPRESS=y\nCONFIG_FW_LOADER_COMPRESS_XZ=y\n"
				"CONFIG_FW_LOADER_COMPRESS_ZSTD=y\n";
static const char reads_plain[] = "CONFIG_FW_LOADER=y\n";
static const char reads_old_xz[] = "CONFIG_FW_LOADER_COMPRESS=y\n";

static struct sysroot sysroot;
static struct kernel_config config;
static struct tree tree;
static struct firmware *firmware;

static const char *in_root(const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "root/%s", name);
	return scratch_path(path);
}

static const char *in_base(const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "root" BASE "%s", name);
	return scratch_path(path);
}

static void write_zstd(const char *path, const char *text)
{
	char data[256];
	size_t size = ZSTD_compress(data, sizeof(data), text, strlen(text), 1);

	assert_false(ZSTD_isError(size));
	write_file(path, data, size);
}

static void write_xz(const char *path, const char *text)
{
	uint8_t data[512];
	size_t size = 0;

	assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, (const uint8_t *)text,
						 strlen(text), data, &size, sizeof(data)),
			 LZMA_OK);
	write_file(path, data, size);
}

static int set_up(void **state)
{
	write_text(in_base("plain.bin"), content);
	write_zstd(in_base("small.bin.zst"), content);
	write_xz(in_base("old.bin.xz"), content);
	assert_int_equal(symlink("usr/lib", in_root("lib")), 0);
	assert_int_equal(sysroot_open(scratch_path("root"), &sysroot), 0);
	assert_int_equal(tree_add_directory(&tree, "/usr/lib", 0755, "layout"), 0);
	return tree_add_symlink(&tree, "/lib", "usr/lib", "layout");
}

static int tear_down(void **state)
{
	firmware = firmware_free(firmware);
	kernel_config_done(&config);
	tree_done(&tree);
	sysroot_close(&sysroot);
	remove_tree(scratch_path("root"));
	return 0;
}

/* A @text of NULL leaves it open what the kernel can read. */
static void start(const char *text, bool is_compressing)
{
	if (text)
		write_text(in_root("boot/config-" KVER), text);
	assert_int_equal(kernel_config_read(&sysroot, "/nonexistent", KVER, &config), 0);
	assert_int_equal(firmware_new(&tree, &sysroot, KVER, &config, is_compressing, &firmware),
			 0);
}

static const struct tree_entry *get(const char *name)
{
	_cleanup_free_ char *path = str_format(BASE "%s", name);

	assert_non_null(path);
	return tree_get(&tree, path);
}

static void ask(const char *name)
{
	assert_int_equal(firmware_add(firmware, name, "needed by card"), 0);
}

static void assert_file(const char *name, bool is_to_be_compressed)
{
	const struct tree_entry *entry = get(name);

	assert_non_null(entry);
	assert_int_equal(entry->kind, TREE_FILE);
	assert_int_equal(entry->is_to_be_compressed, is_to_be_compressed);
	assert_string_equal(entry->why, "needed by card");
}

static void assert_link(const char *name, const char *target)
{
	const struct tree_entry *entry = get(name);

	assert_non_null(entry);
	assert_int_equal(entry->kind, TREE_SYMLINK);
	assert_string_equal(entry->source, target);
}

static void assert_content(const char *name)
{
	const struct tree_entry *entry = get(name);

	assert_non_null(entry);
	assert_int_equal(entry->kind, TREE_DATA);
	assert_int_equal(entry->size, strlen(content));
	assert_memory_equal(entry->source, content, strlen(content));
}

static void test_as_installed(void **state)
{
	start(reads_all, false);
	ask("plain.bin");
	ask("small.bin");
	ask("old.bin");
	assert_file("plain.bin", false);
	assert_file("small.bin.zst", false);
	assert_file("old.bin.xz", false);
	assert_int_equal(firmware_count_missing(firmware), 0);
}

static void test_to_be_compressed(void **state)
{
	start(reads_all, true);
	ask("plain.bin");
	ask("small.bin");
	assert_file("plain.bin.zst", true);
	assert_null(get("plain.bin"));
	assert_file("small.bin.zst", false);
}

/* What distributions install is taken to fit their kernels, but nothing is added to it. */
static void test_unknown_kernel(void **state)
{
	start(NULL, true);
	ask("plain.bin");
	ask("small.bin");
	ask("old.bin");
	assert_file("plain.bin", false);
	assert_file("small.bin.zst", false);
	assert_file("old.bin.xz", false);
}

static void test_kernel_that_reads_plain_only(void **state)
{
	start(reads_plain, true);
	ask("plain.bin");
	ask("small.bin");
	ask("old.bin");
	assert_file("plain.bin", false);
	assert_content("small.bin");
	assert_content("old.bin");
	assert_null(get("small.bin.zst"));
	assert_null(get("old.bin.xz"));
}

static void test_kernel_before_zstd(void **state)
{
	start(reads_old_xz, true);
	ask("plain.bin");
	ask("small.bin");
	ask("old.bin");
	assert_file("plain.bin", false);
	assert_content("small.bin");
	assert_file("old.bin.xz", false);
}

/* The kernel goes through the directories for plain files, then through them again for others. */
static void test_order(void **state)
{
	static const char *const names[] = { "updates/" KVER "/a.bin", "updates/a.bin",
					     KVER "/a.bin", "a.bin" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		write_text(in_base(names[i]), names[i]);
	write_zstd(in_base("updates/plain.bin.zst"), content);
	write_xz(in_base("updates/small.bin.xz"), content);
	start(reads_all, false);
	ask("plain.bin");
	ask("small.bin");
	assert_file("plain.bin", false);
	assert_null(get("updates/plain.bin.zst"));
	assert_file("small.bin.zst", false);
	assert_null(get("updates/small.bin.xz"));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		firmware = firmware_free(firmware);
		assert_int_equal(firmware_new(&tree, &sysroot, KVER, &config, false, &firmware), 0);
		assert_null(get(names[i]));
		ask("a.bin");
		assert_file(names[i], false);
		assert_int_equal(unlink(in_base(names[i])), 0);
	}
}

static void test_missing(void **state)
{
	start(reads_all, false);
	ask("nowhere.bin");
	ask("nowhere.bin");
	ask("nowhere/*.bin");
	ask("nowhere/*.bin");
	ask("plain.bin");
	assert_int_equal(symlink("nowhere", in_base("lost.bin")), 0);
	ask("lost.bin");
	assert_int_equal(firmware_count_missing(firmware), 3);
	assert_null(get("lost.bin"));
}

/* None of these may lead out of the directory; nor are they counted. */
static void test_strange_names(void **state)
{
	static const char *const names[] = { "", "/etc/passwd", "../../../etc/passwd", "a/../b",
					     ".." };

	write_text(in_root("etc/passwd"), "");
	start(reads_all, false);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		ask(names[i]);
	assert_int_equal(firmware_count_missing(firmware), 0);
	assert_int_equal(tree.entries.n_entries, 3);
	write_text(in_base("a..b"), "");
	ask("a..b");
	assert_file("a..b", false);
}

static void test_no_firmware_at_all(void **state)
{
	remove_tree(in_root("usr/lib/firmware"));
	start(reads_all, false);
	ask("plain.bin");
	ask("*");
	assert_int_equal(firmware_count_missing(firmware), 2);
}

static void test_patterns(void **state)
{
	write_text(in_base("card/a-1.bin"), "");
	write_zstd(in_base("card/a-2.bin.zst"), "");
	write_xz(in_base("updates/card/a-3.bin.xz"), "");
	write_text(in_base("card/b-1.bin"), "");
	/* What fits by its name is no pattern of its own. */
	write_text(in_base("card/a-[4].bin"), "");
	start(reads_all, false);
	ask("card/a-*.bin");
	assert_file("card/a-1.bin", false);
	assert_file("card/a-2.bin.zst", false);
	assert_file("updates/card/a-3.bin.xz", false);
	assert_file("card/a-[4].bin", false);
	assert_null(get("card/b-1.bin"));
	assert_int_equal(firmware_count_missing(firmware), 0);
}

static void test_directory(void **state)
{
	write_text(in_base("card/a.bin"), "");
	write_zstd(in_base("card/deep/b.bin.zst"), "");
	write_text(in_base("card/.hidden"), "");
	assert_int_equal(symlink(".", in_base("card/self")), 0);
	start(reads_all, true);
	ask("card");
	assert_file("card/a.bin.zst", true);
	assert_file("card/deep/b.bin.zst", false);
	assert_null(get("card/.hidden.zst"));
	assert_null(get("card/self"));
}

static void test_links(void **state)
{
	assert_int_equal(symlink("plain.bin", in_base("link.bin")), 0);
	assert_int_equal(symlink("link.bin", in_base("chain.bin")), 0);
	assert_int_equal(symlink("small.bin.zst", in_base("other.bin.zst")), 0);
	start(reads_all, false);
	ask("chain.bin");
	ask("other.bin");
	assert_link("chain.bin", "link.bin");
	assert_link("link.bin", "plain.bin");
	assert_file("plain.bin", false);
	assert_link("other.bin.zst", "small.bin.zst");
	assert_file("small.bin.zst", false);
}

/* The link is found by the name with .zst, and so is what it leads to. */
static void test_links_to_what_will_be_compressed(void **state)
{
	assert_int_equal(mkdir(in_base("card"), 0755), 0);
	assert_int_equal(symlink("../plain.bin", in_base("card/link.bin")), 0);
	assert_int_equal(symlink("link.bin", in_base("card/chain.bin")), 0);
	assert_int_equal(symlink("/usr/lib/firmware/plain.bin", in_base("absolute.bin")), 0);
	start(reads_all, true);
	ask("card/chain.bin");
	ask("card/link.bin");
	ask("absolute.bin");
	ask("plain.bin");
	assert_link("card/chain.bin.zst", BASE "plain.bin.zst");
	assert_link("card/link.bin.zst", BASE "plain.bin.zst");
	assert_link("absolute.bin.zst", BASE "plain.bin.zst");
	assert_file("plain.bin.zst", true);
}

/* A whole directory that is a link, as linux-firmware has some. */
static void test_link_to_a_directory(void **state)
{
	write_text(in_base("new/a.bin"), "");
	assert_int_equal(symlink("new", in_base("old")), 0);
	start(reads_all, true);
	ask("old/a.bin");
	assert_file("old/a.bin.zst", true);
}

static void test_damaged_file(void **state)
{
	write_text(in_base("small.bin.zst"), "no zstd");
	start(reads_plain, false);
	assert_int_equal(firmware_add(firmware, "small.bin", "needed by card"), -EBADMSG);
}

static void assert_decompressed(const char *path, size_t max, int expected)
{
	_cleanup_strbuf_ struct strbuf buf = { 0 };

	assert_int_equal(decompress_file(path, stored_as_from_name(path), max, &buf), expected);
	if (expected == 0)
		assert_string_equal(strbuf_string(&buf), content);
}

static void test_decompress(void **state)
{
	static const char *const names[] = { "plain.bin", "small.bin.zst", "old.bin.xz" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *path = in_base(names[i]);

		assert_decompressed(path, 4096, 0);
		assert_decompressed(path, strlen(content) - 1, -EFBIG);
	}
	assert_decompressed(in_base("nowhere.xz"), 4096, -ENOENT);
}

/* Wherever they are cut; a plain file does not tell. */
static void test_decompress_cut_short(void **state)
{
	static const char *const names[] = { "small.bin.zst", "old.bin.xz" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *path = in_base(names[i]);
		struct stat st;

		assert_int_equal(stat(path, &st), 0);
		for (off_t size = st.st_size - 1; size >= 0; size--) {
			assert_int_equal(truncate(path, size), 0);
			assert_decompressed(path, 4096, -EBADMSG);
		}
	}
}

/* More than fits a buffer of either decoder, and more frames than one. */
static void test_decompress_large(void **state)
{
	static char text[300000], data[300000];
	_cleanup_strbuf_ struct strbuf buf = { 0 };
	size_t half = sizeof(text) / 2, size;
	uint32_t seed = 1;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + next_random(&seed) % 8);
	size = ZSTD_compress(data, sizeof(data), text, half, 1);
	assert_false(ZSTD_isError(size));
	size += ZSTD_compress(data + size, sizeof(data) - size, text + half, half, 1);
	write_file(in_base("large.zst"), data, size);
	assert_int_equal(decompress_file(in_base("large.zst"), STORED_ZSTD, sizeof(text), &buf), 0);
	assert_int_equal(buf.size, sizeof(text));
	assert_memory_equal(buf.data, text, sizeof(text));
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_as_installed);
	TEST(&list, test_to_be_compressed);
	TEST(&list, test_unknown_kernel);
	TEST(&list, test_kernel_that_reads_plain_only);
	TEST(&list, test_kernel_before_zstd);
	TEST(&list, test_order);
	TEST(&list, test_missing);
	TEST(&list, test_strange_names);
	TEST(&list, test_no_firmware_at_all);
	TEST(&list, test_patterns);
	TEST(&list, test_directory);
	TEST(&list, test_links);
	TEST(&list, test_links_to_what_will_be_compressed);
	TEST(&list, test_link_to_a_directory);
	TEST(&list, test_damaged_file);
	TEST(&list, test_decompress);
	TEST(&list, test_decompress_cut_short);
	TEST(&list, test_decompress_large);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
