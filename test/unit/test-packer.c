/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packer on small trees, with read(2) at the test's mercy. What would hang is killed after two
 * seconds.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "image/checksum.h"
#include "image/tree/tree.h"
#include "image/writer/packer.h"
#include "image/writer/zstd-frame.h"
#include "recent-log.h"
#include "support.h"

#define MIB    ((size_t)1024 * 1024)
#define WINDOW (12 * MIB)

static struct tree tree;
static struct vec entries;
static struct packer *packer;

/* What read(2) does instead of its work. */
static enum { READ_ALL, READ_END, READ_ERROR, READ_PIECES } read_fault;
static atomic_uint n_compressed, n_checksums;

ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
	static __thread unsigned int n_calls;

	switch (read_fault) {
	case READ_END:
		return size > 2 ? __real_read(fd, buffer, 2) : 0;
	case READ_ERROR:
		errno = EIO;
		return -1;
	case READ_PIECES:
		if (n_calls++ % 2 == 0) {
			errno = EINTR;
			return -1;
		}
		return __real_read(fd, buffer, MIN(size, (size_t)3));
	case READ_ALL:
		break;
	}
	return __real_read(fd, buffer, size);
}

int __real_zstd_framer_compress(struct zstd_framer *framer, const void *data, size_t size,
				const void **ret_frame, size_t *ret_size);
int __wrap_zstd_framer_compress(struct zstd_framer *framer, const void *data, size_t size,
				const void **ret_frame, size_t *ret_size);
int __wrap_zstd_framer_compress(struct zstd_framer *framer, const void *data, size_t size,
				const void **ret_frame, size_t *ret_size)
{
	n_compressed++;
	return __real_zstd_framer_compress(framer, data, size, ret_frame, ret_size);
}

XXH64_hash_t __real_XXH3_64bits(const void *data, size_t size);
XXH64_hash_t __wrap_XXH3_64bits(const void *data, size_t size);
XXH64_hash_t __wrap_XXH3_64bits(const void *data, size_t size)
{
	n_checksums++;
	return __real_XXH3_64bits(data, size);
}

static int set_up(void **state)
{
	recent_log_start();
	n_compressed = n_checksums = 0;
	(void)alarm(2);
	return 0;
}

static int tear_down(void **state)
{
	packer = packer_free(packer);
	vec_done(&entries, NULL);
	entries = (struct vec){ 0 };
	tree_done(&tree);
	read_fault = READ_ALL;
	(void)alarm(0);
	return 0;
}

static void add_file(const char *name, const char *text, bool is_to_be_compressed)
{
	_cleanup_free_ char *path = str_format("/%s", name);
	const char *host_path = scratch_path(name);

	assert_non_null(path);
	write_text(host_path, text);
	assert_int_equal((is_to_be_compressed
				  ? tree_add_compressed_file
				  : tree_add_file)(&tree, path, host_path, "wanted by a test"),
			 0);
}

/* Of zeros, which take no room on the disk. */
static void add_large_file(const char *name, size_t size)
{
	_cleanup_free_ char *path = str_format("/%s", name);
	const char *host_path = scratch_path(name);

	assert_non_null(path);
	write_text(host_path, "");
	assert_int_equal(truncate(host_path, (off_t)size), 0);
	assert_int_equal(tree_add_file(&tree, path, host_path, "wanted by a test"), 0);
}

static void start(struct cache *cache, unsigned int workers)
{
	const struct packer_options options = { .cache = cache, .workers = workers };

	vec_done(&entries, NULL);
	assert_int_equal(tree_sort(&tree, &entries), 0);
	assert_int_equal(packer_new(&entries, &options, &packer), 0);
}

static void expect_content(const char *text, size_t size)
{
	struct packed packed = { 0 };

	assert_int_equal(packer_next(packer, &packed), 0);
	assert_int_equal(packed.size, size);
	assert_memory_equal(size ? packed.data : text, text, size);
	assert_true(packed.checksum == checksum_of(text, size));
}

static void expect_text(const char *text)
{
	expect_content(text, strlen(text));
}

static void expect_frame(const char *text)
{
	struct packed packed = { 0 };
	char decoded[4096];

	assert_int_equal(packer_next(packer, &packed), 0);
	assert_int_equal(ZSTD_findFrameCompressedSize(packed.data, packed.size), packed.size);
	assert_int_equal(ZSTD_decompress(decoded, sizeof(decoded), packed.data, packed.size),
			 strlen(text));
	assert_memory_equal(decoded, text, strlen(text));
	assert_true(packed.checksum == checksum_of(packed.data, packed.size));
}

static void test_every_kind_in_order(void **state)
{
	assert_int_equal(tree_add_directory(&tree, "/b", 0755, "x"), 0);
	add_file("c", "a host file", false);
	assert_int_equal(tree_add_data(&tree, "/b/data", 0644, "a\0b", 3, "x"), 0);
	assert_int_equal(tree_add_symlink(&tree, "/b/link", "where to", "x"), 0);
	assert_int_equal(tree_add_node(&tree, "/a", S_IFCHR | 0600, makedev(5, 1), "x"), 0);
	add_file("d.zst", "compressed", true);
	add_file("empty", "", false);
	add_file("empty.zst", "", true);
	assert_int_equal(tree_add_data(&tree, "/no-data", 0644, "", 0, "x"), 0);
	start(NULL, 2);
	expect_text("");
	expect_text("");
	expect_content("a\0b", 3);
	expect_text("where to");
	expect_text("a host file");
	expect_frame("compressed");
	expect_text("");
	expect_frame("");
	expect_text("");
	expect_no_message();
}

static void test_no_entries(void **state)
{
	start(NULL, 4);
}

/* Contents stay valid up to the next call, and no longer need they. */
static void test_many_files_and_workers(void **state)
{
	static const unsigned int workers[] = { 0, 1, 2, 16, 1000 };

	for (unsigned int i = 0; i < 300; i++) {
		_cleanup_free_ char *name = str_format("f%03u", i);

		assert_non_null(name);
		add_file(name, name, i % 3 == 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(workers); i++) {
		start(NULL, workers[i]);
		for (unsigned int j = 0; j < 300; j++) {
			char name[8];

			(void)snprintf(name, sizeof(name), "f%03u", j);
			if (j % 3 == 0)
				expect_frame(name);
			else
				expect_text(name);
		}
		packer = packer_free(packer);
	}
}

static void append_all(struct strbuf *text, int level, unsigned int workers)
{
	const struct packer_options options = { .workers = workers, .level = level };
	struct packed packed;

	vec_done(&entries, NULL);
	assert_int_equal(tree_sort(&tree, &entries), 0);
	assert_int_equal(packer_new(&entries, &options, &packer), 0);
	for (size_t i = 0; i < entries.n_items; i++) {
		assert_int_equal(packer_next(packer, &packed), 0);
		strbuf_append_bytes(text, packed.data, packed.size);
	}
	packer = packer_free(packer);
}

static void test_reproducible(void **state)
{
	_cleanup_strbuf_ struct strbuf first = { 0 }, high = { 0 };
	uint32_t random = 1;

	for (unsigned int i = 0; i < 20; i++) {
		_cleanup_strbuf_ struct strbuf text = { 0 };
		_cleanup_free_ char *name = str_format("r%02u", i);

		assert_non_null(name);
		for (unsigned int j = 0; j < 500 * i; j++)
			strbuf_printf(&text, "%x", next_random(&random) & 0xff);
		add_file(name, strbuf_string(&text), true);
	}
	append_all(&first, 0, 1);
	for (unsigned int workers = 2; workers <= 4; workers++) {
		_cleanup_strbuf_ struct strbuf other = { 0 };

		append_all(&other, 0, workers);
		assert_int_equal(other.size, first.size);
		assert_memory_equal(other.data, first.data, first.size);
	}
	append_all(&high, 19, 2);
	assert_true(high.size < first.size);
}

struct magic_row {
	const char *name; /* of the file as well */
	const char *begin;
	bool is_good;
};

static const struct magic_row magic_rows[] = {
	{ "a.ko",
	  "\x7f"
	  "ELF\2",
	  true },
	{ "b.ko", "\x7f", false },
	{ "c.ko", "", false },
	{ "d.ko", "text", false },
	{ "e.ko.zst", "\x28\xb5\x2f\xfd\1", true },
	{ "f.ko.zst",
	  "\x7f"
	  "ELF\2",
	  false },
	{ "g.ko.xz",
	  "\xfd"
	  "7zXZ",
	  true },
	{ "h.ko.xz", "\x1f\x8b", false },
	{ "i.ko.gz", "\x1f\x8b\1", true },
	{ "j.ko.gz", "\x1f", false },
	{ "k.kok", "text", true },
	{ "l.zst", "text", true },
	{ "m.xz", "", true },
};

static void test_magic(void **state)
{
	const struct magic_row *row = *state;
	struct packed packed;

	add_file(row->name, row->begin, false);
	start(NULL, 1);
	if (row->is_good) {
		expect_text(row->begin);
		expect_no_message();
	} else {
		assert_int_equal(packer_next(packer, &packed), -EBADMSG);
		expect_message("does not begin as a kernel module does");
		expect_message(row->name);
	}
}

/* As a bad disk may leave it. It must not get into the image in a frame either. */
static void test_module_of_zeros(void **state)
{
	struct packed packed;

	add_large_file("z.ko", 4096);
	start(NULL, 1);
	assert_int_equal(packer_next(packer, &packed), -EBADMSG);
	packer = packer_free(packer);
	tree_done(&tree);
	assert_int_equal(tree_add_compressed_file(&tree, "/z.ko.zst", scratch_path("z.ko"), "x"),
			 0);
	start(NULL, 1);
	assert_int_equal(packer_next(packer, &packed), -EBADMSG);
	assert_int_equal(n_compressed, 0);
}

static void test_file_that_vanishes(void **state)
{
	struct packed packed;

	add_file("a", "stays", false);
	add_file("b", "goes", false);
	add_file("c", "stays, too", false);
	assert_int_equal(unlink(scratch_path("b")), 0);
	start(NULL, 3);
	expect_text("stays");
	assert_int_equal(packer_next(packer, &packed), -ENOENT);
	expect_message("/b (wanted by a test), giving up: No such file or directory");
}

/* One message, about the first in order, whoever was faster. */
static void test_several_failures(void **state)
{
	struct packed packed;

	for (unsigned int i = 0; i < 20; i++) {
		_cleanup_free_ char *name = str_format("v%02u", i);

		assert_non_null(name);
		add_file(name, name, false);
		if (i >= 5)
			assert_int_equal(unlink(scratch_path(name)), 0);
	}
	start(NULL, 8);
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(packer_next(packer, &packed), 0);
	assert_int_equal(packer_next(packer, &packed), -ENOENT);
	expect_message("/v05 (");
}

static void test_file_that_shrinks(void **state)
{
	struct packed packed;

	add_file("a", "longer than two bytes", false);
	read_fault = READ_END;
	start(NULL, 1);
	assert_int_equal(packer_next(packer, &packed), -EIO);
	expect_message("/a (wanted by a test), giving up: Input/output error");
}

static void test_file_that_grew(void **state)
{
	add_file("a", "old", false);
	write_text(scratch_path("a"), "new and longer");
	start(NULL, 1);
	expect_text("new and longer");
}

static void test_disk_that_fails(void **state)
{
	struct packed packed;

	add_file("a", "text", true);
	read_fault = READ_ERROR;
	start(NULL, 1);
	assert_int_equal(packer_next(packer, &packed), -EIO);
	expect_message("Input/output error");
}

static void test_short_reads(void **state)
{
	add_file("a", "in pieces, with interruptions", false);
	read_fault = READ_PIECES;
	start(NULL, 1);
	expect_text("in pieces, with interruptions");
}

static struct cache *open_cache(void)
{
	struct cache *cache;

	assert_int_equal(setenv("XDG_CACHE_HOME", scratch_path("cache-home"), 1), 0);
	assert_int_equal(cache_open(&cache), 0);
	assert_non_null(cache);
	return cache;
}

/* What is in the cache already must not stop the caller, who once waited for it for ever. */
static void test_warm_cache(void **state)
{
	struct cache *cache = open_cache();

	add_file("a.zst", "first", true);
	add_file("b", "second", false);
	add_file("c.zst", "third", true);
	for (unsigned int i = 0; i < 3; i++) {
		start(cache, 2);
		expect_frame("first");
		expect_text("second");
		expect_frame("third");
		packer = packer_free(packer);
		assert_int_equal(n_compressed, 2);
	}
	/* A changed file is another one for the next tree. */
	tree_done(&tree);
	add_file("c.zst", "other", true);
	start(cache, 2);
	expect_frame("other");
	assert_int_equal(n_compressed, 3);
	packer = packer_free(packer);
	cache_close(cache);
}

static void test_levels_in_the_cache(void **state)
{
	struct cache *cache = open_cache();

	add_file("l.zst", "text of this level", true);
	for (int level = 1; level <= 2; level++) {
		const struct packer_options options = {
			.cache = cache,
			.workers = 1,
			.level = level,
		};

		vec_done(&entries, NULL);
		assert_int_equal(tree_sort(&tree, &entries), 0);
		assert_int_equal(packer_new(&entries, &options, &packer), 0);
		expect_frame("text of this level");
		packer = packer_free(packer);
		assert_int_equal(n_compressed, level);
	}
	cache_close(cache);
}

static void test_failure_is_not_cached(void **state)
{
	struct cache *cache = open_cache();
	struct packed packed;

	add_file("n.ko", "no module", true);
	for (unsigned int i = 0; i < 2; i++) {
		start(cache, 1);
		assert_int_equal(packer_next(packer, &packed), -EBADMSG);
		packer = packer_free(packer);
	}
	cache_close(cache);
}

static void test_larger_than_the_window(void **state)
{
	_cleanup_free_ char *zeros = calloc(1, WINDOW + MIB);

	assert_non_null(zeros);
	add_file("a", "before", false);
	add_large_file("b", WINDOW + MIB);
	add_large_file("c", WINDOW + MIB);
	add_file("d", "after", false);
	for (unsigned int workers = 1; workers <= 4; workers += 3) {
		start(NULL, workers);
		expect_text("before");
		expect_content(zeros, WINDOW + MIB);
		expect_content(zeros, WINDOW + MIB);
		expect_text("after");
		packer = packer_free(packer);
	}
}

/* As many files as workers get done when they are left alone for a while; there are to be @n. */
static void expect_read_ahead(unsigned int n)
{
	for (unsigned int i = 0; i < 1000 && n_checksums < n; i++)
		(void)usleep(1000);
	(void)usleep(50000);
	assert_int_equal(n_checksums, n);
}

/* Four of these fit into the window; what the caller has at hand counts as well. */
static void test_memory_is_bounded(void **state)
{
	struct packed packed;

	for (unsigned int i = 0; i < 12; i++) {
		_cleanup_free_ char *name = str_format("w%02u", i);

		assert_non_null(name);
		add_large_file(name, 3 * MIB);
	}
	start(NULL, 8);
	expect_read_ahead(4);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(packer_next(packer, &packed), 0);
	expect_read_ahead(7);
	for (unsigned int i = 4; i < 12; i++)
		assert_int_equal(packer_next(packer, &packed), 0);
	assert_int_equal(n_checksums, 12);
}

/* Whatever the workers are at: not begun, at work, waiting for the caller. */
static void test_given_up_early(void **state)
{
	struct packed packed;

	for (unsigned int i = 0; i < 12; i++) {
		_cleanup_free_ char *name = str_format("e%02u", i);

		assert_non_null(name);
		add_large_file(name, 3 * MIB);
	}
	for (unsigned int i = 0; i < 12; i++) {
		start(NULL, 4);
		(void)usleep(i * 1000);
		for (unsigned int j = 0; j < i % 4; j++)
			assert_int_equal(packer_next(packer, &packed), 0);
		packer = packer_free(packer);
	}
	assert_null(packer_free(NULL));
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_every_kind_in_order);
	TEST(&list, test_no_entries);
	TEST(&list, test_many_files_and_workers);
	TEST(&list, test_reproducible);
	TEST_ROWS(&list, test_magic, magic_rows);
	TEST(&list, test_module_of_zeros);
	TEST(&list, test_file_that_vanishes);
	TEST(&list, test_several_failures);
	TEST(&list, test_file_that_shrinks);
	TEST(&list, test_file_that_grew);
	TEST(&list, test_disk_that_fails);
	TEST(&list, test_short_reads);
	TEST(&list, test_warm_cache);
	TEST(&list, test_levels_in_the_cache);
	TEST(&list, test_failure_is_not_cached);
	TEST(&list, test_larger_than_the_window);
	TEST(&list, test_memory_is_bounded);
	TEST(&list, test_given_up_early);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
