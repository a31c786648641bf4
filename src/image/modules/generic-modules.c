/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a generic image takes. Four rules decide on a module, the first that speaks of it wins:
 *
 * 1. where it lies: tables of directories of the kernel's tree that are taken, and of what in them
 *    is of no use before root is mounted;
 * 2. what it says it is for: the class in one of its aliases (alias-classes.c);
 * 3. what it uses: a symbol by which a driver announces a disk, a controller of disks or a
 *    keyboard. Its file tells, but reading it takes 2 ms where it is compressed with xz, so it is
 *    read only if the module needs one that provides such symbols, as modules.dep tells for
 *    nothing, or lies where neither the tree nor its reviewers vouch for it: in staging, or in
 *    updates, extra and wherever else vendors and DKMS put theirs;
 * 4. none of these: left out.
 *
 * A module out of a directory whose hard dependencies lead into a barred one (the network, sound,
 * graphics) belongs to that other world, and is left out with it: one rule instead of a list of
 * names that grows with every kernel. That does not go for what is vital, for modules named one by
 * one, and for dependencies.
 *
 * Which modules there are, the directory tells; of those that are taken, the indexes tell the rest.
 */
#include "image/modules/generic-modules.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/modules/alias-classes.h"
#include "image/modules/module-files.h"
#include "image/modules/module-imports.h"
#include "image/modules/optional-modules.h"

/* A larger file is no driver of disks: those of graphics cards take seconds to decompress. */
#define SCANNED_SIZE_MAX (4L << 20)

struct rule {
	const char *pattern; /* for generic_modules_match() */
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
	{ "kernel/drivers/cdrom/", "CD-ROM drives" },
	{ "kernel/drivers/s390/block/", "disks of mainframes" },
	{ "kernel/drivers/s390/cio/", "disks of mainframes" },
	{ "kernel/drivers/s390/scsi/", "disks of mainframes" },
	{ "kernel/drivers/mmc/", "SD cards and eMMC" },
	{ "kernel/drivers/memstick/", "Memory Sticks" },
	{ "kernel/drivers/ufs/", "UFS disks" },
	{ "kernel/drivers/nvdimm/", "persistent memory" },
	{ "kernel/drivers/cxl/", "persistent memory" },
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
	{ "kernel/drivers/tty/serial/", "serial consoles" },
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
	{ "kernel/drivers/crypto/", "accelerators of servers; those of the processor are in arch" },
	{ "kernel/drivers/edac/", "errors of memory" },
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
	{ "kernel/drivers/hwmon/", "sensors" },
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
	{ "kernel/drivers/mtd/", "flash chips: no file system that is taken is on one" },
	{ "kernel/drivers/nvme/host/nvme-fabrics.", "network" },
	{ "kernel/drivers/nvme/host/nvme-fc.", "network" },
	{ "kernel/drivers/nvme/host/nvme-tcp.", "network" },
	{ "kernel/drivers/nvme/target/", "serves disks to others" },
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
	{ "kernel/drivers/tty/serial/jsm/", "no consoles" },
	{ "kernel/drivers/tty/serial/rp2.", "no consoles" },
	{ "kernel/drivers/usb/gadget/", "for being a device, not for having one" },
	{ "kernel/drivers/usb/host/sl811_cs.", "controllers on PC cards" },
	{ "kernel/drivers/usb/host/u132-hcd.", "controllers on ExpressCards" },
	{ "kernel/drivers/usb/image/", "scanners" },
	{ "kernel/drivers/usb/usbip/", "network" },
	{ "kernel/drivers/virtio/virtio_balloon.", "memory of virtual machines" },
	{ "kernel/drivers/virtio/virtio_mem.", "memory of virtual machines" },
	{ "kernel/fs/nls/nls_cp9", "large code pages that no boot medium uses" },
	{ "kernel/fs/nls/nls_euc-jp.", "large code pages that no boot medium uses" },
};

static const char *const barred[] = {
	"kernel/drivers/comedi/",
	"kernel/drivers/gpu/",
	"kernel/drivers/iio/",
	"kernel/drivers/infiniband/",
	"kernel/drivers/media/",
	"kernel/drivers/net/",
	"kernel/drivers/parport/",
	"kernel/drivers/pcmcia/",
	"kernel/drivers/staging/media/",
	"kernel/drivers/target/",
	"kernel/drivers/video/",
	"kernel/net/",
	"kernel/sound/",
};

/* Single modules from directories of which the rest is of no use. */
static const struct {
	const char *names, *why;
	const char *builtin; /* without which, built in, they are of no use; or NULL */
} named[] = {
	/* Only there the kernel can have a console (USB_SERIAL_CONSOLE). */
	{ "ch341 cp210x ftdi_sio pl2303", "serial consoles on USB", "usbserial" },
	{ "spi_pxa2xx_platform spi_pxa2xx_pci", "keyboards on SPI" },
	{ "tifm_7xx1", "SD card readers" },
	{ "virtiofs", "file systems of a virtual machine's host" },
	{ "9p 9pnet_virtio", "file systems of a virtual machine's host" },
};

/* Where the files of all modules are read that no rule has decided on. */
static const char *const scanned[] = {
	"kernel/drivers/staging/",
};

/*
 * What announces a disk, a controller of disks, or a keyboard, and the module that provides it
 * where it is not built in; NULL if it always is.
 */
static const struct {
	const char *symbol, *provider, *why;
} announcements[] = {
	{ "__blk_alloc_disk", NULL, "disks" },
	{ "__blk_mq_alloc_disk", NULL, "disks" },
	{ "device_add_disk", NULL, "disks" },
	{ "ata_host_activate", "libata", "SATA and PATA disks" },
	{ "ata_host_register", "libata", "SATA and PATA disks" },
	{ "dm_register_target", "dm_mod", "mapped volumes" },
	{ "memstick_add_host", "memstick", "Memory Sticks" },
	{ "mmc_add_host", "mmc_core", "SD cards and eMMC" },
	{ "__sdhci_add_host", "sdhci", "SD cards and eMMC" },
	{ "nvdimm_bus_register", "libnvdimm", "persistent memory" },
	{ "nvme_init_ctrl", "nvme_core", "NVMe disks" },
	{ "scsi_add_host_with_dma", "scsi_mod", "SCSI disks" },
	{ "ufshcd_init", "ufshcd_core", "UFS disks" },
	{ "usb_stor_probe1", "usb_storage", "USB disks" },
	/* Hundreds need usbcore: this counts where all files are read, and only there. */
	{ "usb_add_hcd", NULL, "USB controllers" },
	{ "fw_card_add", "firewire_core", "FireWire controllers" },
	{ "hid_add_device", "hid", "keyboards" },
	{ "matrix_keypad_build_keymap", "matrix_keymap", "keyboards" },
	{ "__serio_register_port", "serio", "keyboards" },
	{ "tpm_chip_register", "tpm", "TPMs" },
};

/* What the choice is made with. */
struct choice {
	struct kmod_closure *closure;
	const char *modules_dir;
	struct cache *cache;
	struct strmap alias_reasons;
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

static bool is_barred(const char *directory)
{
	return find_barred(directory) != NULL;
}

/* "kernel/drivers/a/b-c.ko.xz" is the file of b_c. */
static char *make_name(const char *path)
{
	const char *file = str_basename(path);
	char *name = strndup(file, strcspn(file, "."));

	for (char *c = name; c && *c; c++)
		if (*c == '-')
			*c = '_';
	return name;
}

/* The name of the provider of an announcement whose file is at @path, or NULL. */
static const char *find_provider(const char *path)
{
	const char *file = str_basename(path);
	size_t size = strcspn(file, ".");

	for (size_t i = 0; i < ARRAY_SIZE(announcements); i++) {
		const char *provider = announcements[i].provider;
		size_t n = 0;

		/* Files may have dashes where names have underscores. */
		while (provider && n < size &&
		       (provider[n] == file[n] || (provider[n] == '_' && file[n] == '-')))
			n++;
		if (provider && n == size && !provider[n])
			return provider;
	}
	return NULL;
}

/* 1 if the module's file is to tell whether it is taken, 0 if not, or a negative errno. */
static int is_worth_reading(const struct choice *choice, const char *path, const char *name)
{
	const char *provider = NULL;
	int r;

	if (!str_after_prefix(path, "kernel/"))
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(scanned); i++)
		if (generic_modules_match(path, scanned[i]))
			return 1;
	r = kmod_closure_search_needs(choice->closure, name, find_provider, &provider);
	return r < 0 ? r : provider != NULL;
}

static const char *find_announcement(const struct vec *imports)
{
	for (size_t i = 0; i < ARRAY_SIZE(announcements); i++) {
		const char *symbol;

		vec_for_each(symbol, imports)
			if (str_equal(symbol, announcements[i].symbol))
				return announcements[i].why;
	}
	return NULL;
}

/* Why the module is to be taken by what its file says it uses; NULL if it is not to be. */
static int read_reason(const struct choice *choice, const char *path, const char **ret_why)
{
	_cleanup_free_ char *host_path = str_format("%s/%s", choice->modules_dir, path);
	struct vec imports = { 0 };
	struct stat st;
	int r;

	*ret_why = NULL;
	if (!host_path)
		return -ENOMEM;
	if (stat(host_path, &st) < 0 || st.st_size > SCANNED_SIZE_MAX)
		return 0;
	r = module_imports_read(host_path, &st, choice->cache, &imports);
	if (r < 0) {
		if (r != -ENOMEM)
			log_warn_errno(r,
				       "cannot read %s, leaving it out, as no other rule takes it",
				       host_path);
		return r == -ENOMEM ? r : 0;
	}
	*ret_why = find_announcement(&imports);
	vec_done(&imports, free);
	return 0;
}

/*
 * Whether the module is left out, by itself or for what it needs; 1, 0, or a negative errno.
 */
static int is_left_out(const struct choice *choice, const char *path, const char *name,
		       bool is_vital)
{
	const struct rule *exception = find_rule(left_out, ARRAY_SIZE(left_out), path);
	const char *other = NULL;
	int r = 0;

	if (exception) {
		log_debug("%s: left out (%s)", path, exception->why);
		return 1;
	}
	if (!is_vital)
		r = kmod_closure_search_needs(choice->closure, name, find_barred, &other);
	if (other)
		log_debug("%s: left out, as it needs %s", path, other);
	return r < 0 ? r : other != NULL;
}

/* Why the module at @path is taken; NULL if it is not. */
static int decide(const struct choice *choice, const char *path, const char *name,
		  const char **ret_why)
{
	const struct rule *rule = find_rule(taken, ARRAY_SIZE(taken), path);
	const char *why = rule ? rule->why : strmap_get(&choice->alias_reasons, name);
	bool is_read = false;
	int r;

	*ret_why = NULL;
	if (!why) {
		r = is_worth_reading(choice, path, name);
		if (r <= 0)
			return r;
		is_read = true;
	}
	r = is_left_out(choice, path, name, rule && rule->is_vital);
	if (r != 0)
		return r < 0 ? r : 0;
	if (is_read)
		return read_reason(choice, path, ret_why);
	*ret_why = why;
	return 0;
}

/* Adds the module whose file is at @path below the modules directory, if it is to be taken. */
static int add_file(const struct choice *choice, const char *path)
{
	_cleanup_free_ char *name = NULL;
	const char *why;
	int r;

	name = make_name(path);
	if (!name)
		return -ENOMEM;
	r = decide(choice, path, name, &why);
	if (r >= 0 && why)
		r = kmod_closure_add(choice->closure, name, why);
	if (r == -ENOENT) {
		log_err("%s is there, but not listed in modules.dep; run depmod for this "
			"kernel and try again",
			path);
		return -ESTALE;
	}
	return r < 0 && r != -ENOMEM ? log_err_errno(r, "cannot look up %s, giving up", path) : r;
}

/* Half of a kernel would make an image that lacks what nobody has noticed yet. */
static int check_all_there(const struct choice *choice, const struct strmap *files)
{
	const struct kmod_tables *tables = kmod_closure_get_tables(choice->closure);

	for (size_t i = 0; i < tables->n_modules; i++) {
		const char *path = tables->modules[i].path;

		if (path[0] == '/' || strmap_get(files, path) || find_barred(path) ||
		    !find_rule(taken, ARRAY_SIZE(taken), path))
			continue;
		log_err("%s/%s is listed in modules.dep, but is no file there; install the "
			"kernel's package again, or run depmod for this kernel",
			choice->modules_dir, path);
		return -ENOENT;
	}
	return 0;
}

/* Sorted, as the first reason for a module is the one that is kept. */
static int add_files(const struct choice *choice)
{
	struct strmap files = { 0 };
	struct vec paths = { 0 };
	const char *path;
	int r;

	r = module_files_list(choice->modules_dir, is_barred, &paths);
	if (r < 0)
		return r;
	vec_for_each(path, &paths) {
		if (r >= 0)
			r = strmap_set(&files, path, (void *)path);
		if (r >= 0)
			r = add_file(choice, path);
	}
	if (r >= 0)
		r = check_all_there(choice, &files);
	strmap_done(&files, NULL);
	vec_done(&paths, free);
	return r;
}

int generic_modules_add(struct kmod_closure *closure, const char *modules_dir, struct cache *cache)
{
	struct choice choice = { .closure = closure, .modules_dir = modules_dir, .cache = cache };
	const struct kmod_tables *tables = kmod_closure_get_tables(closure);
	int r;

	r = alias_classes_collect(&tables->aliases, &choice.alias_reasons);
	if (r >= 0)
		r = add_files(&choice);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(named); i++)
		if (!named[i].builtin || strmap_get(&tables->builtins, named[i].builtin))
			r = optional_modules_add_all(closure, named[i].names, named[i].why, NULL);
	strmap_done(&choice.alias_reasons, NULL);
	return r;
}
