/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked for at run time only, in a made-up kernel. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "fake-kernel.h"
#include "image/modules/runtime-needs.h"

static const struct fake_row modules[] = {
	{ "9p", "kernel/fs/9p/9p.ko:" },
	{ "9pnet_virtio", "kernel/net/9p/9pnet_virtio.ko:" },
	{ "af_alg", "kernel/crypto/af_alg.ko:" },
	{ "aes_fast", "kernel/arch/x86/crypto/aes-fast.ko:" },
	{ "aes_slow", "kernel/crypto/aes-slow.ko:" },
	{ "algif_skcipher", "kernel/crypto/algif_skcipher.ko: kernel/crypto/af_alg.ko" },
	{ "blake2b_generic", "kernel/crypto/blake2b_generic.ko:" },
	{ "btrfs", "kernel/fs/btrfs/btrfs.ko:" },
	{ "crc32c_slow", "kernel/crypto/crc32c-slow.ko:" },
	{ "deflate", "kernel/crypto/deflate.ko:" },
	{ "dm_cache", "kernel/drivers/md/dm-cache.ko:" },
	{ "dm_cache_smq", "kernel/drivers/md/dm-cache-smq.ko:" },
	{ "dm_crypt", "kernel/drivers/md/dm-crypt.ko:" },
	{ "dm_raid", "kernel/drivers/md/dm-raid.ko:" },
	{ "ecb", "kernel/crypto/ecb.ko:" },
	{ "ext4", "kernel/fs/ext4/ext4.ko:" },
	{ "fat", "kernel/fs/fat/fat.ko:" },
	{ "lzo", "kernel/crypto/lzo.ko:" },
	{ "nls_ascii", "kernel/fs/nls/nls_ascii.ko:" },
	{ "nls_cp437", "kernel/fs/nls/nls_cp437.ko:" },
	{ "psmouse", "kernel/drivers/input/mouse/psmouse.ko:" },
	{ "raid1", "kernel/drivers/md/raid1.ko:" },
	{ "sd_mod", "kernel/drivers/scsi/sd_mod.ko:" },
	{ "uas", "kernel/drivers/usb/storage/uas.ko: kernel/drivers/usb/storage/usb-storage.ko" },
	{ "ubifs", "kernel/fs/ubifs/ubifs.ko:" },
	{ "usb_storage", "kernel/drivers/usb/storage/usb-storage.ko:" },
	{ "vfat", "kernel/fs/fat/vfat.ko: kernel/fs/fat/fat.ko" },
	{ "xts", "kernel/crypto/xts.ko:" },
};

static const struct fake_row aliases[] = {
	{ "crypto_aes", "aes_fast" },
	{ "crypto_aes", "aes_slow" },
	{ "crypto_blake2b_256", "blake2b_generic" },
	{ "crypto_crc32c", "crc32c_slow" },
	{ "crypto_deflate", "deflate" },
	{ "crypto_ecb", "ecb" },
	{ "crypto_lzo", "lzo" },
	{ "crypto_xts", "xts" },
	{ "dm_cache_default", "dm_cache_smq" },
	{ "md_level_1", "raid1" },
	{ "net_pf_38", "af_alg" },
};

static const struct fake_row builtins[] = { { "i8042", "" }, { "atkbd", "" }, { "sha256", "" } };

static struct sysroot sysroot;
static struct kmod_closure *closure;

static int set_up(void **state)
{
	const struct fake_kernel kernel = {
		.modules = modules,
		.n_modules = ARRAY_SIZE(modules),
		.aliases = aliases,
		.n_aliases = ARRAY_SIZE(aliases),
		.builtins = builtins,
		.n_builtins = ARRAY_SIZE(builtins),
	};

	fake_kernel_write(&kernel, scratch_path("root"));
	assert_int_equal(sysroot_open(scratch_path("root"), &sysroot), 0);
	return kmod_closure_new(scratch_path("root" FAKE_MODULES_DIR), FAKE_KVER, &sysroot,
				&closure);
}

static int tear_down(void **state)
{
	closure = kmod_closure_free(closure);
	sysroot_close(&sysroot);
	remove_tree(scratch_path("root"));
	return 0;
}

struct row {
	const char *wanted;
	const char *expected[9]; /* files only, sorted */
};

static const struct row rows[] = {
	/* No module has to ask for it. */
	{ "hid", { "lzo" } },
	/* All that answer to an alias; what is asked for by what was asked for. */
	{ "dm_crypt",
	  { "aes_fast", "aes_slow", "af_alg", "algif_skcipher", "dm_crypt", "ecb", "lzo", "xts" } },
	{ "ext4", { "crc32c_slow", "ext4", "lzo" } },
	{ "btrfs", { "blake2b_generic", "btrfs", "crc32c_slow", "lzo" } },
	{ "ubifs", { "deflate", "lzo", "ubifs" } },
	{ "9p", { "9p", "9pnet_virtio", "lzo" } },
	{ "dm_cache", { "dm_cache", "dm_cache_smq", "lzo" } },
	{ "dm_raid", { "dm_raid", "lzo", "raid1" } },
	/* A dependency asks as well. */
	{ "vfat", { "fat", "lzo", "nls_ascii", "nls_cp437", "vfat" } },
	{ "usb_storage", { "lzo", "sd_mod", "uas", "usb_storage" } },
	/* Builtin, and so is what leads to it. */
	{ "atkbd", { "lzo", "psmouse" } },
	{ "xts", { "ecb", "lzo", "xts" } },
	{ "af_alg", { "af_alg", "lzo" } },
};

static void test_needs(void **state)
{
	const struct row *row = *state;
	const struct kmod_closure_module *module;
	struct vec list = { 0 };
	size_t n = 0;

	(void)kmod_closure_add(closure, row->wanted, "wanted");
	assert_int_equal(runtime_needs_add(closure), 0);
	assert_int_equal(kmod_closure_list(closure, &list), 0);
	vec_for_each(module, &list) {
		if (!module->host_path)
			continue;
		assert_non_null(row->expected[n]);
		assert_string_equal(module->name, row->expected[n]);
		n++;
	}
	assert_null(row->expected[n]);
	vec_done(&list, NULL);
}

static const char *get_reason(const char *name)
{
	const struct kmod_closure_module *module;
	const char *why = NULL;
	struct vec list = { 0 };

	assert_int_equal(kmod_closure_list(closure, &list), 0);
	vec_for_each(module, &list)
		if (strcmp(module->name, name) == 0)
			why = module->why;
	vec_done(&list, NULL);
	return why;
}

static void test_reasons(void **state)
{
	assert_int_equal(kmod_closure_add(closure, "dm_crypt", "wanted"), 0);
	assert_int_equal(runtime_needs_add(closure), 0);
	assert_string_equal(get_reason("dm_crypt"), "wanted");
	assert_string_equal(get_reason("xts"), "asked for at run time by dm_crypt");
	assert_string_equal(get_reason("lzo"), "reads the image of a hibernated system");
}

/* In the image a reason leads on to the next. */
static void test_reasons_in_the_image(void **state)
{
	_cleanup_tree_ struct tree tree = { 0 };

	assert_int_equal(kmod_closure_add(closure, "dm_crypt", "wanted"), 0);
	assert_int_equal(runtime_needs_add(closure), 0);
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree, MODULE_STORAGE_AS_IS), 0);
	assert_string_equal(tree_get(&tree, FAKE_MODULES_DIR "/kernel/crypto/xts.ko")->why,
			    "asked for at run time by " FAKE_MODULES_DIR
			    "/kernel/drivers/md/dm-crypt.ko");
}

/* Once there is nothing new, there is nothing to add. */
static void test_twice(void **state)
{
	size_t n;

	assert_int_equal(kmod_closure_add(closure, "dm_crypt", "wanted"), 0);
	assert_int_equal(runtime_needs_add(closure), 0);
	n = kmod_closure_count(closure);
	assert_int_equal(runtime_needs_add(closure), 0);
	assert_int_equal(kmod_closure_count(closure), n);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_needs, rows);
	TEST(&list, test_reasons);
	TEST(&list, test_reasons_in_the_image);
	TEST(&list, test_twice);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
