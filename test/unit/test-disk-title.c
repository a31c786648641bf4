/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person is told that a disk is, whatever it says of itself. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "init/blockdev.h"
#include "init/disk-title.h"
#include "support.h"

#define DISK "devices/pci0000:00/nvme0"

struct row {
	const char *name;
	const char *dm_name, *partlabel;
	const char *attribute, *value; /* of the disk */
	const char *title;
};

static const struct row rows[] = {
	{ "a model", NULL, "", "model", "Samsung SSD 980 PRO 1TB   \n", "Samsung SSD 980 PRO 1TB" },
	{ "a model, and a partition's name", NULL, "primary", "model", "QEMU HARDDISK",
	  "QEMU HARDDISK" },
	{ "a partition's name", NULL, "Linux root (x86-64)", "size", "8", "Linux root (x86-64)" },
	{ "beyond ASCII", NULL,
	  "Gr\xc3\xb6\xc3\x9f"
	  "e",
	  "size", "8",
	  "Gr\xc3\xb6\xc3\x9f"
	  "e" },
	{ "a mapping", "vg-root", "x", "model", "y", "vg-root" },
	{ "nothing", NULL, "", "size", "8", "/dev/nvme0n1" },
	{ "an empty model", NULL, "", "model", "  \n", "/dev/nvme0n1" },
	{ "a model that clears the screen", NULL, "named", "model", "\033[2Jyours", "named" },
	{ "C1 control characters", NULL,
	  "\xc2\x9b"
	  "2J",
	  "size", "8", "/dev/nvme0n1" },
	{ "a second line", NULL, "a\nPlease enter passphrase for disk b:", "size", "8",
	  "/dev/nvme0n1" },
	{ "no UTF-8", NULL, "a\xff", "size", "8", "/dev/nvme0n1" },
	{ "too long to be true", NULL,
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "size",
	  "8", "/dev/nvme0n1" },
};

static void make_disk(const struct row *row)
{
	char path[PATH_MAX];

	write_text(scratch_path(DISK "/uevent"), "");
	(void)snprintf(path, sizeof(path), DISK "/%s", row->attribute);
	write_text(scratch_path(path), row->value);
	write_text(scratch_path(DISK "/nvme0n1/uevent"), "");
	assert_int_equal(file_make_directories(scratch_path("class/block"), 0755), 0);
	assert_int_equal(symlink("../../" DISK "/nvme0n1", scratch_path("class/block/nvme0n1")), 0);
}

static void is_known_as(void **state)
{
	const struct row *row = *state;
	const struct blockdev device = {
		.node = (char *)"/dev/nvme0n1",
		.dm_name = (char *)row->dm_name,
		.partlabel = row->partlabel,
	};
	_cleanup_free_ char *title = NULL;

	make_disk(row);
	title = disk_title(scratch_directory(), &device);
	assert_string_equal(title, row->title);
	remove_tree(scratch_path("devices"));
	remove_tree(scratch_path("class"));
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, is_known_as, rows);
	return test_list_run(&list);
}
