/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a made-up machine has the devices that an image's files and the command line name. */
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "fake-image.h"
#include "fake-machine.h"
#include "image/verify/verify.h"
#include "kindling/image-layout.h"
#include "support.h"

#define SDA             "pci0000:00/block/sda"
#define CRYPTTAB(n)     "line " n " of the image's " IMAGE_CRYPTTAB ", for x, names "
#define IN_IMAGE(n)     "in the image, line " n " of crypttab"
#define ROOT            "root= of the command line names the device "
#define LUKS            "for a volume, the command line names the device "
#define UUID            "2a1b7c1c-912f-4429-8887-58eb88cefd29"
#define ABSENT          "c156b2c0-d516-48d7-805b-a78bac83d818"
#define IS_ABSENT       ", which this machine does not have"
#define IS_UNKNOWN      "; whether this machine has it cannot be told, as udev has left no such names"
#define A_CRYPTTAB_LINE CRYPTTAB("1") "the device "

#define WAITS                                                                               \
	": each start waits for it in vain, up to half a minute, and then goes on without " \
	"resuming"

/* Who tells the names of file systems and partitions. */
enum names {
	LINKS,    /* below /dev */
	DATABASE, /* udev's */
	UUIDS,    /* links for these only, as mdev makes them */
	NOBODY,   /* as in a container */
};

struct row {
	const char *name;
	const char *crypttab;
	const char *image_cmdline, *cmdline; /* from the image, and of the machine */
	const char *complaint, *doubt, *warning;
	enum names names;
};

static const struct row rows[] = {
	{ "nothing" },
	{ "empty", "", "", "" },
	{ "no volumes", "# x\n\n \t\n  # /dev/sdz\n" },
	{ "no device", "x\n",
	  .warning = IN_IMAGE("1") " names no device for x, ignoring the line" },
	{ "no device in a later line", "#\n\nx \t\n",
	  .warning = IN_IMAGE("3") " names no device for x, ignoring the line" },
	{ "unknown option", "x /dev/sda1 - wonder",
	  .warning = IN_IMAGE("1") ": the option wonder is not known here, ignoring it" },
	{ "kernel's name", "x /dev/sda1 - luks" },
	{ "absent kernel's name", "x /dev/sdz - luks",
	  .complaint = A_CRYPTTAB_LINE "/dev/sdz" IS_ABSENT },
	{ "absent in a later line", "w /dev/sda\n \tx\t/dev/sdz\tnone\n",
	  .complaint = CRYPTTAB("2") "the device /dev/sdz" IS_ABSENT },
	{ "absent without an end of line", "x /dev/sdz",
	  .complaint = A_CRYPTTAB_LINE "/dev/sdz" IS_ABSENT },
	{ "a file", "x /var/volume - luks",
	  .warning = IN_IMAGE(
		  "1") ": /var/volume is not a device that can be looked for, ignoring the "
		       "line" },
	{ "UUID", "x UUID=12-ab" },
	{ "UUID in capitals", "x UUID=12-AB" },
	{ "absent UUID", "x UUID=13", .complaint = A_CRYPTTAB_LINE "UUID=13" IS_ABSENT },
	{ "label", "x LABEL=root" },
	{ "absent label", "x LABEL=boot", .complaint = A_CRYPTTAB_LINE "LABEL=boot" IS_ABSENT },
	{ "link by UUID", "x /dev/disk/by-uuid/12-ab" },
	{ "absent link by UUID", "x /dev/disk/by-uuid/13",
	  .complaint = A_CRYPTTAB_LINE "/dev/disk/by-uuid/13" IS_ABSENT },
	{ "link by id", "x /dev/disk/by-id/ata-X" },
	{ "absent link by id", "x /dev/disk/by-id/ata-Y",
	  .complaint = A_CRYPTTAB_LINE "/dev/disk/by-id/ata-Y" IS_ABSENT },
	{ "UUID by database", "x UUID=12-ab", .names = DATABASE },
	{ "link by id by database", "x /dev/disk/by-id/ata-X", .names = DATABASE },
	{ "absent UUID by database", "x UUID=13", .complaint = A_CRYPTTAB_LINE "UUID=13" IS_ABSENT,
	  .names = DATABASE },
	{ "absent link by path by database", "x /dev/disk/by-path/pci",
	  .complaint = A_CRYPTTAB_LINE "/dev/disk/by-path/pci" IS_ABSENT, .names = DATABASE },

	{ "nobody knows UUIDs", "x UUID=12-ab", .doubt = A_CRYPTTAB_LINE "UUID=12-ab" IS_UNKNOWN,
	  .names = NOBODY },
	{ "nobody knows links by UUID", "x /dev/disk/by-uuid/12-ab",
	  .doubt = A_CRYPTTAB_LINE "/dev/disk/by-uuid/12-ab" IS_UNKNOWN, .names = NOBODY },
	{ "nobody knows links by label", "x /dev/disk/by-label/root",
	  .doubt = A_CRYPTTAB_LINE "/dev/disk/by-label/root" IS_UNKNOWN, .names = NOBODY },
	{ "nobody knows links by PARTUUID", "x /dev/disk/by-partuuid/12",
	  .doubt = A_CRYPTTAB_LINE "/dev/disk/by-partuuid/12" IS_UNKNOWN, .names = NOBODY },
	{ "nobody knows links by PARTLABEL", "x /dev/disk/by-partlabel/root",
	  .doubt = A_CRYPTTAB_LINE "/dev/disk/by-partlabel/root" IS_UNKNOWN, .names = NOBODY },
	{ "nobody knows links by id", "x /dev/disk/by-id/ata-X",
	  .doubt = A_CRYPTTAB_LINE "/dev/disk/by-id/ata-X" IS_UNKNOWN, .names = NOBODY },
	{ "nobody knows links by path", "x /dev/disk/by-path/pci-0000:00:01.0-ata-1-part1",
	  .doubt = A_CRYPTTAB_LINE "/dev/disk/by-path/pci-0000:00:01.0-ata-1-part1" IS_UNKNOWN,
	  .names = NOBODY },
	{ "nobody knows links to arrays", "x /dev/md/root",
	  .doubt = A_CRYPTTAB_LINE "/dev/md/root" IS_UNKNOWN, .names = NOBODY },
	{ "mapped volumes are known", "x /dev/mapper/root",
	  .complaint = A_CRYPTTAB_LINE "/dev/mapper/root" IS_ABSENT, .names = NOBODY },
	{ "kernel's name without any others", "x /dev/sdz",
	  .complaint = A_CRYPTTAB_LINE "/dev/sdz" IS_ABSENT, .names = NOBODY },
	{ "UUIDs are known", "x /dev/disk/by-uuid/12-ab", .names = UUIDS },
	{ "absent UUID, and UUIDs are known", "x UUID=13",
	  .complaint = A_CRYPTTAB_LINE "UUID=13" IS_ABSENT, .names = UUIDS },
	{ "only UUIDs are known", "x /dev/disk/by-id/ata-X",
	  .doubt = A_CRYPTTAB_LINE "/dev/disk/by-id/ata-X" IS_UNKNOWN, .names = UUIDS },
	{ "label, and only UUIDs are known", "x LABEL=root",
	  .doubt = A_CRYPTTAB_LINE "LABEL=root" IS_UNKNOWN, .names = UUIDS },
	{ "nobody knows the root's UUID", .cmdline = "root=UUID=12-ab",
	  .doubt = ROOT "UUID=12-ab" IS_UNKNOWN, .names = NOBODY },
	{ "nobody knows the volume's UUID", .cmdline = "rd.luks.uuid=" UUID,
	  .doubt = LUKS "UUID=" UUID IS_UNKNOWN, .names = NOBODY },

	{ "root", .cmdline = "quiet root=/dev/sda1 ro\n" },
	{ "absent root", .cmdline = "root=UUID=13\n", .complaint = ROOT "UUID=13" IS_ABSENT },
	{ "absent root, as the image says", .image_cmdline = "root=/dev/sdz",
	  .complaint = ROOT "/dev/sdz" IS_ABSENT },
	{ "the machine's word is the last", .image_cmdline = "root=/dev/sdz",
	  .cmdline = "root=/dev/sda" },
	{ "volume", .cmdline = "rd.luks.uuid=" UUID },
	{ "absent volume", .cmdline = "rd.luks.uuid=" UUID " rd.luks.name=" ABSENT "=root",
	  .complaint = LUKS "UUID=" ABSENT IS_ABSENT },
	{ "absent volume, as the image says", .image_cmdline = "rd.luks.uuid=" ABSENT "\n",
	  .cmdline = "quiet\n", .complaint = LUKS "UUID=" ABSENT IS_ABSENT },
	{ "absent volume of mkinitcpio", .cmdline = "cryptdevice=/dev/sdz:root",
	  .complaint = LUKS "/dev/sdz" IS_ABSENT },
	{ "a volume that is only described", .cmdline = "rd.luks.key=" ABSENT "=/key" },
	{ "a part of a UUID", .cmdline = "rd.luks.uuid=12-ab rd.luks.serial=S3Z" },
	{ "a part of no UUID", .cmdline = "rd.luks.name=77=b",
	  .complaint =
		  "for a volume, the command line names the part 77 of a UUID, and this machine "
		  "has none such" },
	{ "a part of no UUID, in dracut's form", .cmdline = "rd.luks.uuid=luks-77",
	  .complaint =
		  "for a volume, the command line names the part 77 of a UUID, and this machine "
		  "has none such" },
	{ "a part of a UUID by database", .cmdline = "rd.luks.uuid=2-A", .names = DATABASE },
	{ "a part of no UUID by database", .cmdline = "rd.luks.uuid=77", .names = DATABASE,
	  .complaint =
		  "for a volume, the command line names the part 77 of a UUID, and this machine "
		  "has none such" },
	{ "a part of a UUID, and nobody knows any", .cmdline = "rd.luks.uuid=77", .names = NOBODY,
	  .doubt = "for a volume, the command line names the part 77 of a UUID; whether this "
		   "machine "
		   "has one such cannot be told, as udev has left no UUIDs" },
	{ "absent /usr", .cmdline = "mount.usr=/dev/sdz",
	  .complaint = "mount.usr= of the command line names the device /dev/sdz" IS_ABSENT },
	{ "present /usr", .cmdline = "mount.usr=/dev/sda" },
	{ "absent swap area", .cmdline = "resume=/dev/sdz",
	  .warning = "resume= of the command line names the device /dev/sdz" IS_ABSENT WAITS },
	{ "absent swap area by UUID", .cmdline = "resume=UUID=13",
	  .warning = "resume= of the command line names the device UUID=13" IS_ABSENT WAITS },
	{ "nobody knows the swap area's UUID", .cmdline = "resume=UUID=13", .names = NOBODY },
	{ "absent swap area, and nothing is resumed", .cmdline = "resume=/dev/sdz noresume" },
	{ "one that may be absent", "x UUID=13 - nofail" },
	{ "one that is not opened by itself", "x UUID=13 - noauto" },
	{ "crypttab is switched off", .cmdline = "rd.luks.crypttab=0", .crypttab = "x UUID=13" },
	{ "another partition than the one named", .cmdline = "root=PARTUUID=12/PARTNROFF=1" },
};

static void write_names(enum names names)
{
	switch (names) {
	case LINKS:
		fake_machine_link("dev/disk/by-uuid/12-ab", "dev/sda1");
		fake_machine_link("dev/disk/by-uuid/" UUID, "dev/sda1");
		fake_machine_link("dev/disk/by-label/root", "dev/sda1");
		fake_machine_link("dev/disk/by-id/ata-X", "dev/sda");
		break;
	case DATABASE:
		fake_machine_text("run/udev/data/b8:1", "S:disk/by-uuid/12-ab\n");
		fake_machine_text("run/udev/data/b8:0", "S:disk/by-id/ata-X\n");
		break;
	case UUIDS:
		fake_machine_link("dev/disk/by-uuid/12-ab", "dev/sda1");
		break;
	case NOBODY:
		break;
	}
}

static void write_text_if(const char *path, const char *text)
{
	if (text)
		write_text(path, text);
}

/* A row that is not about the root has one all the same. */
static void write_cmdline(const struct row *row)
{
	bool has_root = (row->cmdline && strstr(row->cmdline, "root=")) ||
			(row->image_cmdline && strstr(row->image_cmdline, "root="));
	_cleanup_free_ char *cmdline = str_format("%s%s", has_root ? "" : "root=/dev/sda1 ",
						  row->cmdline ? row->cmdline : "");

	assert_non_null(cmdline);
	fake_machine_text("proc/cmdline", cmdline);
}

static void write_row(const struct row *row)
{
	fake_machine_new();
	fake_machine_block(SDA, "8:0");
	fake_machine_partition(SDA "/sda1", "8:1");
	write_names(row->names);
	write_cmdline(row);
	fake_image_new();
	write_text(fake_image_path(IMAGE_UNLOCK), "by which Kindling's images are known");
	write_text_if(fake_image_path(IMAGE_CRYPTTAB), row->crypttab);
	write_text_if(fake_image_path(IMAGE_CMDLINE), row->image_cmdline);
}

/* All but the row's sentences are NULL, and these are if there is nothing to say. */
static void expect_verdict(const struct host *host, const struct row *row)
{
	struct verification verification = { .host = host };

	fake_image_verify_configuration(&verification);
	expect_sentence(&verification.complaints, row->complaint);
	expect_sentence(&verification.doubts, row->doubt);
	expect_sentence(&verification.warnings, row->warning);
	verification_done(&verification);
}

static void test_devices(void **state)
{
	const struct row *row = *state;

	write_row(row);
	expect_verdict(&(struct host){ .has_sysfs = true }, row);
}

/* What an image brings itself may lie in several files. */
static const struct image_file_row {
	const char *name, *path, *text, *complaint;
} image_file_rows[] = {
	{ "another drop-in", IMAGE_CMDLINE_D "/a.conf", "root=/dev/sdz\n",
	  ROOT "/dev/sdz" IS_ABSENT },
	{ "plain file", "/etc/cmdline", "root=/dev/sdz\n", ROOT "/dev/sdz" IS_ABSENT },
	{ "not the first line", IMAGE_CMDLINE, "quiet\nroot=/dev/sdz", ROOT "/dev/sdz" IS_ABSENT },
	{ "comment", IMAGE_CMDLINE, "#\n # root=/dev/sdz\nquiet" },
	{ "hidden", IMAGE_CMDLINE_D "/.a.conf", "root=/dev/sdz" },
	{ "another name", IMAGE_CMDLINE_D "/README", "root=/dev/sdz" },
};

static void test_files_of_the_image(void **state)
{
	const struct image_file_row *row = *state;

	write_row(&(struct row){ 0 });
	fake_machine_text("proc/cmdline", "quiet");
	write_text(fake_image_path(IMAGE_CMDLINE_D "/0.conf"), "root=/dev/sda1");
	write_text(fake_image_path(row->path), row->text);
	expect_verdict(&(struct host){ .has_sysfs = true },
		       &(struct row){ .complaint = row->complaint });
}

/* As /init reads them: drop-ins by their names, the plain file, the boot loader's words. */
static void test_last_file_of_the_image(void **state)
{
	write_row(&(struct row){ .image_cmdline = "root=/dev/sdx" });
	write_text(fake_image_path("/etc/cmdline"), "root=/dev/sdz");
	write_text(fake_image_path(IMAGE_CMDLINE_D "/z.conf"), "root=/dev/sdy");
	expect_verdict(&(struct host){ .has_sysfs = true },
		       &(struct row){ .complaint = ROOT "/dev/sdz" IS_ABSENT });
}

/* Then no device of the machine is known. */
static void test_no_sysfs(void **state)
{
	write_row(&(struct row){ .crypttab = "x /dev/sdz\n", .cmdline = "root=/dev/sdz\n" });
	expect_verdict(&(struct host){ .has_sysfs = false }, &(struct row){ 0 });
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_devices, rows);
	TEST_ROWS(&list, test_files_of_the_image, image_file_rows);
	TEST(&list, test_last_file_of_the_image);
	TEST(&list, test_no_sysfs);
	return test_list_run(&list);
}
