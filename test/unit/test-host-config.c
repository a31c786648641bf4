/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which devices fstab, crypttab, the command line and the list of swap areas bring in. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "expect-host.h"
#include "fake-machine.h"
#include "support.h"

/* Each disk hangs from a device of its own, so that what was found tells which disk was. */
static void make_disk(const char *name, const char *number)
{
	char path[64], modalias[64];

	(void)snprintf(path, sizeof(path), "pci0000:00/%s-controller", name);
	(void)snprintf(modalias, sizeof(modalias), "pci:%s", name);
	fake_machine_device(&(struct fake_device){ path, "pci", modalias, NULL, NULL });
	(void)snprintf(path, sizeof(path), "pci0000:00/%s-controller/block/%s", name, name);
	fake_machine_block(path, number);
}

static int set_up(void **state)
{
	fake_machine_new();
	make_disk("sda", "8:0");
	make_disk("sdb", "8:16");
	make_disk("cciss!c0d0", "104:0");
	fake_machine_partition("pci0000:00/sda-controller/block/sda/sda1", "8:1");
	fake_machine_mapped("dm-0", "253:0", "vg--a-root", "LVM-x",
			    "pci0000:00/sdb-controller/block/sdb");
	fake_machine_text("proc/self/mountinfo", FAKE_ROOT_MOUNT("0:30", "overlay", "overlay"));
	return 0;
}

/* All ways to name a device, as fstab has them for root. */
struct name_row {
	const char *name;
	const char *spec;
	const char *link, *target; /* below /dev, or NULL */
	const char *database;      /* of udev for sdb, or NULL */
	const char *modalias;      /* that of the disk, or NULL if there is none of that name */
};

static const struct name_row name_rows[] = {
	{ "kernel's name", "/dev/sda", .modalias = "pci:sda" },
	{ "partition", "/dev/sda1", .modalias = "pci:sda" },
	{ "name with a slash", "/dev/cciss/c0d0", .modalias = "pci:cciss!c0d0" },
	{ "name that is not there", "/dev/sdz", .modalias = NULL },
	{ "UUID by link", "UUID=12-ab", "disk/by-uuid/12-ab", "sda1", .modalias = "pci:sda" },
	{ "UUID in capitals", "UUID=12-AB", "disk/by-uuid/12-ab", "sda1", .modalias = "pci:sda" },
	{ "UUID in quotes", "UUID=\"12-ab\"", "disk/by-uuid/12-ab", "sda1", .modalias = "pci:sda" },
	{ "FAT's UUID", "UUID=12-AB", "disk/by-uuid/12-AB", "sda1", .modalias = "pci:sda" },
	{ "UUID by database", "UUID=12-ab", .database = "N:sdb\nS:disk/by-uuid/12-ab\nE:A=b\n",
	  .modalias = "pci:sdb" },
	{ "UUID of nobody", "UUID=12-ab", .database = "S:disk/by-uuid/12-abc\n", .modalias = NULL },
	{ "label", "LABEL=root\\040disk", "disk/by-label/root\\x20disk", "sda1",
	  .modalias = "pci:sda" },
	{ "PARTUUID", "PARTUUID=12", "disk/by-partuuid/12", "sda1", .modalias = "pci:sda" },
	{ "PARTLABEL", "PARTLABEL=a/b", "disk/by-partlabel/a\\x2fb", "sda1",
	  .modalias = "pci:sda" },
	{ "link by id", "/dev/disk/by-id/ata-X", "disk/by-id/ata-X", "sdb", .modalias = "pci:sdb" },
	{ "id by database", "/dev/disk/by-id/ata-X", .database = "S:disk/by-id/ata-X\n",
	  .modalias = "pci:sdb" },
	{ "mapped volume", "/dev/mapper/vg--a-root", .modalias = "pci:sdb" },
	{ "logical volume", "/dev/vg-a/root", .modalias = "pci:sdb" },
	{ "link to nowhere", "UUID=12", "disk/by-uuid/12", "sdz", .modalias = NULL },
	{ "not a device", "tmpfs", .modalias = NULL },
};

static void write_root(const struct name_row *row)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "# comment\n\n%s / ext4 defaults 0 1\n", row->spec);
	fake_machine_text("etc/fstab", text);
	if (row->link) {
		char link[128], target[64];

		(void)snprintf(link, sizeof(link), "dev/%s", row->link);
		(void)snprintf(target, sizeof(target), "dev/%s", row->target);
		fake_machine_link(link, target);
	}
	if (row->database)
		fake_machine_text("run/udev/data/b8:16", row->database);
}

static void test_name(void **state)
{
	const struct name_row *row = *state;
	_cleanup_host_ struct host host = { 0 };

	write_root(row);
	read_machine(&host);
	expect_need(&host, HOST_NEED_FILESYSTEM, "ext4", true, NULL);
	if (row->modalias) {
		expect_need(&host, HOST_NEED_ALIAS, row->modalias, true, NULL);
		expect_gap(&host, "/ is mounted as overlay here");
	} else {
		expect_no_need(&host, HOST_NEED_ALIAS, "pci:sda");
		expect_no_need(&host, HOST_NEED_ALIAS, "pci:sdb");
		assert_int_equal(host.gaps.n_items, 2);
		assert_non_null(strstr(host.gaps.items[1], "according to fstab, but there is no"));
	}
}

/* The whole of one file of configuration, and what it brings in. */
struct config_row {
	const char *name;
	const char *path, *text;
	const char *modalias; /* what is needed, or NULL for neither disk */
	bool is_essential;
};

static const struct config_row config_rows[] = {
	{ "root of the command line", "proc/cmdline", "quiet root=/dev/sda1 ro\n", "pci:sda",
	  true },
	{ "root by number", "proc/cmdline", "root=8:16\n", "pci:sdb", true },
	{ "the last root wins", "proc/cmdline", "root=/dev/sdz root=/dev/sda", "pci:sda", true },
	{ "root in quotes", "proc/cmdline", "\"root=/dev/sda\"", "pci:sda", true },
	{ "root for the real init", "proc/cmdline", "x -- root=/dev/sda", NULL },
	{ "root of another word", "proc/cmdline", "rootwait xroot=/dev/sda root", NULL },
	{ "root for the next boot", "etc/kernel/cmdline", "root=/dev/sda", "pci:sda", true },
	{ "resume", "proc/cmdline", "resume=/dev/sdb", "pci:sdb", true },
	{ "/usr", "etc/fstab", "/dev/sdb /usr ext4 ro 0 0", "pci:sdb", true },
	{ "mount in the initramfs", "etc/fstab", "/dev/sdb /var xfs a,x-initrd.mount 0 0",
	  "pci:sdb", true },
	{ "mount later", "etc/fstab", "/dev/sdb /var xfs defaults 0 0", NULL },
	{ "mount of a directory", "etc/fstab", "/dev/sdb /usr none bind 0 0", NULL },
	{ "resume of Debian", "etc/initramfs-tools/conf.d/resume", "RESUME=/dev/sdb\n", "pci:sdb",
	  false },
	{ "resume of Debian that is gone", "etc/initramfs-tools/conf.d/resume",
	  "RESUME=UUID=\"4711\"\n", NULL },
	{ "resume of Debian that only a shell knows", "etc/initramfs-tools/conf.d/resume",
	  "RESUME=$(swap)\n", NULL },
	{ "no resume with Debian", "etc/initramfs-tools/initramfs.conf", "RESUME=none\n", NULL },
	{ "resume of Debian's main file", "etc/initramfs-tools/initramfs.conf",
	  "RESUME=auto\nRESUME=/dev/sdb\n", "pci:sdb", false },
	{ "resume of the kernel", "sys/power/resume", "8:16\n", "pci:sdb", false },
	{ "no resume of the kernel", "sys/power/resume", "0:0\n", NULL },
	{ "swap", "etc/fstab", "/dev/sdb none swap sw 0 0", "pci:sdb", false },
	{ "short lines", "etc/fstab", "/dev/sda\n/dev/sdb /usr", NULL },
	{ "short line before another", "etc/fstab", "/dev/sda /\n/dev/sdb /usr ext4", "pci:sdb",
	  true },
	{ "swap in use", "proc/swaps",
	  "Filename Type Size Used Priority\n/dev/sdb\tpartition\t1\t0\t-2\n", "pci:sdb", false },
	{ "swap in memory", "proc/swaps", "/dev/zram0 partition 1 0 100\n", NULL },
	{ "attached in the initramfs", "etc/crypttab", "x /dev/sdb - luks,x-initrd.attach",
	  "pci:sdb", false },
	{ "Debian's option", "etc/crypttab", "x\t/dev/sdb\tnone\tluks,initramfs,discard", "pci:sdb",
	  false },
	{ "attached later", "etc/crypttab", "x /dev/sdb none luks,noinitramfs", NULL },
	{ "option that begins alike", "etc/crypttab", "x /dev/sdb none initramfs-not", NULL },
	{ "key on a stick", "etc/crypttab", "x /dev/sdz /key:/dev/sdb x-initrd.attach", "pci:sdb",
	  false },
	{ "Debian's key on a stick", "etc/crypttab", "x /dev/sdz /dev/sdb:/key initramfs",
	  "pci:sdb", false },
	{ "header elsewhere", "etc/crypttab", "x /dev/sdz - x-initrd.attach,header=/h:/dev/sdb",
	  "pci:sdb", false },
	{ "bad lines", "etc/crypttab", "lone\n\n #\n\x01\nx /dev/sdb - initramfs\n", "pci:sdb",
	  false },
};

static void test_config(void **state)
{
	const struct config_row *row = *state;
	_cleanup_host_ struct host host = { 0 };

	fake_machine_text(row->path, row->text);
	read_machine(&host);
	if (row->modalias) {
		expect_need(&host, HOST_NEED_ALIAS, row->modalias, row->is_essential, NULL);
	} else {
		expect_no_need(&host, HOST_NEED_ALIAS, "pci:sda");
		expect_no_need(&host, HOST_NEED_ALIAS, "pci:sdb");
	}
}

static void mount_sda(void)
{
	fake_machine_text("proc/self/mountinfo", FAKE_ROOT_MOUNT("8:1", "ext4", "/dev/sda1"));
}

/* As with multipath: a path has the UUID of what is on it, too. */
static void test_claims_of_a_link(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_text("etc/fstab", "UUID=12 / ext4 rw 0 1\nUUID=13 /usr ext4 ro 0 1\n");
	fake_machine_text("run/udev/data/b104:0", "S:disk/by-uuid/12\nS:disk/by-uuid/13\nL:-100\n");
	fake_machine_text("run/udev/data/b8:0", "S:disk/by-uuid/12\nL:50\nE:A=b\n");
	fake_machine_text("run/udev/data/b8:16", "S:disk/by-uuid/12\nS:disk/by-uuid/13\n");
	fake_machine_text("run/udev/data/c8:0", "L:99\nS:disk/by-uuid/12\n");
	read_machine(&host);
	expect_need(&host, HOST_NEED_ALIAS, "pci:sda", true, NULL);
	expect_need(&host, HOST_NEED_ALIAS, "pci:sdb", true, NULL);
	expect_no_need(&host, HOST_NEED_ALIAS, "pci:cciss!c0d0");
}

/* Not the order of the directory decides. */
static void test_claims_alike(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_text("etc/fstab", "UUID=12 / ext4 rw 0 1\n");
	fake_machine_text("run/udev/data/b8:0", "S:disk/by-uuid/12\n");
	fake_machine_text("run/udev/data/b8:16", "S:disk/by-uuid/12\n");
	read_machine(&host);
	expect_need(&host, HOST_NEED_ALIAS, "pci:sda", true, NULL);
	expect_no_need(&host, HOST_NEED_ALIAS, "pci:sdb");
}

/* What is mounted is the best witness, but the next boot may have another root. */
static void test_fstab_names_another_root(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	mount_sda();
	fake_machine_text("etc/fstab", "/dev/sdb / btrfs defaults 0 0\n");
	fake_machine_text("proc/cmdline", "root=UUID=4711\n");
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_ALIAS, "pci:sda", true, NULL);
	expect_need(&host, HOST_NEED_ALIAS, "pci:sdb", false, NULL);
	expect_need(&host, HOST_NEED_FILESYSTEM, "btrfs", false, NULL);
}

/* Found twice: the first phrase stays, and essential wins. */
static void test_essential_wins(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_text("etc/fstab", "/dev/sda none swap sw 0 0\n/dev/sda1 / ext4 rw 0 1\n");
	read_machine(&host);
	expect_need(&host, HOST_NEED_ALIAS, "pci:sda", true,
		    "the driver of the PCI device sda-controller, which the disk sda of the swap "
		    "area hangs from");
}

static void test_resume(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	mount_sda();
	fake_machine_text("proc/cmdline", "root=/dev/sda1 resume=/dev/sdb\n");
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_ALIAS, "pci:sdb", true,
		    "the driver of the PCI device sdb-controller, which the disk sdb of the swap "
		    "area to resume from hangs from");
}

static void test_firmware(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_text("sys/firmware/efi/fw_platform_size", "64\n");
	read_machine(&host);
	expect_need(&host, HOST_NEED_FILESYSTEM, "efivarfs", false,
		    "the firmware may say which disk was booted from, and where a hibernated "
		    "system is");
}

static void test_swap_file(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_text("proc/self/mountinfo",
			  FAKE_ROOT_MOUNT("8:1", "ext4", "/dev/sda1") "26 25 8:16 / /var rw - xfs "
								      "/dev/sdb rw\n");
	fake_machine_text("proc/swaps", "Filename Type\n/var/swap/file file 1 0 -2\n");
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_ALIAS, "pci:sdb", false, NULL);
	expect_need(&host, HOST_NEED_FILESYSTEM, "xfs", false, NULL);
}

static void test_list_of_types(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_text("etc/fstab", "/dev/sda / ext4,btrfs,auto rw 0 1\n");
	read_machine(&host);
	expect_need(&host, HOST_NEED_FILESYSTEM, "ext4", true, NULL);
	expect_need(&host, HOST_NEED_FILESYSTEM, "btrfs", true, NULL);
	expect_no_need(&host, HOST_NEED_FILESYSTEM, "auto");
}

struct root_row {
	const char *name, *cmdline;
	const char *type; /* of the root */
};

static const struct root_row root_rows[] = {
	{ "virtiofs", "root=virtiofs:myroot", "virtiofs" },
	{ "virtiofs by its type", "root=myroot rootfstype=virtiofs", "virtiofs" },
	{ "9p", "root=9p:/dev/root", "9p" },
};

static void roots_of_the_command_line(void **state)
{
	const struct root_row *row = *state;
	_cleanup_host_ struct host host = { 0 };

	fake_machine_text("proc/cmdline", row->cmdline);
	read_machine(&host);
	/* The one of the overlay that is mounted here. */
	expect_gap(&host, "/ is mounted as overlay here");
	expect_need(&host, HOST_NEED_FILESYSTEM, row->type, true, NULL);
}

static void test_no_firmware_to_ask(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	mount_sda();
	fake_machine_text("proc/cmdline", "root=gpt-auto");
	read_machine(&host);
	expect_no_need(&host, HOST_NEED_FILESYSTEM, "efivarfs");
}

/* The volume of root has options; another one is none of the initramfs's business. */
static void test_crypttab_of_root(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_mapped("dm-1", "253:1", "cryptroot", "CRYPT-PLAIN-cryptroot",
			    "pci0000:00/sda-controller/block/sda/sda1");
	fake_machine_text("proc/self/mountinfo",
			  FAKE_ROOT_MOUNT("253:1", "ext4", "/dev/mapper/cryptroot"));
	fake_machine_text(
		"etc/crypttab",
		"home /dev/sdb none cipher=serpent-lrw-plain64\n"
		"cryptroot /dev/sda1 - plain,cipher=twofish-cbc-essiv:sha256,hash=sha512\n");
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_CIPHER, "twofish-cbc-essiv:sha256", true,
		    "the cipher of the volume cryptroot in crypttab");
	expect_need(&host, HOST_NEED_CIPHER, "sha512", false, NULL);
	expect_no_need(&host, HOST_NEED_CIPHER, "serpent-lrw-plain64");
	/* Without a header, the cipher is what crypttab says. */
	expect_no_need(&host, HOST_NEED_CIPHER, "aes-xts-plain64");
	expect_no_need(&host, HOST_NEED_ALIAS, "pci:sdb");
}

#define HEADER_UUID "35a0a5c5-f930-5ee2-93ea-5e5afb7c3edd"

/* Which lines of crypttab the image gets: those that it is to open, as they are. */
static const struct line_row {
	const char *name, *line;
	bool is_wanted;
} line_rows[] = {
	{ "of root", "cryptroot UUID=" HEADER_UUID " none luks,discard", true },
	{ "with blanks", "\tcryptroot\t/dev/sda1  /root.key", true },
	{ "of another volume", "home UUID=12 none luks", false },
	{ "of one that is asked for", "home /dev/sdb none luks,x-initrd.attach", true },
	{ "of Debian's initramfs", "home /dev/sdb none luks,initramfs", true },
	{ "made anew at each start", "tmp /dev/sdb /dev/urandom tmp,initramfs", false },
	{ "comment", "# cryptroot /dev/sda1", false },
};

static void mount_luks(void)
{
	fake_machine_mapped("dm-1", "253:1", "cryptroot",
			    "CRYPT-LUKS2-35a0a5c5f9305ee293ea5e5afb7c3edd-cryptroot",
			    "pci0000:00/sda-controller/block/sda/sda1");
	fake_machine_text("proc/self/mountinfo",
			  FAKE_ROOT_MOUNT("253:1", "ext4", "/dev/mapper/cryptroot"));
}

static void test_crypttab_line(void **state)
{
	const struct line_row *row = *state;
	_cleanup_free_ char *text = str_format("# by the installer\n\n%s\n", row->line);
	_cleanup_host_ struct host host = { 0 };

	assert_non_null(text);
	mount_luks();
	fake_machine_text("etc/crypttab", text);
	read_machine(&host);
	expect_sentence(&host.crypttab, row->is_wanted ? row->line : NULL);
}

/* Root is on it, and a swap area as well, which would not matter alone. */
static void test_volume(void **state)
{
	_cleanup_host_ struct host host = { 0 };
	const struct host_volume *volume;

	mount_luks();
	fake_machine_text("proc/swaps", "Filename Type\n/dev/dm-1 partition 1 0 -2\n");
	read_machine(&host);
	assert_int_equal(host.volumes.n_items, 1);
	volume = host.volumes.items[0];
	assert_string_equal(volume->name, "cryptroot");
	assert_string_equal(volume->uuid, HEADER_UUID);
	assert_string_equal(volume->device, "devices/pci0000:00/sda-controller/block/sda/sda1");
	assert_string_equal(volume->goal, "/");
	assert_true(volume->is_essential);
	expect_layer(&host, HOST_LAYER_LUKS, "/", "cryptroot");
	expect_layer(&host, HOST_LAYER_PARTITION, "/", "sda1");
}

static void test_crypttab_notes(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	mount_sda();
	fake_machine_text("etc/crypttab", "# one\nlone\nx UUID=47 - initramfs,cipher=,hash=plain\n"
					  "y /dev/sdb /etc/keys/a:b initramfs\n"
					  "z /dev/sdb /key:UUID=48 initramfs\n"
					  "a/b /dev/sdb - initramfs\n");
	read_machine(&host);
	assert_int_equal(host.notes.n_items, 5);
	assert_non_null(strstr(host.notes.items[0], "line 2 of crypttab names no device"));
	assert_non_null(strstr(host.notes.items[1], "line 3 of crypttab: cipher needs a value"));
	assert_non_null(strstr(host.notes.items[2], "line 6 of crypttab: a/b cannot be the name"));
	assert_non_null(strstr(host.notes.items[3], "volume x of crypttab is on UUID=47, which"));
	assert_non_null(strstr(host.notes.items[4], "the key file of the volume z is on a device"));
}

/* Nothing of it is text, and the lines are longer than anybody writes. */
static void test_garbage(void **state)
{
	static const char *const paths[] = {
		"etc/fstab",  "etc/crypttab",        "etc/kernel/cmdline",  "proc/cmdline",
		"proc/swaps", "proc/self/mountinfo", "run/udev/data/b8:16",
	};
	_cleanup_strbuf_ struct strbuf garbage = { 0 };
	_cleanup_host_ struct host host = { 0 };
	uint32_t seed = 4711;

	for (unsigned int i = 0; i < 20000; i++) {
		char byte = (char)(next_random(&seed) % 255 + 1);

		strbuf_append_bytes(&garbage, &byte, 1);
		if (i % 5000 == 0)
			strbuf_append(&garbage,
				      "\\04 - \n/ UUID=\"x / x-initrd.mount\n/\\777 root=\"");
	}
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		fake_machine_text(paths[i], strbuf_string(&garbage));
	fake_machine_text("etc/fstab", "UUID=1 / ext4 rw 0 1\n");
	read_machine(&host);
	expect_no_need(&host, HOST_NEED_ALIAS, "pci:sda");
}

/* What it says of the root is not known then, and nothing is proven. */
static void test_crypttab_is_a_directory(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	mount_sda();
	fake_machine_text("etc/crypttab/x", "");
	read_machine(&host);
	expect_gap(&host, "/etc/crypttab cannot be read (Is a directory), so no line of it comes "
			  "into the image");
}

static void test_file_too_large(void **state)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	_cleanup_host_ struct host host = { 0 };

	mount_sda();
	for (unsigned int i = 0; i < 1 << 20; i++)
		strbuf_append(&text, "# 3456789\n");
	fake_machine_text("etc/crypttab", strbuf_string(&text));
	read_machine(&host);
	expect_gap(&host, "/etc/crypttab cannot be read (File too large)");
}

int main(void)
{
	static struct test_list list;

	TEST_ROWS(&list, test_name, name_rows);
	TEST_ROWS(&list, test_config, config_rows);
	TEST(&list, test_claims_of_a_link);
	TEST(&list, test_claims_alike);
	TEST(&list, test_fstab_names_another_root);
	TEST(&list, test_essential_wins);
	TEST(&list, test_resume);
	TEST(&list, test_firmware);
	TEST(&list, test_swap_file);
	TEST(&list, test_list_of_types);
	TEST_ROWS(&list, roots_of_the_command_line, root_rows);
	TEST(&list, test_no_firmware_to_ask);
	TEST(&list, test_crypttab_of_root);
	TEST_ROWS(&list, test_crypttab_line, line_rows);
	TEST(&list, test_volume);
	TEST(&list, test_crypttab_notes);
	TEST(&list, test_garbage);
	TEST(&list, test_crypttab_is_a_directory);
	TEST(&list, test_file_too_large);
	test_list_set_fixtures(&list, set_up, NULL);
	return test_list_run(&list);
}
