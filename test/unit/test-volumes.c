/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which volumes are handed to unlock, and when; unlock itself is a list of them here. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "config/cmdline.h"
#include "config/crypt-volume.h"
#include "init/blockdev.h"
#include "init/match.h"
#include "init/unlock.h"
#include "init/volumes.h"
#include "recent-log.h"
#include "support.h"

#define ROOT_UUID "11111111-aaaa-4aaa-8aaa-111111111111"
#define HOME_UUID "22222222-bbbb-4bbb-8bbb-222222222222"

#define ROOT_LINE "cryptroot UUID=" ROOT_UUID " none luks\n"
#define HOME_LINE "crypthome UUID=" HOME_UUID " none luks\n"

static struct vec added; /* of struct crypt_volume, by unlock */

/* The linker puts these in the place of those; see meson.build. */
int __wrap_unlock_add_volume(struct unlock *unlock, struct crypt_volume *wanted);
void __wrap_unlock_device_appeared(struct unlock *unlock, const struct blockdev *device);
const char *__wrap_unlock_get_name(const struct unlock *unlock, const struct blockdev *device);

int __wrap_unlock_add_volume(struct unlock *unlock, struct crypt_volume *wanted)
{
	return vec_push(&added, wanted);
}

void __wrap_unlock_device_appeared(struct unlock *unlock, const struct blockdev *device)
{
}

const char *__wrap_unlock_get_name(const struct unlock *unlock, const struct blockdev *device)
{
	const struct crypt_volume *volume;

	vec_for_each(volume, &added)
		if (match_device(device, &volume->device, SUPERBLOCK_LUKS))
			return volume->name;
	return NULL;
}

static int tear_down(void **state)
{
	vec_done(&added, crypt_volume_free);
	remove_tree(scratch_path("etc"));
	remove_tree(scratch_path("cryptroot"));
	return 0;
}

/* Those that were added since, "cryptroot:discard " each; a space alone for nothing. */
static void expect_added(const char *names)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const struct crypt_volume *volume;

	vec_for_each(volume, &added)
		strbuf_printf(&text, "%s%s%s", text.size > 0 ? " " : "",
			      volume->name ? volume->name : volume->device.text,
			      volume->options.discard ? ":discard" : "");
	assert_string_equal(strbuf_string(&text), names);
}

static struct volumes *start(const char *cmdline, struct boot_config *config)
{
	struct volumes *volumes;

	assert_int_equal(cmdline_parse(cmdline, config), 0);
	assert_int_equal(volumes_new(NULL, config, scratch_directory(), &volumes), 0);
	return volumes;
}

struct start_row {
	const char *name;
	const char *cmdline;
	const char *crypttab; /* NULL: none */
	const char *added;
};

static const struct start_row start_rows[] = {
	{ "no crypttab", "root=/dev/sda1", NULL, "" },
	{ "the command line alone", "rd.luks.name=" ROOT_UUID "=r root=/dev/mapper/r", NULL, "r" },
	{ "the root's mapping", "root=/dev/mapper/cryptroot", ROOT_LINE HOME_LINE, "cryptroot" },
	{ "the root's header", "root=UUID=" ROOT_UUID, ROOT_LINE HOME_LINE, "cryptroot" },
	{ "a UUID may be in any", "root=UUID=0815", ROOT_LINE HOME_LINE, "cryptroot crypthome" },
	{ "and so may a label", "root=LABEL=root", ROOT_LINE HOME_LINE, "cryptroot crypthome" },
	{ "and a logical volume", "root=/dev/mapper/vg-root", ROOT_LINE HOME_LINE,
	  "cryptroot crypthome" },
	{ "by its other name, too", "root=/dev/vg/root", ROOT_LINE, "cryptroot" },
	{ "but no partition", "root=PARTUUID=0815", ROOT_LINE HOME_LINE, "" },
	{ "by no name", "root=/dev/sda2", ROOT_LINE HOME_LINE, "" },
	{ "nothing awaited", "quiet", ROOT_LINE, "" },
	{ "a separate /usr", "root=/dev/sda2 mount.usr=/dev/mapper/crypthome", ROOT_LINE HOME_LINE,
	  "crypthome" },
	{ "resume", "root=/dev/sda2 resume=/dev/mapper/crypthome", ROOT_LINE HOME_LINE,
	  "crypthome" },
	{ "noresume", "root=/dev/sda2 resume=/dev/mapper/crypthome noresume", ROOT_LINE HOME_LINE,
	  "" },
	{ "the fallback", "root=/dev/sda2 rootfallback=/dev/mapper/crypthome", HOME_LINE,
	  "crypthome" },
	{ "x-initrd.attach", "root=/dev/sda2",
	  ROOT_LINE "data /dev/sdb none luks,x-initrd.attach,discard", "data:discard" },
	{ "initramfs", "root=/dev/sda2", ROOT_LINE "data /dev/sdb none luks,initramfs", "data" },
	{ "noauto", "root=UUID=0815", "a /dev/sda - noauto,x-initrd.attach\n" ROOT_LINE,
	  "cryptroot" },
	{ "noauto, but named", "root=/dev/mapper/a", "a /dev/sda - noauto\n" ROOT_LINE, "a" },
	{ "a UUID on the command line", "rd.luks.uuid=" HOME_UUID " root=UUID=0815",
	  ROOT_LINE HOME_LINE, "crypthome" },
	{ "a root that the command line opens", "cryptdevice=/dev/sda2:root root=/dev/mapper/root",
	  ROOT_LINE HOME_LINE, "root" },
	{ "rd.luks=0", "rd.luks=0 root=UUID=0815", ROOT_LINE, "" },
	{ "rd.luks.crypttab=0", "rd.luks.crypttab=0 root=UUID=0815", ROOT_LINE, "" },
	{ "a bad line harms only itself", "root=UUID=0815",
	  "nodevice\n\xff\xfe /dev/sdz\n/ /dev/sda1\n" ROOT_LINE "x y z w v\n" HOME_LINE,
	  "\xff\xfe cryptroot crypthome" },
};

static void at_the_start(void **state)
{
	const struct start_row *row = *state;
	struct boot_config config;
	struct volumes *volumes;

	if (row->crypttab)
		write_text(scratch_path("etc/crypttab"), row->crypttab);
	volumes = start(row->cmdline, &config);
	expect_added(row->added);
	volumes_free(volumes);
	boot_config_done(&config);
}

static void test_files(void **state)
{
	struct boot_config config;

	write_text(scratch_path("cryptroot/crypttab"), "debian /dev/sda1\n");
	volumes_free(start("root=UUID=0815", &config));
	boot_config_done(&config);
	write_text(scratch_path("etc/crypttab"), "usual /dev/sda1\n");
	volumes_free(start("root=UUID=0815", &config));
	boot_config_done(&config);
	write_text(scratch_path("etc/crypttab.initramfs"), "arch /dev/sda1\n");
	volumes_free(start("root=UUID=0815", &config));
	boot_config_done(&config);
	expect_added("debian usual arch");
}

static void test_nul_bytes(void **state)
{
	static const char text[] = "a /dev/sda\0b /dev/sdb\n";
	struct boot_config config;
	struct volumes *volumes;

	write_file(scratch_path("etc/crypttab"), text, sizeof(text) - 1);
	recent_log_start();
	volumes = start("root=UUID=0815", &config);
	expect_added("a b");
	assert_string_equal(recent_log(), "there are NUL bytes in /etc/crypttab, going on as if "
					  "they were ends of lines\n");
	volumes_free(volumes);
	boot_config_done(&config);
}

/* What the root's fstab names comes later. */
static void test_wanted_later(void **state)
{
	struct boot_config config;
	struct volumes *volumes;
	struct device_spec usr, other;

	write_text(scratch_path("etc/crypttab"), ROOT_LINE HOME_LINE "more /dev/sdb - luks\n");
	volumes = start("root=/dev/mapper/cryptroot", &config);
	assert_int_equal(device_spec_parse("/dev/mapper/crypthome", &usr), 0);
	assert_int_equal(device_spec_parse("LABEL=other", &other), 0);
	expect_added("cryptroot");
	assert_true(volumes_want(volumes, &usr));
	expect_added("cryptroot crypthome");
	assert_false(volumes_want(volumes, &usr));
	assert_true(volumes_want(volumes, &other));
	expect_added("cryptroot crypthome more");
	assert_false(volumes_want(volumes, &other));
	device_spec_done(&usr);
	device_spec_done(&other);
	volumes_free(volumes);
	boot_config_done(&config);
}

struct found_row {
	const char *name;
	const char *cmdline, *crypttab;
	const char *opened_as, *added;
};

/* root= is /dev/sda2, and that turns out to carry the root's header. */
static const struct found_row found_rows[] = {
	{ "nobody knows it", "", "", "root", "root" },
	{ "bare options reach it", "rd.luks.options=discard", "", "root", "root:discard" },
	{ "and so do those for its UUID", "rd.luks.options=" ROOT_UUID "=discard", "", "root",
	  "root:discard" },
	{ "those for another do not", "rd.luks.options=" HOME_UUID "=discard", "", "root", "root" },
	{ "a line of crypttab that was idle", "", HOME_LINE ROOT_LINE, "cryptroot", "cryptroot" },
	{ "named already", "rd.luks.name=" ROOT_UUID "=mine", "", "mine", "mine" },
};

static void found_on_the_root(void **state)
{
	const struct found_row *row = *state;
	const struct blockdev device = {
		.node = (char *)"/dev/sda2",
		.superblocks = { { .type = SUPERBLOCK_LUKS, .uuid = ROOT_UUID, .label = "" } },
		.n_superblocks = 1,
		.partuuid = "",
		.partlabel = "",
	};
	_cleanup_free_ char *cmdline = str_format("root=/dev/sda2 %s", row->cmdline);
	struct boot_config config;
	struct volumes *volumes;

	write_text(scratch_path("etc/crypttab"), row->crypttab);
	volumes = start(cmdline, &config);
	assert_string_equal(volumes_open(volumes, &device, "root"), row->opened_as);
	expect_added(row->added);
	assert_string_equal(volumes_open(volumes, &device, "root"), row->opened_as);
	expect_added(row->added);
	volumes_free(volumes);
	boot_config_done(&config);
}

struct purpose_row {
	const char *name;
	const char *cmdline, *purpose; /* of cryptroot */
};

static const struct purpose_row purpose_rows[] = {
	{ "the root", "root=/dev/mapper/cryptroot", "on /" },
	{ "the root, by its header", "root=UUID=" ROOT_UUID, "on /" },
	{ "/usr", "root=/dev/sda1 mount.usr=/dev/mapper/cryptroot", "on /usr" },
	{ "resume", "root=/dev/sda1 resume=/dev/mapper/cryptroot", "to resume from" },
	{ "both", "root=/dev/mapper/cryptroot resume=/dev/mapper/cryptroot", "on /" },
	{ "nobody knows", "root=UUID=0815", NULL },
};

static void has_a_purpose(void **state)
{
	const struct purpose_row *row = *state;
	const struct crypt_volume *volume;
	struct boot_config config;
	struct volumes *volumes;

	write_text(scratch_path("etc/crypttab"), ROOT_LINE);
	volumes = start(row->cmdline, &config);
	assert_int_equal(added.n_items, 1);
	volume = added.items[0];
	assert_int_equal(!volume->purpose, !row->purpose);
	if (row->purpose)
		assert_string_equal(volume->purpose, row->purpose);
	volumes_free(volumes);
	boot_config_done(&config);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, at_the_start, start_rows);
	TEST(&list, test_files);
	TEST(&list, test_nul_bytes);
	TEST(&list, test_wanted_later);
	TEST_ROWS(&list, found_on_the_root, found_rows);
	TEST_ROWS(&list, has_a_purpose, purpose_rows);
	test_list_set_fixtures(&list, NULL, tear_down);
	return test_list_run(&list);
}
