/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of the command line that an image cannot serve. */
#include "base/cleanup.h"
#include "base/str.h"
#include "fake-image.h"
#include "fake-machine.h"
#include "image/verify/verify.h"
#include "kindling/image-layout.h"
#include "support.h"

#define NO_SHELL                                                                             \
	"rd.break= of the command line asks for a shell, and the image has none: boot does " \
	"not stop"
#define STAYS ", which the command line asks for: the image's own one, or else the kernel's, stays"
#define NO_INIT                                                                                 \
	"init=/absent of the command line is not there on this machine's root: it is mounted, " \
	"and then boot cannot go on"

static const struct row {
	const char *name, *cmdline;
	const char *warning;
	const char *file; /* that the image has besides */
	bool is_of_another_tool;
} rows[] = {
	{ "nothing", "quiet" },
	{ "breakpoint", "rd.break", NO_SHELL },
	{ "Debian's breakpoint", "break=mount", NO_SHELL },
	{ "breakpoint that is switched off", "rd.break=0" },
	{ "breakpoint, with a shell", "rd.break=mounted", .file = IMAGE_SHELL },
	{ "breakpoint, and the shell is forbidden", "rd.break rd.shell=0",
	  "rd.break= of the command line asks for a shell, and rd.shell=0 forbids it: boot does "
	  "not "
	  "stop",
	  .file = IMAGE_SHELL },
	{ "breakpoint of another tool", "rd.break", .is_of_another_tool = true },

	{ "keymap", "rd.vconsole.keymap=de", "the image has no keymap de" STAYS },
	{ "another keymap", "vconsole.keymap=de", "the image has no keymap de" STAYS,
	  .file = IMAGE_KEYMAPS "/fr" IMAGE_KEYMAP_SUFFIX },
	{ "keymap that is there", "rd.vconsole.keymap=de",
	  .file = IMAGE_KEYMAPS "/de" IMAGE_KEYMAP_SUFFIX },
	{ "no name of a keymap", "rd.vconsole.keymap=../keymaps/de",
	  "the image has no keymap ../keymaps/de" STAYS,
	  .file = IMAGE_KEYMAPS "/de" IMAGE_KEYMAP_SUFFIX },
	{ "font", "rd.vconsole.font=ter", "the image has no font ter" STAYS },
	{ "font that is there", "rd.vconsole.font=ter",
	  .file = IMAGE_FONTS "/ter" IMAGE_FONT_SUFFIX },

	{ "init", "init=/sbin/other" },
	{ "absent init", "init=/absent", NO_INIT },
	{ "absent init, and another tool's image", "init=/absent", NO_INIT,
	  .is_of_another_tool = true },
	{ "absent init, and another root", "init=/absent root=/dev/sdb" },
	{ "absent init, and another subvolume", "init=/absent rootflags=subvol=a" },
};

static void write_row(const struct row *row)
{
	_cleanup_free_ char *cmdline = str_format("root=/dev/sda %s", row->cmdline);

	assert_non_null(cmdline);
	fake_machine_new();
	fake_machine_block("pci0000:00/block/sda", "8:0");
	fake_machine_block("pci0000:00/block/sdb", "8:16");
	fake_machine_text("proc/self/mountinfo", FAKE_ROOT_MOUNT("8:0", "ext4", "/dev/sda"));
	fake_machine_text("proc/cmdline", cmdline);
	fake_machine_text("sbin/other", "");
	fake_image_new();
	write_text(fake_image_path("/init"), "");
	if (!row->is_of_another_tool)
		write_text(fake_image_path(IMAGE_UNLOCK), "by which Kindling's images are known");
	if (row->file)
		write_text(fake_image_path(row->file), "");
}

static void test_words(void **state)
{
	const struct row *row = *state;
	const struct host host = { .has_sysfs = true };
	struct verification verification = { .host = &host };

	write_row(row);
	fake_image_verify_configuration(&verification);
	expect_sentence(&verification.warnings, row->warning);
	expect_sentence(&verification.complaints, NULL);
	verification_done(&verification);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_words, rows);
	return test_list_run(&list);
}
