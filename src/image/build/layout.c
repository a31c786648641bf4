/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The skeleton of an image. */
#include "image/build/layout.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "kindling/image-layout.h"

#define OS_RELEASE "/etc/os-release"

/* With /usr merged, as the C library and libkmod of any host are built for. */
static int add_directories(struct tree *tree)
{
	static const struct {
		const char *link, *target;
	} merged[] = {
		{ "/bin", "usr/bin" },
		{ "/lib", "usr/lib" },
		{ "/lib64", "usr/lib64" },
		{ "/sbin", "usr/sbin" },
	};
	static const char *const directories[] = {
		"/dev",        "/etc",     "/proc",    "/run",       "/sys",
		IMAGE_SYSROOT, "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/sbin",
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(directories); i++)
		r = tree_add_directory(tree, directories[i], 0755, "layout of the image");
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(merged); i++)
		r = tree_add_symlink(tree, merged[i].link, merged[i].target, "layout of the image");
	return r < 0 ? r : tree_add_directory(tree, "/tmp", 01777, "layout of the image");
}

/* The host's systemd recognises an initramfs by this file. */
static int add_release(struct tree *tree)
{
	static const char release[] = "NAME=Kindling\n"
				      "ID=kindling\n"
				      "VERSION=\"" KINDLING_VERSION "\"\n"
				      "VERSION_ID=\"" KINDLING_VERSION "\"\n"
				      "PRETTY_NAME=\"Kindling " KINDLING_VERSION " (initramfs)\"\n";
	int r;

	r = tree_add_data(tree, IMAGE_INITRD_RELEASE, 0644, release, strlen(release),
			  "says that this is an initramfs");
	if (r < 0)
		return r;
	return tree_add_symlink(tree, OS_RELEASE, str_basename(IMAGE_INITRD_RELEASE),
				"says that this is an initramfs");
}

int layout_add(struct tree *tree)
{
	int r;

	r = add_directories(tree);
	if (r >= 0)
		r = add_release(tree);
	/* Before devtmpfs is mounted: the kernel opens the first for init's standard streams. */
	if (r >= 0)
		r = tree_add_node(tree, "/dev/console", S_IFCHR | 0600, makedev(5, 1),
				  "standard streams of /init");
	if (r >= 0)
		r = tree_add_node(tree, "/dev/null", S_IFCHR | 0666, makedev(1, 3),
				  "standard streams of /init");
	if (r >= 0)
		r = tree_add_symlink(tree, IMAGE_MODPROBE, IMAGE_INIT,
				     "serves the kernel's requests for modules");
	return r < 0 && r != -ENOMEM ? log_err_errno(r, "cannot lay out the image, giving up") : r;
}
