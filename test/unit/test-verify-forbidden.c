/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drivers that an image has, and that somebody forbids all the same. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "fake-image.h"
#include "fake-machine.h"
#include "image/verify/verify.h"
#include "support.h"

#define WHY     "the disk needs it"
#define FORBIDS " forbids the module virtio_blk, without which the root cannot be reached: " WHY
#define OF_LINE " of the command line"
#define IN_FILE "\"blacklist virtio_blk\" in the image's "
#define A_CONF  "/etc/modprobe.d/a.conf"
#define A_CONF_LINE                              \
	{                                        \
		A_CONF, "blacklist virtio-blk\n" \
	}

struct file {
	const char *path, *text;
};

static const struct row {
	const char *name;
	const char *cmdline;
	struct file files[2]; /* of the image */
	const char *complaint;
	const char *other; /* a module that would do as well */
} rows[] = {
	{ "nobody", "quiet" },
	{ "dracut's word", "rd.driver.blacklist=virtio_blk",
	  .complaint = "rd.driver.blacklist=virtio_blk" OF_LINE FORBIDS },
	{ "libkmod's word, with a dash", "modprobe.blacklist=virtio-blk",
	  .complaint = "modprobe.blacklist=virtio-blk" OF_LINE FORBIDS },
	{ "the kernel's word, in a list", "module_blacklist=nouveau,virtio_blk,b",
	  .complaint = "module_blacklist=virtio_blk" OF_LINE FORBIDS },
	{ "words add up", "modprobe.blacklist=a,b rd.driver.blacklist=c blacklist=virtio_blk",
	  .complaint = "blacklist=virtio_blk" OF_LINE FORBIDS },
	{ "others are forbidden", "modprobe.blacklist=nouveau,virtio module_blacklist=blk" },
	{ "no name of a module", "modprobe.blacklist=a/b" },
	{ "what it depends on", "modprobe.blacklist=virtio_ring" },
	{ "what it depends on, by the kernel", "module_blacklist=virtio_ring",
	  .complaint = "module_blacklist=virtio_ring of the command line forbids the module "
		       "virtio_ring, without which the root cannot be reached: " WHY },
	{ "another module would do", "modprobe.blacklist=virtio_blk", .other = "other_blk" },
	{ "both are forbidden", "modprobe.blacklist=virtio_blk,other_blk",
	  .complaint = "modprobe.blacklist=virtio_blk" OF_LINE FORBIDS, .other = "other_blk" },
	{ "wanted by its name", "modprobe.blacklist=virtio_blk rd.modules_load=virtio-blk" },
	{ "wanted first", "modprobe.blacklist=virtio_blk rd.driver.pre=virtio_blk" },
	{ "wanted, and the kernel refuses",
	  "module_blacklist=virtio_blk rd.modules_load=virtio_blk",
	  .complaint = "module_blacklist=virtio_blk" OF_LINE FORBIDS },
	{ "wanted, and two forbid it",
	  "modprobe.blacklist=virtio_blk module_blacklist=virtio_blk rd.modules_load=virtio_blk",
	  .complaint = "module_blacklist=virtio_blk" OF_LINE FORBIDS },

	{ "a line", "quiet", { A_CONF_LINE }, IN_FILE A_CONF FORBIDS },
	{ "a line below /usr",
	  "quiet",
	  { { "/usr/lib/modprobe.d/x.conf", "# x\n\nblacklist virtio_blk # why\n" } },
	  IN_FILE "/usr/lib/modprobe.d/x.conf" FORBIDS },
	{ "a command in its place",
	  "rd.modules_load=virtio_blk",
	  { { A_CONF, "install virtio_blk /bin/false\n" } },
	  "\"install virtio_blk\" in the image's " A_CONF FORBIDS },
	{ "other lines", "quiet", { { A_CONF, "options virtio_blk a=1\nblacklist x\nwonder\n" } } },
	{ "no file of modprobe.d",
	  "quiet",
	  { { "/etc/modprobe.d/a", "blacklist virtio_blk\n" },
	    { "/etc/modprobe.d/b/c.conf", "blacklist virtio_blk\n" } } },
	{ "hidden by another file",
	  "quiet",
	  { { "/usr/lib/modprobe.d/a.conf", "blacklist virtio_blk\n" }, { A_CONF, "\n" } } },
	{ "a line, and wanted by a list",
	  "quiet",
	  { A_CONF_LINE, { "/etc/modules-load.d/x.conf", "# x\nvirtio_blk a=1\n" } } },
	{ "a line, and wanted by Debian's list",
	  "quiet",
	  { A_CONF_LINE, { "/conf/modules", "virtio_blk\n" } } },
	{ "a line, and a file that is no list",
	  "quiet",
	  { A_CONF_LINE, { "/etc/modules-load.d/x", "virtio_blk\n" } },
	  IN_FILE A_CONF FORBIDS },
};

static void add_name(struct vec *names, const char *name)
{
	assert_int_equal(vec_push_copy(names, name), 0);
}

/* virtio_blk, once by its name and once by an alias. */
static void add_drivers(struct verification *verification, const char *other)
{
	for (int i = 0; i < 2; i++) {
		struct verification_driver *driver = calloc(1, sizeof(*driver));

		assert_non_null(driver);
		assert_int_equal(vec_push(&verification->drivers, driver), 0);
		driver->why = strdup(WHY);
		if (other)
			add_name(&driver->modules, other);
		add_name(&driver->modules, "virtio_blk");
		add_name(&driver->needs, "virtio_blk");
		add_name(&driver->needs, "virtio_ring");
	}
}

static void write_row(const struct row *row)
{
	_cleanup_free_ char *cmdline = str_format("root=/dev/sda %s", row->cmdline);

	assert_non_null(cmdline);
	fake_machine_new();
	fake_machine_block("pci0000:00/block/sda", "8:0");
	fake_machine_text("proc/cmdline", cmdline);
	fake_image_new();
	for (size_t i = 0; i < ARRAY_SIZE(row->files) && row->files[i].path; i++)
		write_text(fake_image_path(row->files[i].path), row->files[i].text);
}

static void test_forbidden(void **state)
{
	const struct row *row = *state;
	const struct host host = { .has_sysfs = true };
	struct verification verification = { .host = &host };

	write_row(row);
	add_drivers(&verification, row->other);
	fake_image_verify_configuration(&verification);
	expect_sentence(&verification.complaints, row->complaint);
	expect_sentence(&verification.doubts, NULL);
	verification_done(&verification);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_forbidden, rows);
	return test_list_run(&list);
}
