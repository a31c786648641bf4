/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether an image has the modules that a machine needs, of a made-up kernel. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "fake-image.h"
#include "fake-kernel.h"
#include "image/host/host-needs.h"
#include "image/verify/verify.h"
#include "recent-log.h"
#include "support.h"

#define DISK       "devices/pci0000:00/0000:00:01.0"
#define KEYBOARD   "devices/pci0000:00/0000:00:02.0"
#define PATH(path) FAKE_MODULES_DIR "/kernel/" path
#define WHY        "somebody needs it"
#define IS_NOTHING(name)                                                                   \
	name " is nothing that the image has; whether it is built into the kernel cannot " \
	     "be told, as the modules of " FAKE_KVER " are not here: " WHY

static const struct fake_row modules[] = {
	{ "aes", "kernel/crypto/aes.ko:" },
	{ "ahci", "kernel/drivers/ata/ahci.ko: kernel/drivers/ata/libata.ko" },
	{ "bridge", "kernel/drivers/pci/bridge.ko:" },
	{ "dm_crypt", "kernel/drivers/md/dm-crypt.ko: kernel/drivers/md/dm-mod.ko" },
	{ "dm_mod", "kernel/drivers/md/dm-mod.ko:" },
	{ "ext4", "kernel/fs/ext4/ext4.ko.xz:" },
	{ "libata", "kernel/drivers/ata/libata.ko:" },
	{ "xts", "kernel/crypto/xts.ko:" },
};

static const struct fake_row aliases[] = {
	{ "crypto_aes", "aes" },
	{ "crypto_xts", "xts" },
	{ "pci:v00008086d*", "ahci" },
	{ "pci:v00001022d*bc06*", "bridge" },
	{ "pci:v00001022d*bc01*", "bridge" },
};

static const struct fake_row builtins[] = { { "xfs", "" } };

struct need {
	enum host_need_kind kind;
	const char *name;
	const char *device; /* or NULL */
	bool is_optional;
};

/* What is needed, and what became of the kernel's modules on the way into the image. */
struct row {
	const char *name;
	struct need needs[2];
	const char *complaint, *note, *doubt;
	const char *left_out; /* a module that the image knows nothing of */
	const char *removed;  /* a file that the image knows of and does not have */
	const char *stored;   /* or under which name it has it */
	bool is_kernel_away;  /* there is nothing but the image */
	bool is_bare;         /* the image has no modules at all, and no indexes */
	bool has_indexes;     /* but for these, of a kernel without modules */
};

#define AHCI                              \
	{                                 \
		HOST_NEED_MODULE, "ahci", \
	}
#define EXT4                                  \
	{                                     \
		HOST_NEED_FILESYSTEM, "ext4", \
	}

static const struct row rows[] = {
	{ "nothing is needed", .left_out = "ahci" },
	{ "all is there", { AHCI, EXT4 } },
	{ "by alias", { { HOST_NEED_ALIAS, "pci:v00008086d00002922bc01" } } },
	{ "cipher", { { HOST_NEED_CIPHER, "aes-xts-plain64" } } },
	{ "target of the device mapper", { { HOST_NEED_DM_TARGET, "crypt" } } },
	{ "built in", { { HOST_NEED_FILESYSTEM, "xfs" } } },

	{ "file is missing",
	  { AHCI },
	  PATH("drivers/ata/ahci.ko") " is not in the image: " WHY,
	  .removed = "drivers/ata/ahci.ko" },
	{ "file of a dependency is missing",
	  { AHCI },
	  PATH("drivers/ata/libata.ko") " is not in the image: " WHY,
	  .removed = "drivers/ata/libata.ko" },
	{ "file is missing, and the kernel is not here",
	  { AHCI },
	  PATH("drivers/ata/ahci.ko") " is not in the image: " WHY,
	  .removed = "drivers/ata/ahci.ko",
	  .is_kernel_away = true },
	{ "file of what is not vital is missing",
	  { { HOST_NEED_MODULE, "ahci", .is_optional = true } },
	  .note = "ahci is not in the image, but not vital: " WHY,
	  .removed = "drivers/ata/ahci.ko" },
	{ "file of another module is missing", { EXT4 }, .removed = "drivers/ata/ahci.ko" },
	{ "compressed here",
	  { AHCI },
	  .removed = "drivers/ata/ahci.ko",
	  .stored = "drivers/ata/ahci.ko.zst" },
	{ "compressed otherwise",
	  { EXT4 },
	  .removed = "fs/ext4/ext4.ko.xz",
	  .stored = "fs/ext4/ext4.ko.gz" },
	{ "not compressed here",
	  { EXT4 },
	  .removed = "fs/ext4/ext4.ko.xz",
	  .stored = "fs/ext4/ext4.ko" },
	{ "of another name",
	  { EXT4 },
	  PATH("fs/ext4/ext4.ko.xz") " is not in the image: " WHY,
	  .removed = "fs/ext4/ext4.ko.xz",
	  .stored = "fs/ext4/ext4.ko.old" },

	{ "module is left out",
	  { AHCI },
	  PATH("drivers/ata/ahci.ko") " is not in the image: " WHY,
	  .left_out = "ahci" },
	{ "module of an alias is left out",
	  { { HOST_NEED_ALIAS, "pci:v00008086d00002922bc01" } },
	  PATH("drivers/ata/ahci.ko") " is not in the image: " WHY,
	  .left_out = "ahci" },
	{ "file system is left out",
	  { EXT4 },
	  PATH("fs/ext4/ext4.ko.xz") " is not in the image: " WHY,
	  .left_out = "ext4" },
	{ "part of a cipher is left out",
	  { { HOST_NEED_CIPHER, "aes-xts-plain64" } },
	  PATH("crypto/xts.ko") " is not in the image: " WHY,
	  .left_out = "xts" },
	{ "module is left out, and the kernel is not here",
	  { AHCI },
	  .doubt = IS_NOTHING("ahci"),
	  .left_out = "ahci",
	  .is_kernel_away = true },
	{ "what is not vital is left out, and the kernel is not here",
	  { { HOST_NEED_MODULE, "ahci", .is_optional = true } },
	  .left_out = "ahci",
	  .is_kernel_away = true },
	{ "a file system is left out, and the kernel is not here",
	  { EXT4 },
	  "ext4 is neither in the image nor built into its kernel: " WHY,
	  .left_out = "ext4",
	  .is_kernel_away = true },
	{ "a file system is built in, and the kernel is not here",
	  { { HOST_NEED_FILESYSTEM, "xfs" } },
	  .is_kernel_away = true },
	{ "a device without a driver, and the kernel is not here",
	  { { HOST_NEED_ALIAS, "acpi:PNP0A08:", DISK } },
	  .is_kernel_away = true },
	{ "a device with a driver, and the kernel is not here",
	  { { HOST_NEED_ALIAS, "pci:v00008086d00002922bc01", DISK },
	    { HOST_NEED_MODULE, "other", DISK, .is_optional = true } },
	  .doubt = IS_NOTHING("pci:v00008086d00002922bc01"),
	  .left_out = "ahci",
	  .is_kernel_away = true },
	{ "a device whose driver is built in, and the kernel is not here",
	  { { HOST_NEED_ALIAS, "pci:v00008086d00002922bc01", DISK },
	    { HOST_NEED_MODULE, "xfs", DISK } },
	  .left_out = "ahci",
	  .is_kernel_away = true },

	{ "vital for one and not for another",
	  { { HOST_NEED_MODULE, "libata", .is_optional = true }, AHCI },
	  PATH("drivers/ata/libata.ko") " is not in the image: " WHY,
	  .removed = "drivers/ata/libata.ko" },
	{ "vital for the first and not for another",
	  { AHCI, { HOST_NEED_MODULE, "libata", .is_optional = true } },
	  PATH("drivers/ata/libata.ko") " is not in the image: " WHY,
	  .removed = "drivers/ata/libata.ko" },
	{ "several that are not vital",
	  { { HOST_NEED_CIPHER, "aes-xts-plain64", .is_optional = true },
	    { HOST_NEED_MODULE, "ahci", .is_optional = true } },
	  .note = "aes, xts, ahci, libata are not in the image, but not vital: " WHY,
	  .is_bare = true,
	  .has_indexes = true },
	{ "what is not vital is left out",
	  { { HOST_NEED_MODULE, "ahci", .is_optional = true } },
	  .note = "ahci is not in the image, but not vital: " WHY,
	  .left_out = "ahci" },
	{ "unknown to the kernel", { { HOST_NEED_FILESYSTEM, "jfs" } }, .left_out = "ahci" },

	{ "bridges work without a driver",
	  { { HOST_NEED_ALIAS, "pci:v00001022d00000001bc06" } },
	  .left_out = "bridge" },
	{ "others do not",
	  { { HOST_NEED_ALIAS, "pci:v00001022d00000001bc01" } },
	  PATH("drivers/pci/bridge.ko") " is not in the image: " WHY,
	  .left_out = "bridge" },
	{ "another driver of the device",
	  { { HOST_NEED_MODULE, "bridge", DISK },
	    { HOST_NEED_ALIAS, "pci:v00008086d00002922bc01", DISK } },
	  .left_out = "bridge" },
	{ "driver of another device",
	  { { HOST_NEED_MODULE, "bridge", DISK },
	    { HOST_NEED_ALIAS, "pci:v00008086d00002922bc01", KEYBOARD } },
	  PATH("drivers/pci/bridge.ko") " is not in the image: " WHY,
	  .left_out = "bridge" },

	{ "no modules, and built in", { { HOST_NEED_FILESYSTEM, "xfs" } }, .is_bare = true },
	{ "no modules, and one is needed",
	  { EXT4 },
	  PATH("fs/ext4/ext4.ko.xz") " is not in the image: " WHY,
	  .is_bare = true },
	{ "no modules, and the device has a driver that is built in",
	  { { HOST_NEED_ALIAS, "pci:v00008086d00002922bc01", DISK },
	    { HOST_NEED_MODULE, "xfs", DISK } },
	  .is_bare = true },
	{ "no modules, and the kernel is not here",
	  { EXT4 },
	  .doubt = "the image has no modules of kernel " FAKE_KVER ", and there are none here, so "
		   "whether it has all drivers built in cannot be told",
	  .is_kernel_away = true,
	  .is_bare = true },
};

static struct sysroot sysroot = SYSROOT_NONE;

/* The rows that are not about @left_out. */
static size_t copy_rows(const struct fake_row *from, size_t n_rows, bool is_by_key,
			const char *left_out, struct fake_row *to)
{
	size_t n = 0;

	for (size_t i = 0; i < n_rows; i++) {
		const char *module = is_by_key ? from[i].key : from[i].value;

		if (!left_out || !str_equal(module, left_out))
			to[n++] = from[i];
	}
	return n;
}

static void write_kernel(const char *root, const char *left_out)
{
	struct fake_row kept_modules[ARRAY_SIZE(modules)], kept_aliases[ARRAY_SIZE(aliases)];
	const struct fake_kernel kernel = {
		.modules = kept_modules,
		.n_modules = copy_rows(modules, ARRAY_SIZE(modules), true, left_out, kept_modules),
		.aliases = kept_aliases,
		.n_aliases = copy_rows(aliases, ARRAY_SIZE(aliases), false, left_out, kept_aliases),
		.builtins = builtins,
		.n_builtins = ARRAY_SIZE(builtins),
	};

	fake_kernel_write(&kernel, root);
}

/* The verification of an image with all modules, but for what is left out. */
static void set_up_verification(const char *left_out, const struct host *host,
				const struct contents *contents, struct verification *verification)
{
	*verification = (struct verification){
		.sysroot = &sysroot,
		.host = host,
		.contents = contents,
		.kver = strdup(FAKE_KVER),
		.modules_dir = strdup(scratch_path("kernel" FAKE_MODULES_DIR)),
	};
	assert_true(verification->kver && verification->modules_dir);
	fake_image_new();
	write_kernel(fake_image_path(""), left_out);
}

static void add_need(struct host *host, const struct need *need)
{
	assert_int_equal(host_add_need(host, need->kind, need->name, need->device,
				       !need->is_optional, "%s", WHY),
			 0);
}

static void store(const struct row *row)
{
	_cleanup_free_ char *from = NULL, *to = NULL;

	if (!row->removed)
		return;
	from = str_format(PATH("%s"), row->removed);
	assert_non_null(from);
	if (!row->stored) {
		assert_int_equal(unlink(fake_image_path(from)), 0);
		return;
	}
	to = str_format(PATH("%s"), row->stored);
	assert_non_null(to);
	assert_int_equal(rename(fake_image_path(from), fake_image_path(to)), 0);
}

static void test_needs(void **state)
{
	const struct row *row = *state;
	_cleanup_contents_ struct contents contents = { 0 };
	_cleanup_host_ struct host host = { 0 };
	struct verification verification;

	for (size_t i = 0; i < ARRAY_SIZE(row->needs) && row->needs[i].name; i++)
		add_need(&host, &row->needs[i]);
	set_up_verification(row->left_out, &host, &contents, &verification);
	store(row);
	if (row->is_bare)
		fake_image_new();
	if (row->has_indexes)
		fake_kernel_write(&(struct fake_kernel){ 0 }, fake_image_path(""));
	fake_image_load(&contents);
	if (row->is_kernel_away)
		free(TAKE_PTR(verification.modules_dir));
	assert_int_equal(verify_modules(&verification), 0);
	expect_sentence(&verification.complaints, row->complaint);
	expect_sentence(&verification.notes, row->note);
	expect_sentence(&verification.doubts, row->doubt);
	verification_done(&verification);
}

static void expect_names(const struct vec *names, const char *expected)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const char *name;

	vec_for_each(name, names) {
		strbuf_printf(&text, "%s;", name);
	}
	assert_string_equal(strbuf_string(&text), expected);
}

/*
 * Nobody can forbid to any effect what is built in, not essential, or not the driver that a device
 * is bound to.
 */
static void test_drivers(void **state)
{
	static const struct need needs[] = {
		{ HOST_NEED_ALIAS, "pci:v00008086d00002922bc01" },
		{ HOST_NEED_ALIAS, "pci:v00001022d00000001bc06", DISK },
		{ HOST_NEED_DM_TARGET, "crypt" },
		{ HOST_NEED_FILESYSTEM, "xfs" },
		{ HOST_NEED_FILESYSTEM, "ext4", .is_optional = true },
	};
	_cleanup_contents_ struct contents contents = { 0 };
	const struct verification_driver *driver;
	_cleanup_host_ struct host host = { 0 };
	struct verification verification;

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		add_need(&host, &needs[i]);
	set_up_verification(NULL, &host, &contents, &verification);
	fake_image_load(&contents);
	assert_int_equal(verify_modules(&verification), 0);
	assert_int_equal(verification.drivers.n_items, 3);
	driver = verification.drivers.items[0];
	expect_names(&driver->modules, "ahci;");
	expect_names(&driver->needs, "ahci;libata;");
	assert_string_equal(driver->why, WHY);
	driver = verification.drivers.items[1];
	expect_names(&driver->modules, "dm_mod;");
	driver = verification.drivers.items[2];
	expect_names(&driver->modules, "dm_crypt;");
	expect_names(&driver->needs, "dm_mod;dm_crypt;dm_mod;");
	verification_done(&verification);
}

/* By the names that libkmod opens. */
static const struct index_row {
	const char *name;
	const char *complaint;
} index_rows[] = {
	{ "modules.dep.bin", FAKE_MODULES_DIR "/modules.dep.bin is not in the image: without that "
					      "index no module can be found" },
	{ "modules.alias.bin", FAKE_MODULES_DIR "/modules.alias.bin is not in the image: without "
						"that index no module can be found" },
	{ "modules.symbols.bin", FAKE_MODULES_DIR "/modules.symbols.bin is not in the image: "
						  "without that index no module can be found" },
	{ "modules.builtin.bin", FAKE_MODULES_DIR "/modules.builtin.bin is not in the image: "
						  "without that index no module can be found" },
};

static void verify_without_index(const char *name, const char *damage, const char *complaint)
{
	_cleanup_free_ char *path = str_format(FAKE_MODULES_DIR "/%s", name);
	_cleanup_contents_ struct contents contents = { 0 };
	_cleanup_host_ struct host host = { 0 };
	struct verification verification;

	add_need(&host, &(struct need)AHCI);
	set_up_verification(NULL, &host, &contents, &verification);
	assert_int_equal(unlink(fake_image_path(path)), 0);
	if (damage)
		write_text(fake_image_path(path), damage);
	fake_image_load(&contents);
	assert_int_equal(verify_modules(&verification), 0);
	expect_sentence(&verification.complaints, complaint);
	expect_sentence(&verification.notes, NULL);
	verification_done(&verification);
}

static void test_missing_index(void **state)
{
	const struct index_row *row = *state;

	verify_without_index(row->name, NULL, row->complaint);
}

static void test_damaged_index(void **state)
{
	verify_without_index("modules.dep.bin", "damaged",
			     "the indexes in " FAKE_MODULES_DIR ", modules.dep.bin and others, are "
			     "damaged, so no module can be found");
}

/* Of the kernel, not of the image, which has none. */
static void test_damaged_index_of_the_kernel(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };
	_cleanup_host_ struct host host = { 0 };
	struct verification verification;

	add_need(&host, &(struct need)AHCI);
	set_up_verification(NULL, &host, &contents, &verification);
	write_text(scratch_path("kernel" FAKE_MODULES_DIR "/modules.dep.bin"), "damaged");
	fake_image_new();
	fake_image_load(&contents);
	recent_log_start();
	assert_int_equal(verify_modules(&verification), -EBADMSG);
	expect_message("are damaged; run depmod for this kernel");
	verification_done(&verification);
}

static size_t count_entries(const char *path)
{
	_cleanup_closedir_ DIR *dir = opendir(path);
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	return n;
}

/* The directory for temporary files, which need not be there. */
static int verify_in(const char *temporary)
{
	_cleanup_contents_ struct contents contents = { 0 };
	_cleanup_host_ struct host host = { 0 };
	struct verification verification;
	int r;

	assert_int_equal(setenv("TMPDIR", temporary, 1), 0);
	set_up_verification(NULL, &host, &contents, &verification);
	fake_image_load(&contents);
	r = verify_modules(&verification);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	expect_sentence(&verification.complaints, NULL);
	verification_done(&verification);
	return r;
}

static void test_temporary_files(void **state)
{
	recent_log_start();
	assert_int_equal(verify_in(scratch_path("kernel")), 0);
	expect_no_message();
	/* "usr" is the kernel's. */
	assert_int_equal(count_entries(scratch_path("kernel")), 3);
	assert_int_equal(verify_in(scratch_path("absent")), -ENOENT);
	expect_message("cannot make a directory for the image's indexes in");
}

static int set_up(void **state)
{
	write_kernel(scratch_path("kernel"), NULL);
	return sysroot_open(scratch_path("kernel"), &sysroot);
}

static int tear_down(void **state)
{
	sysroot_close(&sysroot);
	return 0;
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_needs, rows);
	TEST(&list, test_drivers);
	TEST_ROWS(&list, test_missing_index, index_rows);
	TEST(&list, test_damaged_index);
	TEST(&list, test_damaged_index_of_the_kernel);
	TEST(&list, test_temporary_files);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
