/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a generic image takes, as tables: directories of the kernel's tree, less what in them is of
 * no use before root is mounted, plus modules that lie elsewhere.
 *
 * A module out of a directory whose hard dependencies lead into a barred one (the network, sound,
 * graphics) belongs to that other world, and is left out with it: one rule instead of a list of
 * names that grows with every kernel. That does not go for what is vital, for modules named one by
 * one, and for dependencies.
 *
 * Which modules there are, the directory tells; of those that are taken, the indexes tell the rest.
 */
#include "image/generic-modules.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"

struct rule {
	const char *pattern; /* for generic_modules_match(), or a module's name or alias */
	const char *why;
	bool is_vital; /* taken even if it needs something barred */
};

static const struct rule taken[] = {
	/* Disks. */
	{ "kernel/drivers/nvme/host/", "NVMe disks" },
	{ "kernel/drivers/ata/", "SATA and PATA disks" },
	{ "kernel/drivers/scsi/", "SCSI disks, their controllers, and CD-ROM drives" },
	{ "kernel/drivers/message/fusion/", "SCSI controllers, also VMware's" },
	{ "kernel/drivers/block/", "disks of virtual machines, loop devices" },
	{ "kernel/drivers/mmc/", "SD cards and eMMC" },
	{ "kernel/drivers/ufs/", "UFS disks" },
	{ "kernel/drivers/nvdimm/", "persistent memory" },
	{ "kernel/drivers/acpi/nfit/", "persistent memory" },
	{ "kernel/drivers/usb/storage/", "USB disks" },
	{ "kernel/drivers/md/", "encrypted, RAID and mapped volumes" },
	/* What disks and keyboards hang from. */
	{ "kernel/drivers/usb/host/", "USB controllers" },
	{ "kernel/drivers/usb/typec/", "USB-C ports, which docks hang from" },
	{ "kernel/drivers/usb/roles/", "USB-C ports, which docks hang from" },
	{ "kernel/drivers/usb/cdns3/", "USB controllers" },
	{ "kernel/drivers/usb/chipidea/", "USB controllers" },
	{ "kernel/drivers/usb/dwc2/", "USB controllers" },
	{ "kernel/drivers/usb/dwc3/", "USB controllers" },
	{ "kernel/drivers/usb/musb/", "USB controllers" },
	{ "kernel/drivers/usb/phy/", "USB controllers" },
	{ "kernel/drivers/thunderbolt/", "Thunderbolt and USB4 docks" },
	{ "kernel/drivers/pci/controller/", "PCI behind Intel VMD, Hyper-V, or on a board" },
	{ "kernel/drivers/virtio/", "devices of virtual machines" },
	{ "kernel/drivers/hv/", "devices of Hyper-V" },
	{ "kernel/drivers/misc/cardreader/", "SD card readers" },
	{ "kernel/drivers/clk/", "devices that are not on PCI: their clocks" },
	{ "kernel/drivers/gpio/", "devices that are not on PCI: their pins" },
	{ "kernel/drivers/interconnect/", "devices that are not on PCI" },
	{ "kernel/drivers/mailbox/", "devices that are not on PCI" },
	{ "kernel/drivers/mfd/", "devices that are not on PCI: the chips they are part of" },
	{ "kernel/drivers/phy/", "devices that are not on PCI: their links" },
	{ "kernel/drivers/pinctrl/", "devices that are not on PCI: their pins" },
	{ "kernel/drivers/pmdomain/", "devices that are not on PCI: their power" },
	{ "kernel/drivers/regulator/", "devices that are not on PCI: their power" },
	{ "kernel/drivers/reset/", "devices that are not on PCI: their reset lines" },
	{ "kernel/drivers/soc/", "devices that are not on PCI" },
	{ "kernel/drivers/spmi/", "devices that are not on PCI" },
	/*
	 * Keyboards, whatever the way they are attached, and whatever they drag along: since 6.6
	 * i2c-hid needs drm, as a touchscreen goes off with its panel, and hid-asus needs rfkill.
	 * hid-generic leaves alone what has a driver of its own.
	 */
	{ "kernel/drivers/hid/", "keyboards", true },
	{ "kernel/drivers/input/keyboard/", "keyboards", true },
	{ "kernel/drivers/input/serio/", "keyboards", true },
	{ "kernel/drivers/i2c/busses/", "keyboards on I2C" },
	{ "kernel/drivers/platform/chrome/", "keyboards of Chromebooks" },
	{ "kernel/drivers/platform/surface/", "keyboards of Surface machines" },
	/* Keys and ciphers. */
	{ "kernel/drivers/char/tpm/", "TPMs" },
	{ "kernel/crypto/", "ciphers and checksums" },
	{ "kernel/arch/*/crypto/", "ciphers and checksums, accelerated" },
	/* File systems that a root is on, or that a key file or an image of a root is on. */
	{ "kernel/fs/bcachefs/", "file systems" },
	{ "kernel/fs/btrfs/", "file systems" },
	{ "kernel/fs/erofs/", "file systems" },
	{ "kernel/fs/exfat/", "file systems" },
	{ "kernel/fs/ext4/", "file systems" },
	{ "kernel/fs/f2fs/", "file systems" },
	{ "kernel/fs/fat/", "file systems" },
	{ "kernel/fs/isofs/", "file systems" },
	{ "kernel/fs/jfs/", "file systems" },
	{ "kernel/fs/nilfs2/", "file systems" },
	{ "kernel/fs/overlayfs/", "file systems" },
	{ "kernel/fs/reiserfs/", "file systems" },
	{ "kernel/fs/squashfs/", "file systems" },
	{ "kernel/fs/udf/", "file systems" },
	{ "kernel/fs/xfs/", "file systems" },
	{ "kernel/fs/efivarfs/", "what the boot loader left in EFI variables" },
	{ "kernel/fs/nls/", "names of files on FAT, asked for when it is mounted" },
	{ "kernel/fs/quota/", "quotas of ext4, asked for when it is mounted" },
	{ "kernel/fs/unicode/", "case folding of ext4 and f2fs, asked for when it is mounted" },
};

/* What the above holds but no boot needs. */
static const struct rule left_out[] = {
	{ "kernel/crypto/tcrypt.", "a test" },
	{ "kernel/drivers/block/aoe/", "network" },
	{ "kernel/drivers/block/brd.", "disks in memory" },
	{ "kernel/drivers/block/drbd/", "network" },
	{ "kernel/drivers/block/floppy.", "opening one takes seconds" },
	{ "kernel/drivers/block/nbd.", "network" },
	{ "kernel/drivers/block/null_blk", "a test" },
	{ "kernel/drivers/block/pktcdvd.", "writes CDs" },
	{ "kernel/drivers/block/rnull", "a test" },
	{ "kernel/drivers/block/ublk_drv.", "served by programs" },
	{ "kernel/drivers/block/xen-blkback/", "serves disks to others" },
	{ "kernel/drivers/block/zloop.", "a test" },
	{ "kernel/drivers/block/zram/", "disks in memory" },
	{ "kernel/drivers/char/tpm/tpm_vtpm_proxy.", "served by programs" },
	{ "kernel/drivers/hid/amd-sfh-hid/", "sensors" },
	{ "kernel/drivers/hid/hid-cp2112.", "no keyboard" },
	{ "kernel/drivers/hid/hid-ft260.", "no keyboard" },
	{ "kernel/drivers/hid/hid-mcp2", "no keyboard" },
	{ "kernel/drivers/hid/hid-nintendo.", "no keyboard" },
	{ "kernel/drivers/hid/hid-picolcd", "no keyboard" },
	{ "kernel/drivers/hid/hid-playstation.", "no keyboard" },
	{ "kernel/drivers/hid/hid-sensor-", "sensors" },
	{ "kernel/drivers/hid/hid-sony.", "no keyboard" },
	{ "kernel/drivers/hid/hid-steam.", "no keyboard" },
	{ "kernel/drivers/hid/hid-uclogic", "drawing tablets" },
	{ "kernel/drivers/hid/hid-wiimote", "no keyboard" },
	{ "kernel/drivers/hid/intel-ish-hid/", "sensors" },
	{ "kernel/drivers/hid/wacom", "drawing tablets" },
	{ "kernel/drivers/hv/hv_balloon.", "memory of virtual machines" },
	{ "kernel/drivers/input/serio/parkbd.", "keyboards on parallel ports" },
	{ "kernel/drivers/md/dm-delay.", "a test" },
	{ "kernel/drivers/md/dm-dust.", "a test" },
	{ "kernel/drivers/md/dm-flakey.", "a test" },
	{ "kernel/drivers/md/dm-log-userspace.", "served by programs" },
	{ "kernel/drivers/md/dm-log-writes.", "a test" },
	{ "kernel/drivers/md/faulty.", "a test" },
	{ "kernel/drivers/md/md-cluster.", "network" },
	{ "kernel/drivers/message/fusion/mptctl.", "for programs" },
	{ "kernel/drivers/message/fusion/mptlan.", "network" },
	{ "kernel/drivers/mmc/core/sdio_uart.", "no disk" },
	{ "kernel/drivers/nvme/host/nvme-fabrics.", "network" },
	{ "kernel/drivers/nvme/host/nvme-fc.", "network" },
	{ "kernel/drivers/nvme/host/nvme-tcp.", "network" },
	{ "kernel/drivers/scsi/be2iscsi/", "disks over Ethernet" },
	{ "kernel/drivers/scsi/bnx2fc/", "disks over Ethernet" },
	{ "kernel/drivers/scsi/ch.", "tape changers" },
	{ "kernel/drivers/scsi/csiostor/", "disks over Ethernet" },
	{ "kernel/drivers/scsi/cxgbi/", "disks over Ethernet" },
	{ "kernel/drivers/scsi/elx/", "serves disks to others" },
	{ "kernel/drivers/scsi/fcoe/", "disks over Ethernet" },
	{ "kernel/drivers/scsi/fnic/", "disks over Ethernet" },
	{ "kernel/drivers/scsi/iscsi_", "disks over Ethernet" },
	{ "kernel/drivers/scsi/libfc/", "disks over Ethernet" },
	{ "kernel/drivers/scsi/libiscsi", "disks over Ethernet" },
	{ "kernel/drivers/scsi/pcmcia/", "controllers on PC cards" },
	{ "kernel/drivers/scsi/qedf/", "disks over Ethernet" },
	{ "kernel/drivers/scsi/qedi/", "disks over Ethernet" },
	{ "kernel/drivers/scsi/qla2xxx/tcm_", "serves disks to others" },
	{ "kernel/drivers/scsi/qla4xxx/", "disks over Ethernet" },
	{ "kernel/drivers/scsi/scsi_debug.", "a test" },
	{ "kernel/drivers/scsi/scsi_transport_iscsi.", "disks over Ethernet" },
	{ "kernel/drivers/scsi/snic/", "disks over Ethernet" },
	{ "kernel/drivers/scsi/st.", "tapes" },
	{ "kernel/drivers/usb/host/sl811_cs.", "controllers on PC cards" },
	{ "kernel/drivers/usb/host/u132-hcd.", "controllers on ExpressCards" },
	{ "kernel/drivers/virtio/virtio_balloon.", "memory of virtual machines" },
	{ "kernel/drivers/virtio/virtio_mem.", "memory of virtual machines" },
	{ "kernel/fs/nls/nls_cp9", "large code pages that no boot medium uses" },
	{ "kernel/fs/nls/nls_euc-jp.", "large code pages that no boot medium uses" },
};

static const char *const barred[] = {
	"kernel/drivers/comedi/",
	"kernel/drivers/firewire/",
	"kernel/drivers/gpu/",
	"kernel/drivers/iio/",
	"kernel/drivers/infiniband/",
	"kernel/drivers/media/",
	"kernel/drivers/net/",
	"kernel/drivers/parport/",
	"kernel/drivers/pcmcia/",
	"kernel/drivers/staging/",
	"kernel/drivers/target/",
	"kernel/drivers/video/",
	"kernel/net/",
	"kernel/sound/",
};

/* Single modules from directories of which the rest is of no use. */
static const struct rule named[] = {
	{ "spi_pxa2xx_platform", "keyboards on SPI" },
	{ "spi_pxa2xx_pci", "keyboards on SPI" },
	{ "tifm_7xx1", "SD card readers" },
	{ "virtio_console", "consoles of virtual machines" },
	{ "xen_kbdfront", "keyboards of virtual machines" },
	{ "xen_pcifront", "PCI of virtual machines" },
};

bool generic_modules_match(const char *path, const char *pattern)
{
	for (; *pattern; pattern++) {
		if (*pattern == '*') {
			path += strcspn(path, "/");
		} else {
			if (*path != *pattern)
				return false;
			path++;
		}
	}
	return true;
}

static const struct rule *find_rule(const struct rule *rules, size_t n_rules, const char *path)
{
	for (size_t i = 0; i < n_rules; i++)
		if (generic_modules_match(path, rules[i].pattern))
			return &rules[i];
	return NULL;
}

/* The barred directory that @path lies in, or NULL. */
static const char *find_barred(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(barred); i++)
		if (generic_modules_match(path, barred[i]))
			return barred[i];
	return NULL;
}

/* Adds the module whose file is at @path below the modules directory, if it is to be taken. */
static int add_file(struct kmod_closure *closure, const char *path)
{
	const struct rule *rule = find_rule(taken, ARRAY_SIZE(taken), path), *exception;
	const char *file = str_basename(path), *other = NULL;
	_cleanup_free_ char *name = NULL;
	int r = 0;

	if (!rule)
		return 0;
	exception = find_rule(left_out, ARRAY_SIZE(left_out), path);
	if (exception) {
		log_debug("%s: left out (%s)", path, exception->why);
		return 0;
	}
	name = strndup(file, strcspn(file, "."));
	if (!name)
		return -ENOMEM;
	if (!rule->is_vital)
		r = kmod_closure_search_needs(closure, name, find_barred, &other);
	if (other) {
		log_debug("%s: left out, as it needs %s", path, other);
		return 0;
	}
	if (r >= 0)
		r = kmod_closure_add(closure, name, rule->why);
	if (r == -ENOENT) {
		log_err("%s is there, but not listed in modules.dep.bin; run depmod for this "
			"kernel and try again",
			path);
		return r;
	}
	return r < 0 && r != -ENOMEM ? log_err_errno(r, "cannot look up %s, giving up", path) : r;
}

static int add_named(struct kmod_closure *closure, const struct rule *rule)
{
	int r = kmod_closure_add(closure, rule->pattern, rule->why);

	if (r == -ENOENT) {
		log_debug("%s (%s) is not in this kernel, going on without it", rule->pattern,
			  rule->why);
		return 0;
	}
	return r < 0 && r != -ENOMEM
		       ? log_err_errno(r, "cannot look up %s, giving up", rule->pattern)
		       : r;
}

static bool is_module(const char *name)
{
	static const char *const suffixes[] = { ".ko", ".ko.gz", ".ko.xz", ".ko.zst" };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (str_has_suffix(name, suffixes[i]))
			return true;
	return false;
}

/* The way to the kernel's source code, which depmod(8) does not go, whether it is a link or not. */
static bool is_source(const FTSENT *entry)
{
	return entry->fts_level > FTS_ROOTLEVEL &&
	       (str_equal(entry->fts_name, "build") || str_equal(entry->fts_name, "source"));
}

static int add_entry(struct kmod_closure *closure, FTS *walk, FTSENT *entry, size_t root_size)
{
	switch (entry->fts_info) {
	case FTS_D:
	case FTS_SL: /* depmod(8) follows the others as well */
		(void)fts_set(walk, entry, is_source(entry) ? FTS_SKIP : FTS_FOLLOW);
		return 0;
	case FTS_F:
		return is_module(entry->fts_name)
			       ? add_file(closure, entry->fts_path + root_size + 1)
			       : 0;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return log_err_errno(-entry->fts_errno, "cannot read %s, giving up",
				     entry->fts_path);
	default:
		return 0;
	}
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Sorted, as the first reason for a module is the one that is kept. */
static int add_files(struct kmod_closure *closure, const char *modules_dir)
{
	char *const roots[] = { (char *)modules_dir, NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, compare_names);
	FTSENT *entry;
	int r = 0;

	if (!walk)
		return -ENOMEM;
	while (r >= 0 && (entry = fts_read(walk)))
		r = add_entry(closure, walk, entry, strlen(modules_dir));
	if (r >= 0 && errno)
		r = log_err_errno(-errno, "cannot read %s, giving up", modules_dir);
	(void)fts_close(walk);
	return r;
}

int generic_modules_add(struct kmod_closure *closure, const char *modules_dir)
{
	int r = add_files(closure, modules_dir);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(named); i++)
		r = add_named(closure, &named[i]);
	return r;
}
