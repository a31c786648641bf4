/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "image/build/default-image.h"

#define KVER       "6.1.0-9-amd64"
#define MACHINE_ID "0123456789abcdef0123456789abcdef"

struct file {
	const char *path, *text;
};

static const struct row {
	const char *name;
	const char *expected; /* below the sysroot */
	struct file files[4];
} rows[] = {
	{ "nothing known", "/boot/initrd.img-" KVER },
	{ "Debian", "/boot/initrd.img-" KVER, { { "etc/os-release", "ID=debian\n" } } },
	{ "Ubuntu's child",
	  "/boot/initrd.img-" KVER,
	  { { "etc/os-release", "NAME=Mint\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n" } } },
	{ "Arch",
	  "/boot/initramfs-linux-lts.img",
	  { { "etc/os-release", "ID=arch\n" },
	    { "usr/lib/modules/" KVER "/pkgbase", "linux-lts\n" } } },
	{ "Arch, the user's own kernel",
	  "/boot/initramfs-" KVER ".img",
	  { { "etc/os-release", "ID=arch\n" }, { "boot/initramfs-linux.img", "x" } } },
	{ "Fedora",
	  "/boot/initramfs-" KVER ".img",
	  { { "etc/os-release", "NAME=\"Fedora Linux\"\nVERSION_ID=40\nID=fedora\n" } } },
	{ "Rocky",
	  "/boot/initramfs-" KVER ".img",
	  { { "etc/os-release", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n" } } },
	{ "Gentoo", "/boot/initramfs-" KVER ".img", { { "etc/os-release", "ID='gentoo'" } } },
	{ "openSUSE",
	  "/boot/initrd-" KVER,
	  { { "etc/os-release", "ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n" } } },
	{ "ID counts before ID_LIKE",
	  "/boot/initrd-" KVER,
	  { { "etc/os-release", "ID_LIKE=debian\nID=suse\n" } } },
	{ "vendor's os-release", "/boot/initrd-" KVER, { { "usr/lib/os-release", "ID=suse\n" } } },
	{ "existing name wins",
	  "/boot/initramfs-" KVER ".img",
	  { { "etc/os-release", "ID=debian\n" }, { "boot/initramfs-" KVER ".img", "x" } } },
	{ "existing entry of kernel-install",
	  "/efi/" MACHINE_ID "/" KVER "/initrd",
	  { { "etc/os-release", "ID=fedora\n" },
	    { "etc/machine-id", MACHINE_ID "\n" },
	    { "efi/" MACHINE_ID "/" KVER "/initrd", "x" } } },
	{ "directory is no image",
	  "/boot/initrd.img-" KVER,
	  { { "etc/os-release", "ID=debian\n" }, { "boot/initrd-" KVER "/x", "x" } } },
	{ "image of another kernel",
	  "/boot/initrd.img-" KVER,
	  { { "boot/initramfs-5.10.img", "x" } } },
	{ "package name that leads elsewhere",
	  "/boot/initramfs-" KVER ".img",
	  { { "etc/os-release", "ID=arch\n" },
	    { "usr/lib/modules/" KVER "/pkgbase", "../../etc/passwd\n" } } },
};

static void test_name(void **state)
{
	const struct row *row = *state;
	_cleanup_(sysroot_close) struct sysroot sysroot = SYSROOT_NONE;
	_cleanup_free_ char *path = NULL, *expected = NULL, *root = NULL;

	root = strdup(scratch_path("root"));
	assert_non_null(root);
	remove_tree(root);
	assert_int_equal(file_make_directories(root, 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(row->files) && row->files[i].path; i++) {
		_cleanup_free_ char *file = str_format("%s/%s", root, row->files[i].path);

		assert_non_null(file);
		write_text(file, row->files[i].text);
	}
	assert_int_equal(sysroot_open(root, &sysroot), 0);
	assert_int_equal(default_image_name(&sysroot, KVER, &path), 0);
	expected = str_format("%s%s", sysroot.path, row->expected);
	assert_string_equal(path, expected);
}

/* As on a merged Fedora Silverblue or where /boot is a mount elsewhere. */
static void test_boot_is_a_link(void **state)
{
	_cleanup_(sysroot_close) struct sysroot sysroot = SYSROOT_NONE;
	_cleanup_free_ char *path = NULL, *expected = NULL, *root = NULL;

	root = strdup(scratch_path("linked"));
	assert_non_null(root);
	write_text(scratch_path("linked/disk/initrd-" KVER), "x");
	assert_int_equal(symlink("/disk", scratch_path("linked/boot")), 0);
	assert_int_equal(sysroot_open(root, &sysroot), 0);
	assert_int_equal(default_image_name(&sysroot, KVER, &path), 0);
	expected = str_format("%s/disk/initrd-" KVER, sysroot.path);
	assert_string_equal(path, expected);
}

static void test_find_nothing(void **state)
{
	char *path;

	assert_int_equal(default_image_find("0.0.0-no-such-kernel/../x", &path), -ENOENT);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_name, rows);
	TEST(&list, test_boot_is_a_link);
	TEST(&list, test_find_nothing);
	return test_list_run(&list);
}
