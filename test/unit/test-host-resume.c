/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where Debian's initramfs-tools would resume from, and whether /init is told so. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "expect-host.h"
#include "fake-machine.h"
#include "support.h"

#define ROOT_UUID "35a0a5c5-f930-5ee2-93ea-5e5afb7c3edd"
#define SWAP_UUID "c156b2c0-d516-48d7-805b-a78bac83d818"

#define MAIN    "etc/initramfs-tools/initramfs.conf"
#define SETTING "etc/initramfs-tools/conf.d/resume"
#define SWAPS   "Filename\t\tType\t\tSize\t\tUsed\t\tPriority\n"
#define OF_SDB  SWAPS "/dev/sdb partition 1000 0 -2\n"
#define CLOSED  "it is on the volume swap, which neither crypttab nor the command line opens"

/* Root is on sda1; sda2, sdb and the volume swap on sda3 may be swap areas. */
struct row {
	const char *name;
	const char *setting; /* the whole of conf.d/resume, or NULL */
	const char *swaps, *cmdline, *crypttab;
	const char *resume, *note, *line; /* expected: words, what is noted, and of crypttab */
	const char *obstacle;             /* the end of what is warned of */
};

static const struct row rows[] = {
	{ "by UUID", "RESUME=UUID=12-ab\n", .resume = "resume=UUID=12-ab" },
	{ "by name", "RESUME=/dev/sdb\n", .resume = "resume=/dev/sdb" },
	{ "by name, in quotes", "RESUME=\"LABEL=my swap\"\n",
	  .resume = "resume=\"LABEL=my swap\"" },
	{ "none", "RESUME=none\n", OF_SDB },
	{ "gone", "RESUME=UUID=4711\n",
	  .note = "initramfs-tools is to resume from UUID=4711, and there is no such swap area" },
	{ "gone, and another is in use", "RESUME=UUID=4711\n", OF_SDB,
	  .resume = "resume=UUID=34-cd", .note = "no such swap area here now" },
	{ "another file system by now", "RESUME=/dev/sda1\n", OF_SDB, .resume = "resume=UUID=34-cd",
	  .note = "no such swap area here now" },
	{ "a swap file", "RESUME=/dev/sda1 resume_offset=4711\n",
	  .resume = "resume=/dev/sda1 resume_offset=4711" },
	{ "a swap file, whose place the boot loader tells", "RESUME=/dev/sda1\n", NULL,
	  "resume_offset=4711", .resume = "resume=/dev/sda1" },
	{ "a swap file at no number", "RESUME=/dev/sdb resume_offset=4k\n",
	  .resume = "resume=/dev/sdb" },
	{ "what only a shell knows", "RESUME=$(swap)\n" },

	{ "the only one in use", "", OF_SDB, .resume = "resume=UUID=34-cd" },
	{ "asked for", "RESUME=auto\n", OF_SDB, .resume = "resume=UUID=34-cd" },
	{ "empty", "RESUME=\n", OF_SDB, .resume = "resume=UUID=34-cd" },
	{ "the largest", "", SWAPS "/dev/sda2 partition 900 0 5\n/dev/sdb partition 1000 0 -2\n",
	  .resume = "resume=UUID=34-cd" },
	{ "the first of two", "", SWAPS "/dev/sda2 partition 900 0 5\n/dev/sdb partition 900 0 1\n",
	  .resume = "resume=UUID=12-ab" },
	{ "one that udev does not know", "", SWAPS "/dev/sda partition 1 0 -2\n",
	  .resume = "resume=/dev/sda" },
	{ "not in memory", "",
	  SWAPS "/dev/zram0 partition 9999 0 100\n/dev/sdb partition 1000 0 -2\n",
	  .resume = "resume=UUID=34-cd" },
	{ "not in a data set of ZFS", "", SWAPS "/dev/zd0 partition 9999 0 1\n" },
	{ "not in a file", "", SWAPS "/swap file 9999 0 1\n" },
	{ "none in use", "RESUME=auto\n", SWAPS },

	{ "the command line says where", "RESUME=/dev/sdb\n", .cmdline = "resume=/dev/sda2" },
	{ "the command line does not want it", "RESUME=/dev/sdb\n", .cmdline = "noresume" },

	{ "in a volume", "RESUME=/dev/mapper/swap\n",
	  .crypttab = "swap UUID=" SWAP_UUID " none luks", .resume = "resume=/dev/mapper/swap",
	  .line = "swap UUID=" SWAP_UUID " none luks" },
	{ "in a volume, by UUID", "RESUME=UUID=56-ef\n",
	  .crypttab = "swap UUID=" SWAP_UUID " none luks", .resume = "resume=/dev/mapper/swap",
	  .line = "swap UUID=" SWAP_UUID " none luks" },
	{ "in a volume, the largest", "", SWAPS "/dev/dm-0 partition 99 0 1\n",
	  .crypttab = "swap UUID=" SWAP_UUID " none luks", .resume = "resume=/dev/mapper/swap",
	  .line = "swap UUID=" SWAP_UUID " none luks" },
	{ "in a volume that the command line opens", "RESUME=/dev/mapper/swap\n",
	  .cmdline = "rd.luks.name=" SWAP_UUID "=swap", .resume = "resume=/dev/mapper/swap" },
	{ "in a volume that the command line does not name", "RESUME=/dev/mapper/swap\n",
	  .cmdline = "rd.luks.uuid=" ROOT_UUID, .crypttab = "swap UUID=" SWAP_UUID " none luks",
	  .obstacle = CLOSED },
	{ "in a volume that nothing opens", "RESUME=/dev/mapper/swap\n", .obstacle = CLOSED },
	{ "in a volume with a key file", "RESUME=/dev/mapper/swap\n",
	  .crypttab = "swap UUID=" SWAP_UUID " /swap.key luks",
	  .obstacle = "it is on the volume swap, which is opened by the key /swap.key, and that "
		      "/init does not serve yet" },
	{ "in a volume whose header is elsewhere", "RESUME=/dev/mapper/swap\n",
	  .crypttab = "swap UUID=" SWAP_UUID " none luks,header=/h",
	  .obstacle = "it is on the volume swap, which cannot be opened: its header is "
		      "detached, and such ones are not read here" },
	{ "in a volume that is made anew", "", SWAPS "/dev/dm-0 partition 9999 0 1\n",
	  .crypttab = "swap /dev/sda3 /dev/urandom plain,swap" },
	{ "in a volume with a random key", "",
	  SWAPS "/dev/dm-0 partition 9999 0 1\n/dev/sdb partition 9 0 1\n",
	  .crypttab = "swap /dev/sda3 /dev/random luks", .resume = "resume=UUID=34-cd" },
	{ "in a logical volume", "RESUME=/dev/mapper/vg-swap\n",
	  .obstacle = "it is on vg-swap, a logical volume of LVM, which Kindling's /init cannot "
		      "set up yet" },
	{ "in a volume of who knows what", "RESUME=/dev/mapper/strange\n",
	  .note = "swap area to resume from is on the mapped volume strange, whose UUID",
	  .obstacle = "not all is known of what it is on" },
};

static void make_swap(const char *path, const char *number, const char *type, const char *uuid)
{
	char database[64], text[128];

	(void)snprintf(database, sizeof(database), "run/udev/data/b%s", number);
	(void)snprintf(text, sizeof(text),
		       "S:disk/by-uuid/%s\nE:ID_FS_UUID_ENC=x\nE:ID_FS_UUID=%s\nE:ID_FS_TYPE=%s\n",
		       uuid, uuid, type);
	if (path)
		fake_machine_partition(path, number);
	fake_machine_text(database, text);
}

static int set_up(void **state)
{
	static const char disk[] = "pci0000:00/controller/block/sda", other[] = "pci0000:00/b/sdb";

	fake_machine_new();
	fake_machine_device(&(struct fake_device){ "pci0000:00/b", "pci", "pci:b", NULL, NULL });
	fake_machine_block(disk, "8:0");
	fake_machine_block(other, "8:16");
	make_swap("pci0000:00/controller/block/sda/sda1", "8:1", "ext4", "1-1");
	make_swap("pci0000:00/controller/block/sda/sda2", "8:2", "swap", "12-ab");
	make_swap("pci0000:00/controller/block/sda/sda3", "8:3", "crypto_LUKS", SWAP_UUID);
	make_swap(NULL, "8:16", "swap", "34-cd");
	make_swap(NULL, "253:0", "swsuspend", "56-ef");
	fake_machine_mapped("dm-0", "253:0", "swap",
			    "CRYPT-LUKS2-c156b2c0d51648d7805ba78bac83d818-swap",
			    "pci0000:00/controller/block/sda/sda3");
	fake_machine_mapped("dm-1", "253:1", "vg-swap", "LVM-x", other);
	fake_machine_mapped("dm-2", "253:2", "strange", "x", other);
	fake_machine_link("dev/disk/by-label/my\\x20swap", "dev/sda2");
	fake_machine_text("proc/self/mountinfo", FAKE_ROOT_MOUNT("8:1", "ext4", "/dev/sda1"));
	return 0;
}

static void write_if(const char *path, const char *text)
{
	if (text)
		fake_machine_text(path, text);
}

static void expect_words(const struct host *host, const char *words)
{
	if (words && !host->resume)
		fail_msg("nothing instead of %s", words);
	if (words)
		assert_string_equal(host->resume, words);
	else
		assert_null(host->resume);
}

static void expect_obstacle(const struct host *host, const char *obstacle)
{
	assert_int_equal(host->warnings.n_items, obstacle != NULL);
	if (!obstacle)
		return;
	assert_non_null(strstr(host->warnings.items[0], " does not do so by itself: "));
	if (!str_has_suffix(host->warnings.items[0], obstacle))
		fail_msg("%s", (char *)host->warnings.items[0]);
}

static void write_row(const struct row *row)
{
	fake_machine_text(MAIN, "MODULES=most\n");
	write_if(SETTING, row->setting);
	write_if("proc/swaps", row->swaps);
	write_if("proc/cmdline", row->cmdline);
	write_if("etc/crypttab", row->crypttab);
}

static void test_debian(void **state)
{
	const struct row *row = *state;
	_cleanup_host_ struct host host = { 0 };

	write_row(row);
	read_machine(&host);
	expect_words(&host, row->resume);
	if (row->note)
		expect_note(&host, row->note);
	else
		expect_no_note(&host);
	expect_sentence(&host.crypttab, row->line);
	expect_obstacle(&host, row->obstacle);
}

/* The reasons to believe that initramfs-tools is what made the images so far. */
static const struct file_row {
	const char *name, *path, *text, *resume;
} file_rows[] = {
	{ "main file", MAIN, "RESUME=/dev/sda2\n", "resume=/dev/sda2" },
	{ "drop-in alone", "etc/initramfs-tools/conf.d/any-name", "RESUME=/dev/sda2\n",
	  "resume=/dev/sda2" },
	{ "what dpkg has put aside", SETTING ".dpkg-old", "RESUME=/dev/sda2\n", NULL },
	{ "hidden", "etc/initramfs-tools/conf.d/.resume", "RESUME=/dev/sda2\n", NULL },
	{ "another distribution", "etc/mkinitcpio.conf", "RESUME=/dev/sda2\n", NULL },
};

static void test_files(void **state)
{
	const struct file_row *row = *state;
	_cleanup_host_ struct host host = { 0 };

	fake_machine_text("proc/swaps", OF_SDB);
	fake_machine_text(row->path, row->text);
	read_machine(&host);
	expect_words(&host, row->resume);
}

/* Swap areas are another system's there, but what is configured is not. */
static void test_chroot(void **state)
{
	_cleanup_host_ struct host automatic = { 0 }, configured = { 0 };

	write_row(&(struct row){ .swaps = OF_SDB, .cmdline = "resume=/dev/sdz" });
	fake_machine_text("proc/1/mountinfo", FAKE_ROOT_MOUNT("7:0", "squashfs", "/dev/loop0"));
	read_machine(&automatic);
	expect_words(&automatic, NULL);
	fake_machine_text(SETTING, "RESUME=/dev/sda2\n");
	read_machine(&configured);
	expect_words(&configured, "resume=/dev/sda2");
}

/* Who does not hibernate must not be kept from booting by what the installer wrote. */
static void test_weight(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	write_row(&(struct row){ .setting = "RESUME=/dev/sdb" });
	read_machine(&host);
	expect_need(&host, HOST_NEED_ALIAS, "pci:b", false,
		    "the driver of the PCI device b, which the disk sdb of the swap area to resume "
		    "from hangs from");
}

/* Then one question opens both. */
static void test_volume_of_root(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	write_row(&(struct row){ .setting = "RESUME=/dev/mapper/swap resume_offset=1" });
	fake_machine_text("proc/self/mountinfo",
			  FAKE_ROOT_MOUNT("253:0", "ext4", "/dev/mapper/swap"));
	read_machine(&host);
	expect_words(&host, "resume=/dev/mapper/swap resume_offset=1");
	expect_no_note(&host);
}

int main(void)
{
	static struct test_list list;

	TEST_ROWS(&list, test_debian, rows);
	TEST_ROWS(&list, test_files, file_rows);
	TEST(&list, test_chroot);
	TEST(&list, test_weight);
	TEST(&list, test_volume_of_root);
	test_list_set_fixtures(&list, set_up, NULL);
	return test_list_run(&list);
}
