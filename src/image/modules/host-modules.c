/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what a machine needs to the names that a kernel may know it by, and the safety net: drivers
 * that are taken on any machine. Most of them are here for what the devices at hand do not tell: a
 * driver without an alias, a disk in another slot, the key stick and the keyboard that is bought
 * next year. The kernel's indexes decide what a name means, so a driver that was built in yesterday
 * and is a module today is there.
 */
#include "image/modules/host-modules.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/modules/generic-modules.h"
#include "image/modules/optional-modules.h"

/* What is added for one reason: names, separated by blanks, or a path. */
struct group {
	const char *names;
	const char *why;
};

static const struct group safety_net[] = {
	{ "nvme vmd", "NVMe disks" },
	{ "ahci ata_piix", "SATA disks" },
	{ "sd_mod sr_mod", "SCSI, SATA and USB disks" },
	{ "usb_storage uas", "USB disks" },
	{ "mmc_block sdhci_pci sdhci_acpi", "SD cards and eMMC" },
	{ "virtio_pci virtio_mmio virtio_blk virtio_scsi virtio_console",
	  "devices of virtual machines" },
	{ "hv_vmbus hv_storvsc pci_hyperv", "devices of Hyper-V" },
	{ "xen_blkfront", "disks of virtual machines" },
	{ "xhci_pci xhci_pci_renesas ehci_pci ohci_pci uhci_hcd", "USB controllers" },
	{ "thunderbolt typec_ucsi ucsi_acpi", "docks, which keyboards and disks hang from" },
	{ "dm_mod dm_crypt", "encrypted and mapped volumes" },
	{ "fs-ext4 ext4", "file system of key sticks" },
	{ "fs-vfat vfat", "file system of key sticks" },
	{ "i8042 atkbd", "PS/2 keyboards" },
	{ "usbhid hid_generic", "USB keyboards" },
	/* hid-generic leaves these alone, as drivers/hid/hid-quirks.c tells it to. */
	{ "hid_a4tech hid_apple hid_belkin hid_cherry hid_chicony hid_corsair hid_cypress "
	  "hid_ezkey hid_google_hammer hid_gyration hid_holtek_kbd hid_icade hid_ite hid_keytouch "
	  "hid_lenovo hid_lg_g15 hid_logitech hid_logitech_dj hid_logitech_hidpp hid_macally "
	  "hid_maltron hid_microsoft hid_monterey hid_nti hid_ortek hid_petalynx hid_primax "
	  "hid_redragon hid_roccat_arvo hid_roccat_isku hid_roccat_ryos hid_samsung hid_semitek "
	  "hid_sunplus hid_topseed hid_vivaldi hid_zydacron",
	  "keyboards with a driver of their own" },
	{ "i2c_designware_platform i2c_designware_pci intel_lpss_pci intel_lpss_acpi",
	  "keyboards on I2C" },
	{ "applespi spi_pxa2xx_platform spi_pxa2xx_pci", "keyboards on SPI" },
	{ "surface_aggregator_registry surface_aggregator_hub surface_gpe",
	  "keyboards of Surface machines" },
	{ "cros_ec_keyb cros_ec_lpcs cros_ec_spi cros_ec_i2c", "keyboards of Chromebooks" },
	{ "hyperv_keyboard hid_hyperv xen_kbdfront virtio_input", "keyboards of virtual machines" },
};

/* Directories, or what a file's path begins with, for generic_modules_match(). */
static const struct group safety_net_paths[] = {
	{ "kernel/drivers/hid/i2c-hid/", "keyboards on I2C" },
	{ "kernel/drivers/hid/intel-thc-hid/", "keyboards on I2C and SPI" },
	{ "kernel/drivers/hid/spi-hid/", "keyboards on SPI" },
	{ "kernel/drivers/hid/surface-hid/", "keyboards of Surface machines" },
	{ "kernel/drivers/pinctrl/intel/", "pins that keyboards signal by" },
	{ "kernel/drivers/pinctrl/pinctrl-amd.", "pins that keyboards signal by" },
	{ "kernel/drivers/platform/surface/aggregator/", "keyboards of Surface machines" },
};

/* Targets whose module is called otherwise. */
static const struct {
	const char *target, *module;
} target_modules[] = {
	{ "error", "dm_mod" },   { "linear", "dm_mod" },     { "snapshot-origin", "dm-snapshot" },
	{ "striped", "dm_mod" }, { "thin", "dm-thin-pool" }, { "zero", "dm_mod" },
};

/* A host_try_cb. That one of several names is not known says nothing yet. */
static int add(void *userdata, const char *name, const char *why)
{
	int r = kmod_closure_add(userdata, name, why);

	if (r == -ENOENT)
		return 0;
	/* A damaged table has been complained of. */
	if (r < 0 && r != -ENOMEM && r != -EBADMSG)
		log_err_errno(r, "cannot look up %s, giving up", name);
	return r < 0 ? r : 1;
}

static int meet_filesystem(const struct host_need *need, host_try_cb try, void *userdata)
{
	_cleanup_free_ char *alias = str_format("fs-%s", need->name);
	int r = alias ? try(userdata, alias, need->why) : -ENOMEM;

	return r == 0 ? try(userdata, need->name, need->why) : r;
}

static int meet_target_module(const struct host_need *need, host_try_cb try, void *userdata)
{
	_cleanup_free_ char *alias = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(target_modules); i++)
		if (str_equal(target_modules[i].target, need->name))
			return try(userdata, target_modules[i].module, need->why);
	alias = str_format("dm-%s", need->name);
	return alias ? try(userdata, alias, need->why) : -ENOMEM;
}

static int meet_target(const struct host_need *need, host_try_cb try, void *userdata)
{
	int r = try(userdata, "dm_mod", need->why);

	return r < 0 ? r : meet_target_module(need, try, userdata);
}

/* A part that describes the numbering of sectors and needs nothing of the kernel. */
static bool is_numbering(const char *part)
{
	return str_after_prefix(part, "plain") || str_equal(part, "benbi") ||
	       str_equal(part, "null") || str_equal(part, "random");
}

/*
 * "aes-xts-plain64" is aes and xts, "capi:xts(aes)-plain64" the same, "aes-cbc-essiv:sha256" has a
 * hash besides, and "xchacha20,aes-adiantum-plain64" two ciphers. Each part may have modules of its
 * own. Names with a dash of their own ("sha3-256") are tried as a whole first.
 */
static int meet_cipher(const struct host_need *need, host_try_cb try, void *userdata)
{
	_cleanup_free_ char *copy = strdup(need->name), *whole = NULL;
	char *rest = copy, *part;
	bool has_all = true;
	int r;

	whole = str_format("crypto-%s", need->name);
	if (!copy || !whole)
		return -ENOMEM;
	r = try(userdata, whole, need->why);
	if (r != 0)
		return r;
	while ((part = strsep(&rest, "-:,()"))) {
		_cleanup_free_ char *alias = str_format("crypto-%s", part);

		if (!*part || str_equal(part, "capi") || is_numbering(part))
			continue;
		r = alias ? try(userdata, alias, need->why) : -ENOMEM;
		if (r < 0)
			return r;
		has_all &= r > 0;
	}
	return has_all;
}

int host_need_meet(const struct host_need *need, host_try_cb try, void *userdata)
{
	switch (need->kind) {
	case HOST_NEED_ALIAS:
	case HOST_NEED_MODULE:
		return try(userdata, need->name, need->why);
	case HOST_NEED_FILESYSTEM:
		return meet_filesystem(need, try, userdata);
	case HOST_NEED_CIPHER:
		return meet_cipher(need, try, userdata);
	case HOST_NEED_DM_TARGET:
		return meet_target(need, try, userdata);
	}
	return -EINVAL;
}

int host_modules_add_need(struct kmod_closure *closure, const struct host_need *need)
{
	return host_need_meet(need, add, closure);
}

/* Devices may have no driver in this kernel and still be passed through; these may not. */
static void warn_of_absence(const struct host_need *need)
{
	if (need->kind == HOST_NEED_FILESYSTEM)
		log_warn("this kernel does not have the file system %s, though %s; the image will "
			 "not be able to mount it",
			 need->name, need->why);
	else if (need->kind == HOST_NEED_DM_TARGET)
		log_warn("this kernel cannot map volumes as \"%s\", though %s; the image will not "
			 "be able to either",
			 need->name, need->why);
}

/* Whether another need of the same device is met, as by the name of a driver that is built in. */
static bool is_backed(const struct host *host, const bool *is_met, const struct host_need *need)
{
	const struct host_need *other;

	vec_for_each(other, &host->needs) {
		if (need->device && other->device && is_met[other_index] &&
		    str_equal(other->device, need->device))
			return true;
	}
	return false;
}

static void tell_unmet(const struct host *host, const bool *is_met)
{
	const struct host_need *need;

	vec_for_each(need, &host->needs) {
		if (is_met[need_index])
			continue;
		if (need->is_essential)
			warn_of_absence(need);
		if (!is_backed(host, is_met, need))
			log_debug("%s (%s) is not in this kernel, going on without it", need->name,
				  need->why);
	}
}

static int add_needs(struct kmod_closure *closure, const struct host *host)
{
	_cleanup_free_ bool *is_met = calloc(host->needs.n_items + 1, sizeof(*is_met));
	const struct host_need *need;

	if (!is_met)
		return -ENOMEM;
	vec_for_each(need, &host->needs) {
		int r = host_modules_add_need(closure, need);

		if (r < 0)
			return r;
		is_met[need_index] = r > 0;
	}
	tell_unmet(host, is_met);
	return 0;
}

static int add_paths(struct kmod_closure *closure, const struct group *group)
{
	const struct kmod_tables *tables = kmod_closure_get_tables(closure);
	int r = 0;

	for (size_t i = 0; r >= 0 && i < tables->n_modules; i++)
		if (generic_modules_match(tables->modules[i].path, group->names))
			r = optional_modules_add(closure, tables->modules[i].name, group->why,
						 NULL);
	return r < 0 ? r : 0;
}

static int add_safety_net(struct kmod_closure *closure)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(safety_net); i++)
		r = optional_modules_add_all(closure, safety_net[i].names, safety_net[i].why, NULL);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(safety_net_paths); i++)
		r = add_paths(closure, &safety_net_paths[i]);
	return r;
}

int host_modules_add(struct kmod_closure *closure, const struct host *host)
{
	int r = add_needs(closure, host);

	return r < 0 ? r : add_safety_net(closure);
}
