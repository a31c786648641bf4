/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the tests share. It brings cmocka with the headers that cmocka.h wants before it.
 *
 * A table's row is a test of its own: it begins with its name, and the function that is called
 * for it finds it in *state.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "base/macro.h"
#include "base/vec.h"

#define TEST_LIST_MAX 512

struct test_list {
	struct CMUnitTest tests[TEST_LIST_MAX];
	size_t n_tests;
};

/* Adds @function as a test with its own name. */
#define TEST(list, function) test_list_add(list, #function, function, NULL)

/* Adds @function once for each row of the array @rows, whose first member is the row's name. */
#define TEST_ROWS(list, function, rows) \
	test_list_add_rows(list, function, rows, ARRAY_SIZE(rows), sizeof((rows)[0]))

void test_list_add(struct test_list *list, const char *name, CMUnitTestFunction function,
		   const void *state);
void test_list_add_rows(struct test_list *list, CMUnitTestFunction function, const void *rows,
			size_t n_rows, size_t row_size);

/* Gives all tests that were added so far these fixtures; either may be NULL. */
void test_list_set_fixtures(struct test_list *list, CMFixtureFunction set_up,
			    CMFixtureFunction tear_down);

/* Runs all; the exit status of main(). */
int test_list_run(const struct test_list *list);

/* An empty directory of this process alone, gone when the process ends; the same at each call. */
const char *scratch_directory(void);

/* The path of @name in the scratch directory, in one of a few static buffers. */
const char *scratch_path(const char *name);

/* Creates or replaces the file, and the directories above it. */
void write_file(const char *path, const void *data, size_t size);
void write_text(const char *path, const char *text);

/* Removes a file or a directory with all that is in it; a missing one is fine. */
void remove_tree(const char *path);

/* A file as mkswap(8) would leave it, for where something must be found by a probe. */
void write_swap_image(const char *path, const char *label);

/* That @sentences, char *, are exactly that one; or none at all if it is NULL. */
void expect_sentence(const struct vec *sentences, const char *sentence);

/* Numbers that are the same in each run; the state is any number but 0. */
uint32_t next_random(uint32_t *state);
