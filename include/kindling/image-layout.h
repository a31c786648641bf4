/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Where things are inside an image: what the generator puts there is what /init looks for.
 * The top-level bin, sbin, lib and lib64 are links into usr, as everywhere with a merged /usr.
 */

#define IMAGE_INIT           "/init"
#define IMAGE_INIT_MARK      "This is /init of Kindling" /* in it: it says so to whoever runs it */
#define IMAGE_UNLOCK         "/usr/lib/kindling/unlock"
#define IMAGE_CHECKERS       "/usr/sbin/fsck." /* and the type of a file system: what checks it */
#define IMAGE_MODPROBE       "/usr/sbin/modprobe" /* a link to /init; the kernel calls /sbin/modprobe */
#define IMAGE_MODULES        "/usr/lib/modules" /* KVER below it, as depmod(8) lays it out */
#define IMAGE_INITRD_RELEASE "/etc/initrd-release"
#define IMAGE_CMDLINE_D      "/etc/cmdline.d" /* words before those of the boot loader, (name).conf */
#define IMAGE_CMDLINE        IMAGE_CMDLINE_D "/kindling.conf" /* those the generator was told */
#define IMAGE_CMDLINE_HOST   IMAGE_CMDLINE_D "/host.conf" /* those of the machine, before these */
#define IMAGE_CRYPTTAB       "/etc/crypttab"

/* What LUKS headers may ask for, see config/luks-limits.h; only of an image that was told. */
#define IMAGE_LUKS_HEADER "/etc/kindling/luks-header"

/* Of these the first that there is: mkinitcpio's and Debian's are for the image alone. */
#define IMAGE_CRYPTTABS "/etc/crypttab.initramfs", IMAGE_CRYPTTAB, "/cryptroot/crypttab"

/*
 * A link to the directory of libcryptsetup's plug-ins, if there are any: then nobody is asked for a
 * passphrase before the header has told whether it has tokens.
 */
#define IMAGE_TOKEN_PLUG_INS "/usr/lib/kindling/token-plug-ins"

/* Only of an image that may give one, at a breakpoint or when boot cannot continue. */
#define IMAGE_SHELL "/usr/lib/kindling/shell"

/*
 * Keyboard and screen of the virtual terminals: NAME.bmap, as `loadkeys --bkeymap --unicode` writes
 * it, and NAME.psf. Neither is compressed: that would be the generator's gain and a library more in
 * /init. The link `default` in each directory leads to the one to take unless the command line
 * names another.
 */
#define IMAGE_KEYMAPS        "/etc/kindling/keymaps"
#define IMAGE_KEYMAP_SUFFIX  ".bmap"
#define IMAGE_FONTS          "/etc/kindling/fonts"
#define IMAGE_FONT_SUFFIX    ".psf"
#define IMAGE_CONSOLE_CHOICE "default"

/*
 * Why each file is in the image, for whoever reads it: a line for each path, sorted, with the path,
 * a tab and the reason. A reason whose last word is an absolute path is there for that entry.
 */
#define IMAGE_MANIFEST "/usr/lib/kindling/manifest"

/* Where the root is mounted before the hand-over; the generator makes the directory. */
#define IMAGE_SYSROOT "/sysroot"

/* What /init leaves to the host. */
#define RUN_INITRAMFS "/run/initramfs"
#define RUN_TRACE     RUN_INITRAMFS "/trace.json"
#define RUN_FSCK_ROOT RUN_INITRAMFS "/fsck-root" /* it has been checked: the host need not */
#define RUN_FSCK_USR  RUN_INITRAMFS "/fsck-usr"
#define RUN_UDEV_DATA "/run/udev/data"

/* Where /init, called as modprobe, notes what the kernel asked for and the image lacks. */
#define RUN_MISSING_MODULES "/run/kindling-missing-modules"
