/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images here are tables of entries: what a reader would report of them, one after the other. */
#include "support.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/str.h"
#include "image/checksum.h"
#include "image/reader/contents.h"
#include "image/reader/image-path.h"
#include "image/reader/image-reader.h"

#define ENTRIES_MAX 16

struct stored {
	const char *name;
	mode_t mode;
	const char *content; /* of a file, or a link's target */
	unsigned int nlink;
	uint64_t inode;
	unsigned int segment;
	dev_t rdev;
};

/* The image that image_reader_open() gives next, and what shall go wrong. */
static struct stored image[ENTRIES_MAX];
static int next_error, read_error;

struct image_reader {
	size_t n_passed;
	size_t offset; /* in the content */
};

int image_reader_open(const char *path, struct image_reader **ret_reader)
{
	if (str_equal(path, "missing"))
		return -ENOENT;
	*ret_reader = calloc(1, sizeof(**ret_reader));
	return *ret_reader ? 0 : -ENOMEM;
}

struct image_reader *image_reader_free(struct image_reader *reader)
{
	free(reader);
	return NULL;
}

int image_reader_next(struct image_reader *reader, struct image_entry *ret_entry)
{
	const struct stored *stored = &image[reader->n_passed];

	if (!stored->name)
		return next_error;
	reader->n_passed++;
	reader->offset = 0;
	*ret_entry = (struct image_entry){
		.name = stored->name,
		.mode = stored->mode,
		.uid = 7,
		.gid = 8,
		.size = stored->content ? strlen(stored->content) : 0,
		.target = S_ISLNK(stored->mode) ? stored->content : NULL,
		.nlink = stored->nlink ? stored->nlink : 1,
		.inode = stored->inode,
		.segment = stored->segment,
		.rdev = stored->rdev,
	};
	return 1;
}

bool image_reader_is_plain(const struct image_reader *reader)
{
	return image[reader->n_passed - 1].segment == 0;
}

/* All at once, or out of a stream four bytes at a time, so that content comes in pieces. */
ssize_t image_reader_read(struct image_reader *reader, const void **ret_data)
{
	const char *content = image[reader->n_passed - 1].content;
	size_t n;

	if (read_error < 0)
		return read_error;
	if (!content)
		return 0;
	n = strlen(content) - reader->offset;
	if (!image_reader_is_plain(reader))
		n = MIN((size_t)4, n);
	*ret_data = content + reader->offset;
	reader->offset += n;
	return (ssize_t)n;
}

const char *image_reader_compression(const struct image_reader *reader)
{
	return image_reader_is_plain(reader) ? "none" : "zstd";
}

uint64_t image_reader_segment_offset(const struct image_reader *reader)
{
	return image[reader->n_passed - 1].segment * 512;
}

int image_path_normalise(const char *name, char **ret_path)
{
	if (strstr(name, ".."))
		return -EINVAL;
	*ret_path = str_equal(name, ".") ? strdup("/") : str_format("/%s", name);
	return *ret_path ? 0 : -ENOMEM;
}

static bool wants_kept(const char *path)
{
	return strstr(path, "kept");
}

static int load(const struct stored *entries, size_t n, struct contents *ret_contents)
{
	memset(image, 0, sizeof(image));
	memcpy(image, entries, n * sizeof(*entries));
	return contents_load("image", wants_kept, ret_contents);
}

#define LOAD(contents, ...)                                                        \
	do {                                                                       \
		const struct stored stored_[] = { __VA_ARGS__ };                   \
                                                                                   \
		assert_int_equal(load(stored_, ARRAY_SIZE(stored_), contents), 0); \
	} while (0)

static int reset(void **state)
{
	next_error = read_error = 0;
	return 0;
}

/* The checksum of nothing is a published value. In pieces or not, it is the same. */
static void test_entries(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };
	const struct contents_entry *entry;

	LOAD(&contents, { ".", S_IFDIR | 0755 }, { "a", S_IFDIR | 0700 },
	     { "a/file", S_IFREG | 0640, "123456789" }, { "a/empty", S_IFREG | 0600 },
	     { "a/link", S_IFLNK | 0777, "file" },
	     { "a/null", S_IFCHR | 0666, .rdev = makedev(1, 3) },
	     { "b", S_IFREG | 0644, "123456789", .segment = 1 });
	assert_int_equal(contents.entries.n_entries, 6);
	entry = contents_get(&contents, "/a/file");
	assert_non_null(entry);
	assert_string_equal(entry->path, "/a/file");
	assert_int_equal(entry->mode, S_IFREG | 0640);
	assert_int_equal(entry->uid, 7);
	assert_int_equal(entry->gid, 8);
	assert_int_equal(entry->file->size, 9);
	assert_true(entry->file->checksum == checksum_of("123456789", 9));
	assert_null(entry->file->data);
	assert_false(entry->lacks_directory);
	assert_true(contents_get(&contents, "/b")->file->checksum == entry->file->checksum);
	assert_int_equal(contents_get(&contents, "/a/empty")->file->size, 0);
	assert_true(contents_get(&contents, "/a/empty")->file->checksum == 0x2d06800538d394c2);
	assert_string_equal(contents_get(&contents, "/a/link")->target, "file");
	assert_null(contents_get(&contents, "/a/link")->file);
	assert_true(contents_get(&contents, "/a/null")->rdev == makedev(1, 3));
	assert_null(contents_get(&contents, "/c"));
	assert_int_equal(contents_total_size(&contents), 18);
}

static void test_data_is_kept_if_wanted(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };
	const struct contents_file *file;

	LOAD(&contents, { "kept", S_IFREG | 0644, "a content" },
	     { "other", S_IFREG | 0644, "a content" }, { "kept-empty", S_IFREG | 0644 });
	file = contents_get(&contents, "/kept")->file;
	assert_memory_equal(file->data, "a content", 9);
	assert_null(contents_get(&contents, "/other")->file->data);
	assert_true(contents_get(&contents, "/other")->file->checksum == file->checksum);
	assert_non_null(contents_get(&contents, "/kept-empty")->file->data);
}

static void test_later_entries_replace_earlier_ones(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };

	LOAD(&contents, { "kept", S_IFREG | 0644, "an old content" }, { "b", S_IFREG | 0644, "b" },
	     { "c", S_IFLNK | 0777, "kept" }, { "d", S_IFDIR | 0755 },
	     { "kept", S_IFREG | 0600, "new", .segment = 1 }, { "b", S_IFDIR | 0755, .segment = 1 },
	     { "c", S_IFREG | 0644, "c", .segment = 1 },
	     { "d", S_IFLNK | 0777, "b", .segment = 1 });
	assert_int_equal(contents.entries.n_entries, 4);
	assert_int_equal(contents_get(&contents, "/kept")->mode, S_IFREG | 0600);
	assert_int_equal(contents_get(&contents, "/kept")->segment, 1);
	assert_int_equal(contents_get(&contents, "/kept")->file->size, 3);
	assert_memory_equal(contents_get(&contents, "/kept")->file->data, "new", 3);
	assert_null(contents_get(&contents, "/b")->file);
	assert_null(contents_get(&contents, "/c")->target);
	assert_int_equal(contents_get(&contents, "/c")->file->size, 1);
	assert_string_equal(contents_get(&contents, "/d")->target, "b");
	/* What was replaced does not count. */
	assert_int_equal(contents_total_size(&contents), 4);
}

static void test_directory_with_content_stays(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };

	LOAD(&contents, { "a", S_IFDIR | 0755 }, { "a/file", S_IFREG | 0644, "x" },
	     { "a", S_IFLNK | 0777, "elsewhere" }, { "b", S_IFDIR | 0755 },
	     { "b/file", S_IFREG | 0644, "x" }, { "b", S_IFDIR | 0700 });
	assert_int_equal(contents_get(&contents, "/a")->mode, S_IFDIR | 0755);
	assert_int_equal(contents_get(&contents, "/a")->n_entries, 1);
	assert_non_null(contents_get(&contents, "/a/file"));
	assert_int_equal(contents_get(&contents, "/b")->mode, S_IFDIR | 0700);
	assert_non_null(contents_get(&contents, "/b/file"));
}

/* The kernel has dropped what came before its directory, so the directory is empty. */
static void test_directory_whose_content_came_too_early(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };

	LOAD(&contents, { "a/file", S_IFREG | 0644, "x" }, { "a", S_IFDIR | 0755 },
	     { "a", S_IFLNK | 0777, "elsewhere" });
	assert_string_equal(contents_get(&contents, "/a")->target, "elsewhere");
}

static void test_links_above_an_entry_are_followed(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };

	LOAD(&contents, { "usr", S_IFDIR | 0755 }, { "usr/lib", S_IFDIR | 0755 },
	     { "lib", S_IFLNK | 0777, "usr/lib" }, { "lib/a", S_IFREG | 0644, "x" },
	     { "loop", S_IFLNK | 0777, "loop" }, { "loop/b", S_IFREG | 0644, "y" });
	assert_string_equal(contents_get(&contents, "/lib/a")->path, "/usr/lib/a");
	assert_ptr_equal(contents_get(&contents, "/lib/a"), contents_get(&contents, "/usr/lib/a"));
	assert_string_equal(contents_get(&contents, "/lib")->path, "/lib");
	assert_string_equal(contents_lookup(&contents, "/lib")->path, "/usr/lib");
	assert_null(contents_lookup(&contents, "/loop"));
	assert_int_equal(contents.entries.n_entries, 5);
}

static void test_lookup_follows_links(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };

	LOAD(&contents, { "usr", S_IFDIR | 0755 }, { "usr/file", S_IFREG | 0644, "x" },
	     { "usr/abs", S_IFLNK | 0777, "/usr/file" }, { "usr/rel", S_IFLNK | 0777, "file" },
	     { "abs", S_IFLNK | 0777, "/usr/file" }, { "chain", S_IFLNK | 0777, "./abs" },
	     { "usr/up", S_IFLNK | 0777, "../../../chain" },
	     { "dangling", S_IFLNK | 0777, "nowhere" }, { "root", S_IFLNK | 0777, "/" });
	assert_string_equal(contents_lookup(&contents, "/usr/abs")->path, "/usr/file");
	assert_string_equal(contents_lookup(&contents, "/usr/rel")->path, "/usr/file");
	assert_string_equal(contents_lookup(&contents, "/abs")->path, "/usr/file");
	assert_string_equal(contents_lookup(&contents, "/chain")->path, "/usr/file");
	assert_string_equal(contents_lookup(&contents, "/usr/up")->path, "/usr/file");
	assert_string_equal(contents_lookup(&contents, "/root/usr/../usr//file")->path,
			    "/usr/file");
	assert_null(contents_lookup(&contents, "/dangling"));
	assert_null(contents_lookup(&contents, "usr/file"));
	assert_null(contents_lookup(&contents, "/"));
}

static void test_entry_without_directory(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };

	LOAD(&contents, { "a/b", S_IFREG | 0644, "x" }, { "a", S_IFDIR | 0755 },
	     { "a/c", S_IFREG | 0644, "x" }, { "d/e", S_IFDIR | 0755 },
	     { "d/e/f", S_IFREG | 0644, "x" }, { "a/c/g", S_IFREG | 0644, "x" });
	assert_true(contents_get(&contents, "/a/b")->lacks_directory);
	assert_false(contents_get(&contents, "/a")->lacks_directory);
	assert_false(contents_get(&contents, "/a/c")->lacks_directory);
	assert_true(contents_get(&contents, "/d/e/f")->lacks_directory);
	assert_true(contents_get(&contents, "/a/c/g")->lacks_directory);
}

/* As GNU cpio stores them: the last name has the content. */
static void test_hard_links(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };
	const struct contents_entry *a, *b, *c;

	LOAD(&contents, { "a", S_IFREG | 0644, NULL, 3, 5 }, { "b", S_IFREG | 0644, NULL, 3, 5 },
	     { "kept", S_IFREG | 0644, "content", 3, 5 },
	     /* The same number in another archive is another file. */
	     { "d", S_IFREG | 0644, "d", 2, 5, .segment = 1 });
	a = contents_get(&contents, "/a");
	b = contents_get(&contents, "/b");
	c = contents_get(&contents, "/kept");
	assert_ptr_equal(a->file, b->file);
	assert_ptr_equal(a->file, c->file);
	assert_memory_equal(a->file->data, "content", 7);
	assert_ptr_equal(a->file->owner, a);
	assert_int_equal(a->file->n_names, 3);
	assert_ptr_not_equal(contents_get(&contents, "/d")->file, a->file);
	assert_int_equal(contents_total_size(&contents), 8);
}

/* As a reader of other formats may report them: the first name has the content. */
static void test_hard_links_first_has_content(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };

	LOAD(&contents, { "a", S_IFREG | 0644, "content", 2, 5 },
	     { "b", S_IFREG | 0644, NULL, 2, 5 });
	assert_int_equal(contents_get(&contents, "/b")->file->size, 7);
}

/* busybox is called "[", too. */
static void test_owner_has_a_telling_name(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };
	const struct contents_file *file;

	LOAD(&contents, { "bin", S_IFDIR | 0755 }, { "bin/[", S_IFREG | 0755, NULL, 3, 5 },
	     { "bin/ash", S_IFREG | 0755, NULL, 3, 5 },
	     { "bin/busybox", S_IFREG | 0755, "content", 3, 5 },
	     { "bin/_", S_IFREG | 0755, "content", 2, 6 });
	file = contents_get(&contents, "/bin/[")->file;
	assert_string_equal(file->owner->path, "/bin/ash");
	assert_string_equal(contents_get(&contents, "/bin/_")->file->owner->path, "/bin/_");
	assert_int_equal(contents_total_size(&contents), 14);
}

/* The kernel opens the file that is there and truncates it, whatever other names it has. */
static void test_replaced_file_keeps_its_names(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };

	LOAD(&contents, { "a", S_IFREG | 0644, NULL, 2, 5 },
	     { "b", S_IFREG | 0644, "content", 2, 5 },
	     { "b", S_IFREG | 0644, "new", .segment = 1 });
	assert_int_equal(contents_get(&contents, "/a")->file->size, 3);
}

static void test_file_outlives_its_first_name(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };
	const struct contents_entry *b;

	LOAD(&contents, { "a", S_IFREG | 0644, NULL, 2, 5 },
	     { "b", S_IFREG | 0644, "content", 2, 5 }, { "a", S_IFLNK | 0777, "b" });
	b = contents_get(&contents, "/b");
	assert_int_equal(b->file->size, 7);
	assert_ptr_equal(b->file->owner, b);
	assert_int_equal(contents_total_size(&contents), 7);
}

static void test_segments(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };
	const struct contents_segment *segment;

	LOAD(&contents, { "a", S_IFREG | 0644, "123" }, { "b", S_IFDIR | 0755, .segment = 2 },
	     { "c", S_IFREG | 0644, "1234", .segment = 2 });
	assert_int_equal(contents.segments.n_items, 3);
	segment = contents.segments.items[0];
	assert_string_equal(segment->compression, "none");
	assert_int_equal(segment->n_entries, 1);
	assert_int_equal(segment->size, 3);
	segment = contents.segments.items[1];
	assert_int_equal(segment->n_entries, 0);
	segment = contents.segments.items[2];
	assert_string_equal(segment->compression, "zstd");
	assert_int_equal(segment->n_entries, 2);
	assert_int_equal(segment->size, 4);
	assert_int_equal(segment->offset, 1024);
}

static void test_sort(void **state)
{
	static const char *const sorted[] = { "/a", "/a-b", "/a/c", "/b" };
	_cleanup_contents_ struct contents contents = { 0 };
	const struct contents_entry *entry;
	struct vec entries;

	LOAD(&contents, { "b", S_IFDIR | 0755 }, { "a", S_IFDIR | 0755 }, { "a/c", S_IFDIR | 0755 },
	     { "a-b", S_IFDIR | 0755 });
	assert_int_equal(contents_sort(&contents, &entries), 0);
	assert_int_equal(entries.n_items, ARRAY_SIZE(sorted));
	vec_for_each(entry, &entries)
		assert_string_equal(entry->path, sorted[entry_index]);
	vec_done(&entries, NULL);
}

static void test_kernels(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };
	struct vec kvers;

	LOAD(&contents, { "usr", S_IFDIR | 0755 }, { "usr/lib", S_IFDIR | 0755 },
	     { "lib", S_IFLNK | 0777, "usr/lib" }, { "lib/modules", S_IFDIR | 0755 },
	     { "lib/modules/6.2", S_IFDIR | 0755 }, { "lib/modules/6.1", S_IFDIR | 0755 },
	     { "lib/modules/6.1/kernel", S_IFDIR | 0755 },
	     { "lib/modules/README", S_IFREG | 0644 });
	assert_int_equal(contents_list_kernels(&contents, &kvers), 0);
	assert_int_equal(kvers.n_items, 2);
	assert_string_equal(kvers.items[0], "6.1");
	assert_string_equal(kvers.items[1], "6.2");
	vec_done(&kvers, free);
}

static void test_errors(void **state)
{
	const struct stored outside[] = { { "a/../../b", S_IFREG | 0644, "x" } };
	const struct stored file[] = { { "a", S_IFREG | 0644, "x" } };
	struct contents contents;

	assert_int_equal(contents_load("missing", NULL, &contents), -ENOENT);
	assert_int_equal(load(outside, 1, &contents), -EBADMSG);
	next_error = -EBADMSG;
	assert_int_equal(load(file, 1, &contents), -EBADMSG);
	next_error = 0;
	read_error = -EIO;
	assert_int_equal(load(file, 1, &contents), -EIO);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_entries);
	TEST(&list, test_data_is_kept_if_wanted);
	TEST(&list, test_later_entries_replace_earlier_ones);
	TEST(&list, test_directory_with_content_stays);
	TEST(&list, test_directory_whose_content_came_too_early);
	TEST(&list, test_links_above_an_entry_are_followed);
	TEST(&list, test_lookup_follows_links);
	TEST(&list, test_entry_without_directory);
	TEST(&list, test_hard_links);
	TEST(&list, test_hard_links_first_has_content);
	TEST(&list, test_owner_has_a_telling_name);
	TEST(&list, test_replaced_file_keeps_its_names);
	TEST(&list, test_file_outlives_its_first_name);
	TEST(&list, test_segments);
	TEST(&list, test_sort);
	TEST(&list, test_kernels);
	TEST(&list, test_errors);
	test_list_set_fixtures(&list, reset, NULL);
	return test_list_run(&list);
}
