/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The contract of the boot command line, one row a meaning: the parser, /init --help and
 * kindling-cmdline(7) are made from it.
 *
 * KEY(identifier, spellings, form of the value, meaning)
 *
 * Spellings are separated by a space. A form that begins with "=" demands a value, one that begins
 * with "[" takes one. Rows of a section follow its SECTION(title).
 */
/* clang-format off */
#define CMDLINE_KEYS(KEY, SECTION) \
	SECTION("The root file system") \
	KEY(ROOT, "root", "=DEVICE", \
	    "the root device; gpt-auto or no root= at all: what the partition types say; or " \
	    "virtiofs:TAG, 9p:TAG") \
	KEY(REAL_ROOT, "real_root", "=DEVICE", \
	    "the same, and counts whatever root= says (genkernel)") \
	KEY(BOOT, "boot", "=local|DEVICE", \
	    "local is the default, and a device is for dracut's checks of FIPS; the name of another " \
	    "script of Debian's, such as live, is a root that cannot be found here, so none is taken") \
	KEY(ROOTFSTYPE, "rootfstype fstype", "=TYPE[,TYPE…]", \
	    "file-system types to try in this order instead of what is found on the device; auto: " \
	    "what is found, then all that the kernel has") \
	KEY(ROOTFLAGS, "rootflags real_rootflags", "=OPTION[,OPTION…]", \
	    "mount options of the root file system") \
	KEY(RO, "ro", "", \
	    "mount the root read-only (the default); the last of ro and rw wins") \
	KEY(RW, "rw", "", \
	    "mount the root writable") \
	KEY(INIT, "init real_init", "=PATH", \
	    "the real init, a path inside the root") \
	KEY(RD_TIMEOUT, "rd.timeout", "=SECONDS", \
	    "how long to wait for the root device, 180 by default; 0 waits for ever") \
	KEY(ROOTWAIT, "rootwait", "[=SECONDS]", \
	    "the same; without a value it waits for ever") \
	KEY(ROOTDELAY, "rootdelay", "=SECONDS", \
	    "wait for the root device at least that long; never a delay") \
	KEY(ROOTFALLBACK, "rootfallback", "=DEVICE", \
	    "the root device to take when the other one did not come in time, cannot come, or cannot " \
	    "be mounted") \
	KEY(ROOT_DUPLICATES, "rd.root.duplicates", "=refuse|boot-disk", \
	    "where several devices are what root=, resume= or fstab means: take none (the default), " \
	    "or the one on the disk that was booted from, if the firmware tells") \
	SECTION("Other file systems") \
	KEY(MOUNT_USR, "mount.usr", "=DEVICE", \
	    "a file system to mount on /usr instead of what the root's fstab says; not gpt-auto, as " \
	    "only the root is found by its type") \
	KEY(MOUNT_USRFSTYPE, "mount.usrfstype", "=TYPE[,TYPE…]", \
	    "its type, that of rootfstype= by default") \
	KEY(MOUNT_USRFLAGS, "mount.usrflags", "=OPTION[,OPTION…]", \
	    "its mount options, those of rootflags= by default; without mount.usr=, and if fstab " \
	    "has no /usr, this is another subvolume of the root") \
	KEY(FSTAB, "rd.fstab fstab", "[=BOOL]", \
	    "rd.fstab=0 does not look into the root's fstab for /usr and x-initrd.mount") \
	KEY(FSCK_MODE, "fsck.mode", "=auto|force|skip", \
	    "whether to check the file systems before they are mounted") \
	KEY(FSCK_REPAIR, "fsck.repair", "=preen|yes|no", \
	    "what to repair then: what is safe (the default), everything, nothing") \
	KEY(FASTBOOT, "fastboot rd.skipfsck", "", \
	    "the same as fsck.mode=skip") \
	KEY(FORCEFSCK, "forcefsck", "", \
	    "the same as fsck.mode=force") \
	KEY(FSCKFIX, "fsckfix", "", \
	    "the same as fsck.repair=yes") \
	SECTION("Resume from hibernation") \
	KEY(RESUME, "resume real_resume", "=DEVICE", \
	    "the swap area, or the file system with the swap file, that a hibernated system is in; " \
	    "if not given, what systemd has told the firmware") \
	KEY(RESUME_OFFSET, "resume_offset", "=PAGES", \
	    "where the swap file begins on that device") \
	KEY(NORESUME, "noresume", "", \
	    "do not resume, whatever else is said") \
	KEY(HIBERNATE, "hibernate", "=noresume|no", \
	    "the same; other values are the kernel's own") \
	SECTION("Kernel modules") \
	KEY(MODULES_LOAD, "rd.modules_load modules_load rd.driver.post", "=MODULE[,MODULE…]", \
	    "load these modules, whether a device asks for them or not; adds up") \
	KEY(MODULES_FIRST, "rd.driver.pre earlymodules", "=MODULE[,MODULE…]", \
	    "load these modules before any other; adds up") \
	KEY(MODULES_BLACKLIST, "rd.driver.blacklist modprobe.blacklist module_blacklist blacklist", \
	    "=MODULE[,MODULE…]", \
	    "do not load these modules because a device asks for them; adds up") \
	SECTION("Encrypted volumes") \
	KEY(LUKS, "rd.luks luks", "[=BOOL]", \
	    "rd.luks=0 leaves all of them closed") \
	KEY(LUKS_CRYPTTAB, "rd.luks.crypttab luks.crypttab", "[=BOOL]", \
	    "rd.luks.crypttab=0 does not look into the image's crypttab") \
	KEY(LUKS_UUID, "rd.luks.uuid luks.uuid", "=UUID", \
	    "open the volume with this UUID, or a part of it, as luks-UUID, and of crypttab only " \
	    "what is named so; may be given more than once") \
	KEY(LUKS_NAME, "rd.luks.name luks.name", "=UUID=NAME", \
	    "the same as /dev/mapper/NAME; may be given more than once") \
	KEY(LUKS_OPTIONS, "rd.luks.options luks.options", "=[UUID=]OPTION[,OPTION…]", \
	    "options as in crypttab(5), for this volume instead of those of crypttab, or for all that " \
	    "have none") \
	KEY(LUKS_KEY, "rd.luks.key luks.key", "=[UUID=]PATH[:DEVICE[:DEVICE-TO-OPEN]]", \
	    "not obeyed yet, the passphrase is asked for: the key file, in the image or on a device, of " \
	    "this volume, or of all that have none") \
	KEY(LUKS_DATA, "rd.luks.data luks.data", "=UUID=DEVICE", \
	    "not obeyed yet: the device that holds the data of a volume with a detached header") \
	KEY(LUKS_HEADER, "rd.luks.header luks.header", "=UUID=PATH[:DEVICE]", \
	    "not obeyed yet, the volume stays closed: its detached header") \
	KEY(LUKS_PARTUUID, "rd.luks.partuuid", "=PARTUUID", \
	    "open the volume on this partition; may be given more than once (dracut)") \
	KEY(LUKS_SERIAL, "rd.luks.serial", "=SERIAL", \
	    "open the volume on the disk with this serial number; may be given more than once (dracut)") \
	KEY(LUKS_ALLOW_DISCARDS, "rd.luks.allow-discards", "[=UUID]", \
	    "pass discards through to this volume, or to all (dracut)") \
	KEY(LUKS_TIMEOUT, "rd.luks.timeout", "=SECONDS", \
	    "how long a question for a passphrase stays open; 0 for ever (dracut)") \
	KEY(LUKS_KEY_TIMEOUT, "rd.luks.key.tout", "=SECONDS", \
	    "not obeyed yet: how long to wait for the device that a key file is on (dracut)") \
	KEY(CRYPTDEVICE, "cryptdevice", "=DEVICE:NAME[:OPTION[,OPTION…]]", \
	    "open this device as /dev/mapper/NAME (mkinitcpio)") \
	KEY(CRYPTKEY, "cryptkey", "=rootfs:PATH|DEVICE:TYPE:PATH|DEVICE:OFFSET:SIZE", \
	    "not obeyed yet, the passphrase is asked for: its key, a file or bytes of a device (mkinitcpio)") \
	KEY(CRYPTO, "crypto", "=HASH:CIPHER:BITS:OFFSET:SKIP", \
	    "not obeyed yet, the volume stays closed: it has no LUKS header but is plain dm-crypt " \
	    "(mkinitcpio)") \
	KEY(CRYPTOPTS, "cryptopts", "=target=NAME,source=DEVICE[,key=PATH][,OPTION…]", \
	    "open this device as /dev/mapper/NAME; may be given more than once (Debian)") \
	KEY(CRYPT_ROOT, "crypt_root crypt_roots", "=DEVICE", \
	    "open this device as /dev/mapper/root, the root if nothing else is said (genkernel)") \
	KEY(ROOT_KEY, "root_key", "=PATH", \
	    "not obeyed yet, the passphrase is asked for: its key file (genkernel)") \
	KEY(ROOT_KEYDEV, "root_keydev", "=DEVICE", \
	    "not obeyed yet: the device that the key file is on (genkernel)") \
	KEY(ROOT_KEYDEV_FSTYPE, "root_keydev_fstype", "=TYPE", \
	    "not obeyed yet: the type of the file system there (genkernel)") \
	KEY(ROOT_TRIM, "root_trim", "[=BOOL]", \
	    "pass discards through to it (genkernel)") \
	KEY(CRYPT_SWAP, "crypt_swap crypt_swaps", "=DEVICE", \
	    "open this device as /dev/mapper/swap (genkernel)") \
	KEY(SWAP_KEY, "swap_key", "=PATH", \
	    "not obeyed yet, the passphrase is asked for: its key file (genkernel)") \
	KEY(SWAP_KEYDEV, "swap_keydev", "=DEVICE", \
	    "not obeyed yet: the device that the key file is on (genkernel)") \
	KEY(SWAP_KEYDEV_FSTYPE, "swap_keydev_fstype", "=TYPE", \
	    "not obeyed yet: the type of the file system there (genkernel)") \
	SECTION("Keyboard and console") \
	KEY(KEYMAP, "rd.vconsole.keymap vconsole.keymap keymap KEYMAP KEYTABLE", "=NAME", \
	    "the keymap, of those in the image, instead of its default") \
	KEY(KEYMAP_TOGGLE, "rd.vconsole.keymap_toggle vconsole.keymap_toggle", "=NAME", \
	    "said, and not obeyed: a second keymap is compiled into the first with the image") \
	KEY(FONT, "rd.vconsole.font vconsole.font SYSFONT", "=NAME", \
	    "the console font, of those in the image, instead of its default") \
	KEY(FONT_MAP, "rd.vconsole.font_map vconsole.font_map rd.vconsole.font.map CONTRANS", \
	    "=NAME", \
	    "said, and not obeyed: it is for consoles without UTF-8") \
	KEY(FONT_UNIMAP, \
	    "rd.vconsole.font_unimap vconsole.font_unimap rd.vconsole.font.unimap UNIMAP", "=NAME", \
	    "said, and not obeyed: it is put into the font with the image") \
	KEY(UNICODE, "rd.vconsole.unicode vconsole.unicode UNICODE", "[=BOOL]", \
	    "whether the console takes and shows UTF-8, as it does by default") \
	KEY(CONSOLE, "console", "[=NAME[,OPTION…]]", \
	    "a console of the kernel; while there is none, a question waits for it") \
	KEY(QUIET, "quiet", "", \
	    "keep the log off the consoles: what they show are errors, questions and, in a long wait, " \
	    "what is awaited") \
	SECTION("When something is wrong") \
	KEY(RD_DEBUG, "rd.debug", "[=BOOL]", \
	    "log each step") \
	KEY(RD_BREAK, "rd.break rdbreak rd.systemd.break", "[=POINT[,POINT…]]", \
	    "a shell at this point: early, pre-mount, mounted or, without a value, pre-switch; if the " \
	    "image allows one") \
	KEY(BREAK, "break", "[=POINT[,POINT…]]", \
	    "the same; without a value, pre-mount") \
	KEY(RD_SHELL, "rd.shell", "[=BOOL]", \
	    "rd.shell=0 never gives a shell, also if the image allows one") \
	KEY(RD_EMERGENCY, "rd.emergency", "=reboot|poweroff|halt", \
	    "what to do when boot cannot continue and there is no shell") \
	KEY(PANIC, "panic", "=SECONDS", \
	    "when boot cannot continue, reboot after that time instead of 30 s, which 0 stands for as " \
	    "well; negative: at once")

/*
 * Words of other initramfs that ask for what is not done here, so that whoever uses them is told.
 * A word that ends with a dot stands for all that begin so.
 *
 * UNSERVED(words, what they are about)
 */
#define CMDLINE_UNSERVED(UNSERVED) \
	UNSERVED("rd.lvm rd.lvm. dolvm", "logical volumes") \
	UNSERVED("rd.md rd.md. domdadm", "RAID") \
	UNSERVED("rd.dm rd.dm. dodmraid rd.multipath domultipath", "RAID of firmware and multipath") \
	UNSERVED("ip ifname nameserver bootdev BOOTIF vlan bond team bridge rd.neednet rd.net. " \
		 "rd.route rd.bootif rd.peerdns", "the network") \
	UNSERVED("netroot nfsroot rd.nfs. cifsuser cifspass rd.iscsi. rd.nvmf rd.nvmf. fcoe " \
		 "rd.fcoe rd.zfcp rd.znet rd.dasd", "disks and file systems on the network") \
	UNSERVED("roothash usrhash systemd.verity rd.systemd.verity", "verity") \
	UNSERVED("rd.live. rd.overlay overlayroot systemd.volatile iso-scan/filename", \
		 "live media and overlays") \
	UNSERVED("zfs", "ZFS") \
	UNSERVED("systemd.image_policy rd.systemd.image_policy systemd.image_filter " \
		 "rd.systemd.image_filter", "what a root by its partition type has to be") \
	UNSERVED("resumeflags", "options of waiting for the device to resume from") \
	UNSERVED("EXT_KEYMAP rd.vconsole.keymap.ext", "a keymap on top of the keymap") \
	UNSERVED("rd.plymouth", "a picture instead of text") \
	UNSERVED("init_opts drop_capabilities", "how the real init is run") \
	UNSERVED("masterkey evmkey evmx509 ecryptfskey", "keys of EVM, IMA and eCryptfs") \
	UNSERVED("initramfs.runsize", "the size of /run") \
	UNSERVED("crypt_silent disablehooks", "parts of genkernel and of mkinitcpio")
/* clang-format on */
