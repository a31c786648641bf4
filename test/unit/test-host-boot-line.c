/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which words a made-up machine will be started with, and what they are called. */
#include "image/host/host-boot-line.h"

#include "base/str.h"
#include "fake-machine.h"
#include "support.h"

#define ROOT_OF(number, root) "25 1 " number " " root " / rw shared:1 - btrfs /dev/sda1 rw\n"
#define MOUNT_AT(path)        "40 25 8:1 / " path " rw shared:1 - ext4 /dev/sda1 rw\n"
#define NO_OTHER                                                            \
	"as there is no /etc/kernel/cmdline, and /proc/cmdline is that of " \
	"another system, which runs outside of this root"

static const struct row {
	const char *name;
	const char *etc, *usr, *proc;         /* of files with a command line, or NULL */
	const char *own_mounts, *init_mounts; /* those of PID 1, or NULL */
	const char *text, *noun, *reason;
} rows[] = {
	{ "that of this boot", .proc = "root=/dev/sda\n", .text = "root=/dev/sda\n",
	  .noun = "the command line" },
	{ "that for the next boot", "a", "b", "c", .text = "a\n",
	  .noun = "the command line in /etc/kernel/cmdline" },
	{ "in several lines", "a\n# root=/dev/sdz\n\nb", .text = "a\nb\n",
	  .noun = "the command line in /etc/kernel/cmdline" },
	{ "the distribution's", NULL, "b", "c", .text = "b\n",
	  .noun = "the command line in /usr/lib/kernel/cmdline" },
	{ "none", .noun = "the command line", .reason = "as there is no /proc/cmdline" },

	{ "the root is init's", .proc = "c", .own_mounts = ROOT_OF("0:30", "/@"),
	  .init_mounts = ROOT_OF("0:30", "/@") MOUNT_AT("/boot"), .text = "c\n",
	  .noun = "the command line" },
	{ "chroot on another disk", .proc = "c", .own_mounts = ROOT_OF("8:1", "/"),
	  .init_mounts = ROOT_OF("0:30", "/"), .noun = "the command line", .reason = NO_OTHER },
	{ "chroot in another subvolume", .proc = "c", .own_mounts = ROOT_OF("0:30", "/@new"),
	  .init_mounts = ROOT_OF("0:30", "/@"), .noun = "the command line", .reason = NO_OTHER },
	{ "chroot in a directory", .proc = "c", .own_mounts = MOUNT_AT("/proc"),
	  .init_mounts = ROOT_OF("0:30", "/"), .noun = "the command line", .reason = NO_OTHER },
	{ "chroot that has its own", "a", NULL, "c", ROOT_OF("8:1", "/"), ROOT_OF("0:30", "/"),
	  .text = "a\n", .noun = "the command line in /etc/kernel/cmdline" },
	{ "who knows", .proc = "c", .init_mounts = ROOT_OF("0:30", "/"), .text = "c\n",
	  .noun = "the command line" },
	{ "mounts of init that nobody may see", .proc = "c", .own_mounts = ROOT_OF("8:1", "/"),
	  .init_mounts = "", .text = "c\n", .noun = "the command line" },
};

static void write_if(const char *path, const char *text)
{
	if (text)
		fake_machine_text(path, text);
}

static void expect_text(const char *string, const char *expected)
{
	if (expected)
		assert_string_equal(string ? string : "nothing", expected);
	else
		assert_null(string);
}

static void test_line(void **state)
{
	const struct row *row = *state;
	_cleanup_host_boot_line_ struct host_boot_line line = { 0 };
	_cleanup_host_ struct host host = { 0 };
	struct sysroot sysroot = SYSROOT_NONE;
	struct host_reader reader;

	fake_machine_new();
	write_if("etc/kernel/cmdline", row->etc);
	write_if("usr/lib/kernel/cmdline", row->usr);
	write_if("proc/cmdline", row->proc);
	write_if("proc/self/mountinfo", row->own_mounts);
	write_if("proc/1/mountinfo", row->init_mounts);
	assert_int_equal(sysroot_open(fake_machine_root(), &sysroot), 0);
	host_reader_open(&sysroot, &host, &reader);
	assert_int_equal(host_boot_line_read(&reader, &line), 0);
	expect_text(line.text, row->text);
	expect_text(line.noun, row->noun);
	expect_text(line.reason, row->reason);
	host_reader_close(&reader);
	sysroot_close(&sysroot);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_line, rows);
	return test_list_run(&list);
}
