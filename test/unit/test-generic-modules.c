/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a generic image takes of a made-up kernel: by directory, by alias, by symbol. */
#include "support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "fake-kernel.h"
#include "fake-module.h"
#include "image/modules/alias-classes.h"
#include "image/modules/generic-modules.h"

/* All of them are there; those that are imported from tell of their imports below. */
static const struct fake_row modules[] = {
	{ "ahci", "kernel/drivers/ata/ahci.ko:" },
	{ "by_class", "kernel/drivers/misc/by-class.ko:" },
	{ "by_class_lan", "kernel/drivers/misc/by-class-lan.ko: kernel/net/lan.ko" },
	{ "by_symbol", "kernel/drivers/misc/by-symbol.ko: kernel/drivers/scsi/scsi_mod.ko" },
	{ "by_symbol_lan", "kernel/drivers/misc/by-symbol-lan.ko: "
			   "kernel/drivers/scsi/scsi_mod.ko kernel/net/lan.ko" },
	{ "lan", "kernel/net/lan.ko:" },
	{ "pl2303", "kernel/drivers/usb/serial/pl2303.ko:" },
	{ "scsi_mod", "kernel/drivers/scsi/scsi_mod.ko:" },
	{ "sensor", "kernel/drivers/hwmon/sensor.ko: kernel/drivers/scsi/scsi_mod.ko" },
	{ "staged", "kernel/drivers/staging/x/staged.ko:" },
	{ "staged_other", "kernel/drivers/staging/x/staged-other.ko:" },
	{ "unread", "kernel/drivers/misc/unread.ko:" },
	{ "user", "kernel/drivers/misc/user.ko: kernel/drivers/scsi/scsi_mod.ko" },
	{ "vendor", "updates/dkms/vendor.ko:" },
	{ "vendor_broken", "updates/dkms/vendor-broken.ko:" },
	{ "vendor_huge", "updates/dkms/vendor-huge.ko:" },
	{ "vendor_other", "extra/vendor-other.ko:" },
};

static const struct {
	const char *path, *symbol;
} imports[] = {
	{ "kernel/drivers/misc/by-symbol.ko", "scsi_add_host_with_dma" },
	{ "kernel/drivers/misc/by-symbol-lan.ko", "scsi_add_host_with_dma" },
	{ "kernel/drivers/misc/unread.ko", "scsi_add_host_with_dma" },
	{ "kernel/drivers/misc/user.ko", "scsi_device_get" },
	{ "kernel/drivers/hwmon/sensor.ko", "scsi_add_host_with_dma" },
	{ "kernel/drivers/staging/x/staged.ko", "mmc_add_host" },
	{ "kernel/drivers/staging/x/staged-other.ko", "printk" },
	{ "updates/dkms/vendor.ko", "__blk_mq_alloc_disk" },
	{ "updates/dkms/vendor-huge.ko", "__blk_mq_alloc_disk" },
	{ "extra/vendor-other.ko", "printk" },
};

static const struct fake_row aliases[] = {
	{ "pci:v*d*sv*sd*bc01sc06i01*", "by_class" },
	{ "pci:v*d*sv*sd*bc02sc00i*", "unread" },
	{ "pci:v*d*sv*sd*bc01sc00i*", "by_class_lan" },
};

static const struct fake_kernel kernel = {
	.modules = modules,
	.n_modules = ARRAY_SIZE(modules),
	.aliases = aliases,
	.n_aliases = ARRAY_SIZE(aliases),
};

static const char *in_modules(const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "root" FAKE_MODULES_DIR "/%s", name);
	return scratch_path(path);
}

static int set_up(void **state)
{
	fake_kernel_write(&kernel, scratch_path("root"));
	for (size_t i = 0; i < ARRAY_SIZE(imports); i++) {
		const char *const symbols[] = { "module_layout", imports[i].symbol, NULL };
		const struct fake_module module = {
			.modinfo = "license=GPL",
			.modinfo_size = sizeof("license=GPL"),
			.imports = symbols,
		};

		fake_module_write(&module, in_modules(imports[i].path));
	}
	return 0;
}

static int tear_down(void **state)
{
	remove_tree(scratch_path("root"));
	return 0;
}

static const char *get_reason(const struct tree *tree, const char *path)
{
	_cleanup_free_ char *full = str_format(FAKE_MODULES_DIR "/%s", path);
	const struct tree_entry *entry;

	assert_non_null(full);
	entry = tree_get(tree, full);
	return entry ? entry->why : NULL;
}

static void choose(struct tree *tree)
{
	struct kmod_closure *closure;
	_cleanup_free_ char *dir = strdup(in_modules(""));
	struct sysroot sysroot;

	assert_non_null(dir);
	dir[strlen(dir) - 1] = '\0';
	assert_int_equal(sysroot_open(scratch_path("root"), &sysroot), 0);
	assert_int_equal(kmod_closure_new(dir, FAKE_KVER, &sysroot, &closure), 0);
	assert_int_equal(generic_modules_add(closure, dir, NULL), 0);
	assert_int_equal(kmod_closure_add_to_tree(closure, tree, MODULE_STORAGE_AS_IS), 0);
	sysroot_close(&sysroot);
	kmod_closure_free(closure);
}

static void test_choice(void **state)
{
	static const struct {
		const char *path, *why;
	} rows[] = {
		{ "kernel/drivers/ata/ahci.ko", "SATA and PATA disks" },
		{ "kernel/drivers/misc/by-class.ko", "controllers of disks" },
		{ "kernel/drivers/misc/by-class-lan.ko", NULL },
		{ "kernel/drivers/misc/by-symbol.ko", "SCSI disks" },
		{ "kernel/drivers/misc/by-symbol-lan.ko", NULL },
		/* It needs scsi_mod, and does not announce anything. */
		{ "kernel/drivers/misc/user.ko", NULL },
		/* Nothing hints at it, so its file is not read. */
		{ "kernel/drivers/misc/unread.ko", NULL },
		{ "kernel/drivers/hwmon/sensor.ko", NULL },
		{ "kernel/drivers/staging/x/staged.ko", "SD cards and eMMC" },
		{ "kernel/drivers/staging/x/staged-other.ko", NULL },
		{ "updates/dkms/vendor.ko", "disks" },
		/* The made-up kernel's files are no ELF files. */
		{ "updates/dkms/vendor-broken.ko", NULL },
		{ "extra/vendor-other.ko", NULL },
		{ "kernel/net/lan.ko", NULL },
	};
	_cleanup_tree_ struct tree tree = { 0 };

	choose(&tree);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *why = get_reason(&tree, rows[i].path);

		if (rows[i].why) {
			assert_non_null(why);
			assert_string_equal(why, rows[i].why);
		} else {
			assert_null(why);
		}
	}
}

/* The kernel has consoles on USB only where all of that is built in. */
static void test_usb_console(void **state)
{
	static const struct fake_row builtins[] = { { "usbserial", "" } };
	struct fake_kernel other = kernel;
	_cleanup_tree_ struct tree tree = { 0 }, tree_of_other = { 0 };

	choose(&tree);
	assert_null(get_reason(&tree, "kernel/drivers/usb/serial/pl2303.ko"));
	other.builtins = builtins;
	other.n_builtins = ARRAY_SIZE(builtins);
	fake_kernel_write(&other, scratch_path("root"));
	choose(&tree_of_other);
	assert_string_equal(get_reason(&tree_of_other, "kernel/drivers/usb/serial/pl2303.ko"),
			    "serial consoles on USB");
}

/* No time is spent on decompressing what is too large for a driver of disks. */
static void test_huge_file(void **state)
{
	_cleanup_tree_ struct tree tree = { 0 }, small = { 0 };

	choose(&small);
	assert_non_null(get_reason(&small, "updates/dkms/vendor-huge.ko"));
	assert_int_equal(truncate(in_modules("updates/dkms/vendor-huge.ko"), 5 << 20), 0);
	choose(&tree);
	assert_null(get_reason(&tree, "updates/dkms/vendor-huge.ko"));
}

struct class_row {
	const char *alias;
	const char *why; /* or NULL */
};

static const struct class_row class_rows[] = {
	{ "pci:v*d*sv*sd*bc01sc08i02*", "controllers of disks" },
	{ "pci:v00001002d*sv*sd*bc01sc01i8A*", "controllers of disks" },
	{ "pci:v0000BC01d0000BC01sv*sd*bc*sc*i*", NULL },
	{ "pci:v*d*sv*sd*bc02sc00i*", NULL },
	{ "pci:v*d*sv*sd*bc03sc00i00*", NULL },
	{ "pci:v*d*sv*sd*bc0Csc03i30*", "USB controllers" },
	{ "pci:v*d*sv*sd*bc0Csc05i*", NULL },
	{ "usb:v*p*d*dc*dsc*dp*ic08isc06ip62in*", "USB disks" },
	{ "usb:v054Cp0022d*dc*dsc*dp*ic08isc*ip*in*", "USB disks" },
	{ "usb:v*p*d*dc*dsc*dp*ic03isc*ip*in*", "keyboards" },
	{ "usb:v*p*d*dc*dsc*dp*ic03isc01ip01in*", "keyboards" },
	{ "usb:v05ACp0272d*dc*dsc*dp*ic03isc*ip02in*", NULL },
	{ "usb:v*p*d*dc*dsc*dp*ic0Eisc*ip*in*", NULL },
	{ "hid:b0003g*v0000046Dp0000C52B", "keyboards" },
	{ "hidraw:x", NULL },
	{ "virtio:d00000002v*", "disks of virtual machines" },
	{ "virtio:d00000001v*", NULL },
	{ "virtio:d0000001Av*", "file systems that a virtual machine is given" },
	{ "acpi*:MSFT0101:*", "TPMs" },
	{ "acpi*:PNP0303:*", "keyboards" },
	{ "acpi*:PNP0C0A:*", NULL },
	{ "scsi:t_0x00*", "SCSI disks" },
	{ "scsi:t_0x01*", NULL },
	{ "serio:ty06pr*id*ex*", "keyboards" },
	{ "mmc:block", "SD cards and eMMC" },
	{ "xen:vbd", "disks of virtual machines" },
	{ "xen_backend:vbd", NULL },
	{ "vmbus:32264132cb86a2449b5c50d1417354f5", "disks of Hyper-V" },
	{ "vmbus:635161f83edfc546913ff2d2f965ed0e", NULL },
	{ "fs_bcachefs", "file systems" },
	{ "fs_nfs4", NULL },
	{ "crypto_xts", "ciphers and checksums" },
	{ "net_pf_10", NULL },
};

static void test_class(void **state)
{
	const struct class_row *row = *state;
	struct kmod_aliases one = { 0 };
	struct strmap reasons = { 0 };
	const char *why;

	assert_int_equal(kmod_aliases_add(&one, row->alias, "some_module"), 0);
	assert_int_equal(alias_classes_collect(&one, &reasons), 0);
	why = strmap_get(&reasons, "some_module");
	if (row->why) {
		assert_non_null(why);
		assert_string_equal(why, row->why);
	} else {
		assert_null(why);
	}
	strmap_done(&reasons, NULL);
	kmod_aliases_done(&one);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_choice);
	TEST(&list, test_usb_console);
	TEST(&list, test_huge_file);
	TEST_ROWS(&list, test_class, class_rows);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
