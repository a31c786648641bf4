/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unpacks into a directory; the directory around it must stay as it was. */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fuzz.h"
#include "image/reader/image-reader.h"
#include "image/reader/unpack.h"

static char outside[] = "/tmp/fuzz-unpack-XXXXXX";

/* Also what has been unpacked without permission to read it. */
static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void remove_all(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void remove_outside(void)
{
	remove_all(outside);
}

static int is_new(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
	       strcmp(entry->d_name, "inside") != 0;
}

static void check_outside(void)
{
	struct dirent **entries;

	FUZZ_CHECK(scandir(outside, &entries, is_new, alphasort) == 0);
	free(entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_image_reader_ struct image_reader *reader = NULL;
	_cleanup_close_ int outside_fd = -1, fd = -1;
	static int is_set_up;

	if (!is_set_up) {
		FUZZ_CHECK(mkdtemp(outside));
		FUZZ_CHECK(atexit(remove_outside) == 0);
		is_set_up = 1;
	}
	/* Plain archives only: what compression adds is fuzz-image-reader's, and would fill disks.
	 */
	if (size == 0 || data[0] != '0')
		return 0;
	outside_fd = open(outside, O_PATH | O_DIRECTORY | O_CLOEXEC);
	FUZZ_CHECK(mkdirat(outside_fd, "inside", 0700) == 0);
	fd = openat(outside_fd, "inside", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (image_reader_open_memory(data, size, "the image", &reader) == 0)
		(void)unpack_image(reader, fd, "inside");
	check_outside();
	FUZZ_CHECK(faccessat(outside_fd, "inside", F_OK, AT_SYMLINK_NOFOLLOW) == 0);
	{
		char inside[sizeof(outside) + sizeof("/inside")];

		(void)snprintf(inside, sizeof(inside), "%s/inside", outside);
		remove_all(inside);
		FUZZ_CHECK(access(inside, F_OK) < 0);
	}
	return 0;
}
