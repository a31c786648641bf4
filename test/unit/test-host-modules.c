/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From needs to the modules of a made-up kernel. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "fake-kernel.h"
#include "image/host/host-needs.h"
#include "image/modules/host-modules.h"
#include "image/tree/sysroot.h"
#include "support.h"

static const struct fake_row modules[] = {
	{ "adiantum", "kernel/crypto/adiantum.ko:" },
	{ "ahci", "kernel/drivers/ata/ahci.ko: kernel/drivers/ata/libata.ko" },
	{ "atkbd", "kernel/drivers/input/keyboard/atkbd.ko:" },
	{ "btrfs", "kernel/fs/btrfs/btrfs.ko:" },
	{ "dm_cache", "kernel/drivers/md/dm-cache.ko:" },
	{ "dm_mod", "kernel/drivers/md/dm-mod.ko:" },
	{ "dm_raid", "kernel/drivers/md/dm-raid.ko:" },
	{ "dm_snapshot", "kernel/drivers/md/dm-snapshot.ko:" },
	{ "dm_thin_pool", "kernel/drivers/md/dm-thin-pool.ko:" },
	{ "hid_apple", "kernel/drivers/hid/hid-apple.ko:" },
	{ "i2c_hid", "kernel/drivers/hid/i2c-hid/i2c-hid.ko:" },
	{ "jfs", "kernel/fs/jfs/jfs.ko:" },
	{ "lan", "kernel/drivers/net/lan.ko:" },
	{ "libata", "kernel/drivers/ata/libata.ko:" },
	{ "megaraid", "kernel/drivers/scsi/megaraid.ko:" },
	{ "pinctrl_any", "kernel/drivers/pinctrl/intel/pinctrl-any.ko:" },
	{ "raid1", "kernel/drivers/md/raid1.ko:" },
	{ "serpent_avx", "kernel/arch/x86/crypto/serpent-avx.ko:" },
	{ "serpent_generic", "kernel/crypto/serpent_generic.ko:" },
	{ "sha1", "kernel/crypto/sha1.ko:" },
	{ "sha3_generic", "kernel/crypto/sha3_generic.ko:" },
	{ "vfat", "kernel/fs/fat/vfat.ko:" },
	{ "xchacha", "kernel/crypto/xchacha.ko:" },
	{ "xfs", "kernel/fs/xfs/xfs.ko:" },
	{ "zonefs", "kernel/fs/zonefs/zonefs.ko:" },
};

static const struct fake_row aliases[] = {
	{ "crypto_adiantum", "adiantum" },
	/* Of that name, but no numbering of sectors. */
	{ "crypto_plain64", "lan" },
	{ "crypto_serpent", "serpent_avx" },
	{ "crypto_serpent", "serpent_generic" },
	{ "crypto_sha1", "sha1" },
	{ "crypto_sha3_256", "sha3_generic" },
	{ "crypto_xchacha20", "xchacha" },
	{ "dm_snapshot_origin", "dm_snapshot" },
	{ "fs_btrfs", "btrfs" },
	{ "fs_vfat", "vfat" },
	{ "fs_xfs", "xfs" },
	{ "md_raid1", "raid1" },
	{ "pci:v00001000d*", "megaraid" },
};

static const struct fake_row builtins[] = { { "ext4", "" }, { "usbhid", "" } };

static const struct fake_kernel kernel = {
	.modules = modules,
	.n_modules = ARRAY_SIZE(modules),
	.aliases = aliases,
	.n_aliases = ARRAY_SIZE(aliases),
	.builtins = builtins,
	.n_builtins = ARRAY_SIZE(builtins),
};

/* What any machine gets of it. */
#define SAFETY_NET "ahci,atkbd,dm_mod,hid_apple,i2c_hid,libata,pinctrl_any,vfat"

static struct sysroot sysroot = SYSROOT_NONE;

static int set_up(void **state)
{
	const char *root = scratch_path("root");

	remove_tree(root);
	fake_kernel_write(&kernel, root);
	return sysroot_open(root, &sysroot);
}

static int tear_down(void **state)
{
	sysroot_close(&sysroot);
	return 0;
}

static struct kmod_closure *add_host(const struct host *host)
{
	struct kmod_closure *closure;

	assert_int_equal(kmod_closure_new(scratch_path("root" FAKE_MODULES_DIR), FAKE_KVER,
					  &sysroot, &closure),
			 0);
	assert_int_equal(host_modules_add(closure, host), 0);
	return closure;
}

static const struct kmod_closure_module *find(struct kmod_closure *closure, const char *name)
{
	const struct kmod_closure_module *module, *found = NULL;
	struct vec list;

	assert_int_equal(kmod_closure_list(closure, &list), 0);
	vec_for_each(module, &list)
		if (module->host_path && str_equal(module->name, name))
			found = module;
	vec_done(&list, NULL);
	return found;
}

/* The list is complete. */
static void expect_modules(struct kmod_closure *closure, const char *names)
{
	size_t n = 0, size;
	const char *item;

	while ((item = str_next_item(&names, &size))) {
		_cleanup_free_ char *name = strndup(item, size);

		n++;
		assert_non_null(name);
		if (!find(closure, name))
			fail_msg("%s is missing", name);
	}
	assert_int_equal(kmod_closure_count(closure), n);
}

struct need_row {
	const char *name; /* of the need as well, up to a blank */
	enum host_need_kind kind;
	const char *modules;
};

static const struct need_row need_rows[] = {
	{ "pci:v00001000d00000079", HOST_NEED_ALIAS, "megaraid" },
	{ "pci:v00009999d00000079", HOST_NEED_ALIAS, "" },
	{ "md-raid1", HOST_NEED_ALIAS, "raid1" },
	{ "lan", HOST_NEED_MODULE, "lan" },
	{ "usbhid", HOST_NEED_MODULE, "" },
	{ "gone-since", HOST_NEED_MODULE, "" },
	{ "xfs", HOST_NEED_FILESYSTEM, "xfs" },
	{ "jfs has no alias", HOST_NEED_FILESYSTEM, "jfs" },
	{ "ext4", HOST_NEED_FILESYSTEM, "" },
	{ "bcachefs", HOST_NEED_FILESYSTEM, "" },
	{ "btrfs", HOST_NEED_FILESYSTEM, "btrfs" },
	{ "linear", HOST_NEED_DM_TARGET, "" },
	{ "snapshot-origin", HOST_NEED_DM_TARGET, "dm_snapshot" },
	{ "thin", HOST_NEED_DM_TARGET, "dm_thin_pool" },
	{ "thin-pool", HOST_NEED_DM_TARGET, "dm_thin_pool" },
	{ "cache", HOST_NEED_DM_TARGET, "dm_cache" },
	{ "raid", HOST_NEED_DM_TARGET, "dm_raid" },
	{ "vdo", HOST_NEED_DM_TARGET, "" },
	{ "serpent-xts-plain64", HOST_NEED_CIPHER, "serpent_avx,serpent_generic" },
	{ "capi:xts(serpent)-plain64", HOST_NEED_CIPHER, "serpent_avx,serpent_generic" },
	{ "serpent-cbc-essiv:sha1", HOST_NEED_CIPHER, "serpent_avx,serpent_generic,sha1" },
	{ "xchacha20,aes-adiantum-plain64", HOST_NEED_CIPHER, "xchacha,adiantum" },
	{ "sha3-256", HOST_NEED_CIPHER, "sha3_generic" },
	{ "zonefs-xts", HOST_NEED_CIPHER, "" },
};

static void test_need(void **state)
{
	const struct need_row *row = *state;
	_cleanup_free_ char *name = strndup(row->name, strcspn(row->name, " ")), *all = NULL;
	_cleanup_host_ struct host host = { 0 };
	struct kmod_closure *closure;

	all = str_format("%s%s%s", SAFETY_NET, *row->modules ? "," : "", row->modules);
	assert_true(name && all);
	assert_int_equal(host_add_need(&host, row->kind, name, NULL, true, "for a test"), 0);
	closure = add_host(&host);
	expect_modules(closure, all);
	kmod_closure_free(closure);
}

struct known_row {
	const char *name; /* of the need as well */
	enum host_need_kind kind;
	int is_known;
};

static const struct known_row known_rows[] = {
	{ "pci:v00001000d00000080", HOST_NEED_ALIAS, 1 },
	{ "pci:v00009999d00000080", HOST_NEED_ALIAS, 0 },
	{ "hid_apple", HOST_NEED_MODULE, 1 },
	{ "usbhid", HOST_NEED_MODULE, 1 },
	{ "ext4", HOST_NEED_FILESYSTEM, 1 },
	{ "zonefs", HOST_NEED_FILESYSTEM, 1 },
	{ "bcachefs", HOST_NEED_FILESYSTEM, 0 },
	{ "striped", HOST_NEED_DM_TARGET, 1 },
	{ "vdo", HOST_NEED_DM_TARGET, 0 },
	{ "serpent-plain64", HOST_NEED_CIPHER, 1 },
	{ "serpent-xts-plain64", HOST_NEED_CIPHER, 0 },
	{ "sha3-256", HOST_NEED_CIPHER, 1 },
};

static void test_known(void **state)
{
	const struct known_row *row = *state;
	const struct host_need need = {
		.kind = row->kind,
		.name = (char *)row->name,
		.why = (char *)"for a test",
	};
	const struct host none = { 0 };
	struct kmod_closure *closure = add_host(&none);

	assert_int_equal(host_modules_add_need(closure, &need), row->is_known);
	kmod_closure_free(closure);
}

/* Two needs of the same module: the first reason stays, and it is no general one. */
static void test_reasons(void **state)
{
	_cleanup_host_ struct host host = { 0 };
	struct kmod_closure *closure;

	assert_int_equal(host_add_need(&host, HOST_NEED_MODULE, "ahci", "devices/a", true,
				       "the driver of %s", "a"),
			 0);
	assert_int_equal(host_add_need(&host, HOST_NEED_FILESYSTEM, "btrfs", NULL, true, "of %s",
				       "root"),
			 0);
	closure = add_host(&host);
	assert_string_equal(find(closure, "ahci")->why, "the driver of a");
	assert_string_equal(find(closure, "btrfs")->why, "of root");
	assert_string_equal(find(closure, "atkbd")->why, "PS/2 keyboards");
	kmod_closure_free(closure);
}

static void test_no_needs(void **state)
{
	const struct host host = { 0 };
	struct kmod_closure *closure = add_host(&host);

	expect_modules(closure, SAFETY_NET);
	kmod_closure_free(closure);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_need, need_rows);
	TEST_ROWS(&list, test_known, known_rows);
	TEST(&list, test_reasons);
	TEST(&list, test_no_needs);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
