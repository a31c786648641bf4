/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a fuzz target on each file of a directory, each a test of its own; a crash is a failure. */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fuzz.h"

#define INPUT_MAX (16UL << 20)

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int replay(const char *directory, const char *name)
{
	_cleanup_free_ char *path = NULL, *data = NULL;
	size_t size;

	if (asprintf(&path, "%s/%s", directory, name) < 0)
		return -1;
	if (file_read(path, INPUT_MAX, &data, &size) < 0)
		return -1;
	return LLVMFuzzerTestOneInput((const uint8_t *)data, size);
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	int n_entries, n_failed = 0;

	n_entries = argc == 2 ? scandir(argv[1], &entries, is_visible, alphasort) : -1;
	if (n_entries <= 0) {
		(void)fprintf(stderr, "usage: %s DIRECTORY, with files in it\n", argv[0]);
		return EXIT_FAILURE;
	}
	(void)printf("1..%d\n", n_entries);
	(void)fflush(stdout);
	for (int i = 0; i < n_entries; i++) {
		bool is_ok = replay(argv[1], entries[i]->d_name) == 0;

		(void)printf("%sok %d - %s\n", is_ok ? "" : "not ", i + 1, entries[i]->d_name);
		(void)fflush(stdout);
		n_failed += !is_ok;
		free(entries[i]);
	}
	free(entries);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
