/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define SWAP_PAGE_SIZE 4096
#define SWAP_PAGES     16

static char scratch[64];
static pid_t scratch_owner;

void test_list_add(struct test_list *list, const char *name, CMUnitTestFunction function,
		   const void *state)
{
	assert_true(list->n_tests < TEST_LIST_MAX);
	list->tests[list->n_tests++] = (struct CMUnitTest){
		.name = name,
		.test_func = function,
		.initial_state = (void *)state,
	};
}

void test_list_add_rows(struct test_list *list, CMUnitTestFunction function, const void *rows,
			size_t n_rows, size_t row_size)
{
	for (size_t i = 0; i < n_rows; i++) {
		const char *row = (const char *)rows + i * row_size;

		test_list_add(list, *(const char *const *)(const void *)row, function, row);
	}
}

void test_list_set_fixtures(struct test_list *list, CMFixtureFunction set_up,
			    CMFixtureFunction tear_down)
{
	for (size_t i = 0; i < list->n_tests; i++) {
		list->tests[i].setup_func = set_up;
		list->tests[i].teardown_func = tear_down;
	}
}

int test_list_run(const struct test_list *list)
{
	return _cmocka_run_group_tests("tests", list->tests, list->n_tests, NULL, NULL);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *position)
{
	return remove(path);
}

void remove_tree(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0 && errno == ENOENT)
		return;
	assert_int_equal(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* Not in children that a test forked. */
static void remove_scratch(void)
{
	if (getpid() == scratch_owner)
		(void)nftw(scratch, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_directory(void)
{
	if (scratch_owner)
		return scratch;
	(void)snprintf(scratch, sizeof(scratch), "%s/kindling-test.XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(scratch));
	scratch_owner = getpid();
	assert_int_equal(atexit(remove_scratch), 0);
	return scratch;
}

const char *scratch_path(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned int n_used;
	char *path = paths[n_used++ % ARRAY_SIZE(paths)];

	(void)snprintf(path, PATH_MAX, "%s/%s", scratch_directory(), name);
	return path;
}

static int open_to_write(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
}

void write_file(const char *path, const void *data, size_t size)
{
	_cleanup_close_ int fd = open_to_write(path);

	if (fd < 0) {
		_cleanup_free_ char *directory = strdup(path);

		assert_non_null(directory);
		*strrchr(directory, '/') = '\0';
		assert_int_equal(file_make_directories(directory, 0755), 0);
		fd = open_to_write(path);
	}
	assert_true(fd >= 0);
	assert_int_equal(file_write_fd(fd, data, size), 0);
}

void write_text(const char *path, const char *text)
{
	write_file(path, text, strlen(text));
}

/* See include/linux/swap.h of the kernel: union swap_header. */
void write_swap_image(const char *path, const char *label)
{
	static const unsigned char uuid[16] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
						0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01 };
	static char image[SWAP_PAGES * SWAP_PAGE_SIZE];
	const uint32_t version = 1, last_page = SWAP_PAGES - 1;

	memset(image, 0, sizeof(image));
	memcpy(image + 1024, &version, sizeof(version));
	memcpy(image + 1028, &last_page, sizeof(last_page));
	memcpy(image + 1036, uuid, sizeof(uuid));
	memcpy(image + 1052, label, strnlen(label, 16));
	memcpy(image + SWAP_PAGE_SIZE - 10, "SWAPSPACE2", 10);
	write_file(path, image, sizeof(image));
}

void expect_sentence(const struct vec *sentences, const char *sentence)
{
	const char *found;

	vec_for_each(found, sentences) {
		if (!sentence || found_index > 0)
			fail_msg("a sentence too many: \"%s\"", found);
		assert_string_equal(found, sentence);
	}
	if (sentence && sentences->n_items == 0)
		fail_msg("nothing says that \"%s\"", sentence);
}

/* xorshift32 */
uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}
