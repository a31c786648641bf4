/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what a machine needs to the names that a kernel may know it by, and the safety net: drivers
 * that are taken on any machine. Most of them are here for what the devices at hand do not tell: a
 * driver without an alias, a disk in another slot, the key stick and the keyboard that is bought
 * next year. The kernel's indexes decide what a name means, so a driver that was built in yesterday
 * and is a module today is there.
 */
#include "image/host-modules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"

/* Names, separated by blanks, that are added for one reason. */
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
	{ "crypto-aes crypto-xts crypto-cbc crypto-essiv crypto-sha256",
	  "ciphers of encrypted volumes" },
	{ "net-pf-38 algif-type-skcipher", "decrypts the keys of encrypted volumes" },
	{ "fs-ext4 ext4", "file system of key sticks" },
	{ "fs-vfat vfat nls_cp437 nls_ascii nls_iso8859-1 nls_utf8", "file system of key sticks" },
	{ "i8042 atkbd", "PS/2 keyboards" },
	{ "usbhid hid_generic hid_apple hid_lenovo hid_logitech hid_logitech_dj "
	  "hid_logitech_hidpp hid_microsoft hid_cherry hid_corsair hid_roccat hid_holtek_kbd",
	  "USB keyboards" },
	{ "i2c_hid_acpi i2c_hid_of i2c_designware_platform i2c_designware_pci intel_lpss_pci "
	  "intel_lpss_acpi",
	  "keyboards on I2C" },
	{ "applespi spi_hid spi_hid_acpi spi_hid_of spi_pxa2xx_platform spi_pxa2xx_pci",
	  "keyboards on SPI" },
	{ "surface_aggregator surface_aggregator_registry surface_aggregator_hub surface_hid "
	  "surface_kbd surface_gpe",
	  "keyboards of Surface machines" },
	{ "cros_ec_keyb cros_ec_lpcs cros_ec_spi cros_ec_i2c", "keyboards of Chromebooks" },
	{ "hyperv_keyboard hid_hyperv xen_kbdfront virtio_input", "keyboards of virtual machines" },
	{ "pinctrl_amd pinctrl_alderlake pinctrl_baytrail pinctrl_broxton pinctrl_cannonlake "
	  "pinctrl_cedarfork pinctrl_cherryview pinctrl_denverton pinctrl_elkhartlake "
	  "pinctrl_emmitsburg pinctrl_geminilake pinctrl_icelake pinctrl_intel "
	  "pinctrl_intel_platform pinctrl_jasperlake pinctrl_lakefield pinctrl_lewisburg "
	  "pinctrl_lynxpoint pinctrl_meteorlake pinctrl_meteorpoint pinctrl_sunrisepoint "
	  "pinctrl_tigerlake",
	  "pins that keyboards signal by" },
};

/* Targets whose module is called otherwise. */
static const struct {
	const char *target, *module;
} target_modules[] = {
	{ "error", "dm_mod" },   { "linear", "dm_mod" },     { "snapshot-origin", "dm-snapshot" },
	{ "striped", "dm_mod" }, { "thin", "dm-thin-pool" }, { "zero", "dm_mod" },
};

static int meet_filesystem(const struct host_need *need, host_try_cb try, void *userdata)
{
	_cleanup_free_ char *alias = str_format("fs-%s", need->name);
	int r = alias ? try(userdata, alias, need->why) : -ENOMEM;

	return r == 0 ? try(userdata, need->name, need->why) : r;
}

static int meet_target(const struct host_need *need, host_try_cb try, void *userdata)
{
	_cleanup_free_ char *alias = NULL;
	int r = try(userdata, "dm_mod", need->why);

	if (r <= 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(target_modules); i++)
		if (str_equal(target_modules[i].target, need->name))
			return try(userdata, target_modules[i].module, need->why);
	alias = str_format("dm-%s", need->name);
	return alias ? try(userdata, alias, need->why) : -ENOMEM;
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
	bool are_all_known = true;
	int r;

	whole = str_format("crypto-%s", need->name);
	if (!copy || !whole)
		return -ENOMEM;
	r = try(userdata, whole, need->why);
	if (r != 0)
		return r;
	while (r >= 0 && (part = strsep(&rest, "-:,()"))) {
		_cleanup_free_ char *alias = str_format("crypto-%s", part);

		if (!*part || str_equal(part, "capi") || is_numbering(part))
			continue;
		r = alias ? try(userdata, alias, need->why) : -ENOMEM;
		are_all_known &= r != 0;
	}
	return r < 0 ? r : are_all_known;
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

/* A host_try_cb on the closure. */
static int add(void *userdata, const char *name, const char *why)
{
	struct kmod_closure *closure = userdata;
	int r = kmod_closure_add(closure, name, why);

	if (r >= 0)
		return 1;
	if (r == -ENOENT) {
		log_debug("%s (%s) is not in this kernel, going on without it", name, why);
		return 0;
	}
	return r == -ENOMEM ? r : log_err_errno(r, "cannot look up %s, giving up", name);
}

/* @names are separated by blanks. */
static int add_names(struct kmod_closure *closure, const char *names, const char *why)
{
	_cleanup_free_ char *copy = strdup(names);
	char *rest = copy, *name;
	int r = copy ? 0 : -ENOMEM;

	while (r >= 0 && (name = strsep(&rest, " ")))
		r = add(closure, name, why);
	return r < 0 ? r : 0;
}

/* Devices without a driver of their own are many, and fine; the others are what root is made of. */
static void warn_if_unknown(const struct host_need *need)
{
	if (!need->is_essential ||
	    (need->kind != HOST_NEED_FILESYSTEM && need->kind != HOST_NEED_DM_TARGET))
		return;
	log_warn("this kernel has no module for the %s %s (%s); going on in case it is built in",
		 need->kind == HOST_NEED_FILESYSTEM ? "file system" : "mapping", need->name,
		 need->why);
}

int host_modules_add(struct kmod_closure *closure, const struct host *host)
{
	const struct host_need *need;
	int r = 0;

	vec_for_each(need, &host->needs) {
		r = host_need_meet(need, add, closure);
		if (r < 0)
			return r;
		if (r == 0)
			warn_if_unknown(need);
	}
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(safety_net); i++)
		r = add_names(closure, safety_net[i].names, safety_net[i].why);
	return r < 0 ? r : 0;
}
