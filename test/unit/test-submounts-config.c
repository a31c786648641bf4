/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <sys/mount.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/str.h"
#include "config/cmdline.h"
#include "config/fstab.h"
#include "config/submounts.h"
#include "crypt-text.h"
#include "support.h"

struct row {
	const char *name, *cmdline, *fstab, *expected;
};

static const struct row rows[] = {
	{ "nothing", "root=/dev/sda1", "/dev/sda1 / ext4\n/dev/sda2 /home ext4", "" },
	{ "usr", "rw", "UUID=12 /usr ext4 defaults 0 2", "uuid:12 /usr ext4 rw fsck;" },
	{ "usr of a root that is read-only", "ro", "UUID=12 /usr ext4 rw,nodev 0 2",
	  "uuid:12 /usr ext4 ro,nodev fsck;" },
	{ "usr that is read-only", "rw", "UUID=12 /usr ext4 ro", "uuid:12 /usr ext4 ro;" },
	{ "subvolume", "rw", "LABEL=a /usr btrfs subvol=@usr,compress=zstd:1 0 0",
	  "label:a /usr btrfs rw,[subvol=@usr,compress=zstd:1];" },
	{ "x-initrd.mount is as fstab says", "ro", "/dev/sda3 /var ext4 x-initrd.mount,nodev 0 2",
	  "node:sda3 /var ext4 rw,nodev fsck;" },
	{ "nofail", "rw", "/dev/sda3 /var ext4 x-initrd.mount,nofail",
	  "node:sda3 /var ext4 rw nofail;" },
	{ "device's timeout", "rw",
	  "/dev/sda3 /var ext4 x-initrd.mount,x-systemd.device-timeout=1min",
	  "node:sda3 /var ext4 rw device-timeout=60000000us;" },
	{ "the last of two timeouts", "rw",
	  "/dev/sda3 /usr ext4 x-systemd.device-timeout=9,x-systemd.device-timeout=500ms",
	  "node:sda3 /usr ext4 rw device-timeout=500000us;" },
	{ "device's timeout without end", "rw", "/dev/sda3 /usr ext4 x-systemd.device-timeout=0",
	  "node:sda3 /usr ext4 rw;" },
	{ "device's timeout in words", "rw",
	  "/dev/sda3 /usr ext4 x-systemd.device-timeout=infinity", "node:sda3 /usr ext4 rw;" },
	{ "device's timeout that is none", "rw",
	  "/dev/sda3 /usr ext4 x-systemd.device-timeout=soon\n"
	  "/dev/sda4 /home ext4 x-systemd.device-timeout=later",
	  "node:sda3 /usr ext4 rw;!x-systemd.device-timeout=soon of /usr is no length of time, "
	  "ignoring it;" },
	{ "device's timeout on the command line", "rw mount.usrflags=x-systemd.device-timeout=7",
	  "/dev/sda3 /usr ext4 x-systemd.device-timeout=9",
	  "node:sda3 /usr ext4 rw device-timeout=7000000us;" },
	{ "noauto", "rw", "/dev/sda3 /var ext4 x-initrd.mount,noauto\n/dev/sda4 /usr ext4 noauto",
	  "" },
	{ "root and swap", "rw",
	  "/dev/sda3 / ext4 x-initrd.mount\n/dev/sda4 none swap x-initrd.mount", "" },
	{ "order of paths", "rw",
	  "/dev/sda1 /var/lib ext4 x-initrd.mount\n/dev/sda2 /usr ext4\n"
	  "/dev/sda3 /var ext4 x-initrd.mount",
	  "node:sda2 /usr ext4 rw;node:sda3 /var ext4 rw;node:sda1 /var/lib ext4 rw;" },
	{ "the first of two", "rw", "/dev/sda1 /usr ext4\n/dev/sda2 /usr xfs",
	  "node:sda1 /usr ext4 rw;" },
	{ "mapper", "rw", "/dev/mapper/cryptusr /usr xfs noatime 0 0",
	  "mapper:cryptusr /usr xfs rw,noatime;" },
	{ "bind", "ro", "/opt/usr /usr none bind 0 2", "(/opt/usr) /usr none ro,bind bind;" },
	{ "bind elsewhere", "ro", "/data/etc /etc none rbind,x-initrd.mount",
	  "(/data/etc) /etc none rw,bind,rec bind;" },
	{ "virtiofs", "rw", "host /usr virtiofs ro", "virtiofs:host /usr virtiofs ro;" },
	{ "tmpfs", "ro", "tmpfs /var tmpfs size=1g,x-initrd.mount",
	  "(tmpfs) /var tmpfs rw,[size=1g];" },
	{ "overlay", "rw", "overlay /etc overlay lowerdir=/etc,x-initrd.mount",
	  "!overlay of type overlay cannot be mounted on /etc before the real init runs, leaving "
	  "it to that;" },
	{ "network", "rw", "server:/usr /usr nfs ro",
	  "!server:/usr of type nfs cannot be mounted on /usr before the real init runs, leaving "
	  "it to that;" },
	{ "mount.usr", "ro mount.usr=LABEL=u", "", "label:u /usr auto ro fsck;" },
	{ "mount.usr like the root",
	  "rw rootfstype=btrfs rootflags=noatime,degraded mount.usr=LABEL=u", "",
	  "label:u /usr btrfs rw,noatime,[degraded] fsck;" },
	{ "mount.usr against fstab",
	  "rw mount.usr=LABEL=u mount.usrfstype=xfs mount.usrflags=nodev",
	  "UUID=12 /usr ext4 ro 0 0", "label:u /usr xfs rw,nodev fsck;" },
	{ "mount.usr that is writable below a root that is not",
	  "ro mount.usr=LABEL=u mount.usrflags=rw", "", "label:u /usr auto rw fsck;" },
	{ "type and flags for fstab's", "rw mount.usrflags=nodev mount.usrfstype=ext4",
	  "UUID=12 /usr xfs ro 0 1", "uuid:12 /usr ext4 rw,nodev fsck;" },
	{ "flags say writable, below a root that is not", "ro mount.usrflags=rw",
	  "UUID=12 /usr xfs ro", "uuid:12 /usr xfs rw;" },
	{ "another subvolume of the root", "rw root=UUID=7 mount.usrflags=subvol=usr", "",
	  "(/dev/sdr) /usr btrfs rw,[subvol=usr];" },
	{ "of a root by its type", "rw root=gpt-auto rootflags=subvol=a mount.usrfstype=auto", "",
	  "(/dev/sdr) /usr auto rw,[subvol=a];" },
	{ "mount.usr by its type", "rw mount.usr=gpt-auto mount.usrflags=nodev", "",
	  "!mount.usr=gpt-auto is not looked for: only the root is found by the type of its "
	  "partition, ignoring it;" },
	{ "mount.usr that is no device", "rw mount.usr=auto mount.usrflags=nodev",
	  "UUID=12 /usr ext4",
	  "!mount.usr=auto is not a device that can be looked for, ignoring it;"
	  "uuid:12 /usr ext4 rw,nodev;" },
	{ "the root by its type in fstab", "ro",
	  "/dev/gpt-auto-root /home btrfs subvol=home,x-initrd.mount",
	  "!/dev/gpt-auto-root of type btrfs cannot be mounted on /home before the real init runs, "
	  "leaving it to that;" },
	{ "order of what is bound", "rw",
	  "/c/a /a none bind,x-initrd.mount\n/b/c /c none bind,x-initrd.mount\n"
	  "/dev/sda1 /b ext4 x-initrd.mount\n/dev/sda2 /a/x ext4 x-initrd.mount",
	  "node:sda1 /b ext4 rw;(/b/c) /c none rw,bind bind;(/c/a) /a none rw,bind bind;"
	  "node:sda2 /a/x ext4 rw;" },
	{ "a circle", "rw",
	  "/b/x /a none bind,x-initrd.mount\n/c/x /b none bind,x-initrd.mount\n"
	  "/a/x /c none bind,x-initrd.mount\n/dev/sda1 /a/y ext4 x-initrd.mount\n"
	  "/dev/sda2 /d ext4 x-initrd.mount",
	  "node:sda2 /d ext4 rw;!the mounts on /a, /a/y, /b, /c wait for each other, leaving them "
	  "to the real init;" },
	{ "a directory of itself", "rw", "/a/x /a none bind,x-initrd.mount",
	  "(/a/x) /a none rw,bind bind;" },
};

static void append_submount(struct strbuf *buf, const struct submount *submount)
{
	unsigned long flags = submount->options.flags;

	if (submount->device.kind == DEVICE_SPEC_NONE)
		strbuf_printf(buf, "(%s)", submount->source);
	append_device(buf, &submount->device);
	strbuf_printf(buf, " %s %s %s", submount->path, submount->type,
		      flags & MS_RDONLY ? "ro" : "rw");
	strbuf_append(buf, flags & MS_NODEV ? ",nodev" : "");
	strbuf_append(buf, flags & MS_NOATIME ? ",noatime" : "");
	strbuf_append(buf, flags & MS_BIND ? ",bind" : "");
	strbuf_append(buf, flags & MS_REC ? ",rec" : "");
	if (*submount->options.data)
		strbuf_printf(buf, ",[%s]", submount->options.data);
	strbuf_append(buf, submount->is_bind ? " bind" : "");
	strbuf_append(buf, submount->is_checked ? " fsck" : "");
	strbuf_append(buf, submount->nofail ? " nofail" : "");
	if (submount->device_timeout_usec != USEC_INFINITY)
		strbuf_printf(buf, " device-timeout=%" PRIu64 "us", submount->device_timeout_usec);
	strbuf_append(buf, ";");
}

static const struct submounts_root root = { "/dev/sdr", "btrfs" };

static void chooses(void **state)
{
	const struct row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct vec submounts, warnings = { 0 };
	const struct submount *submount;
	struct boot_config config;
	struct fstab fstab;

	assert_int_equal(cmdline_parse(row->cmdline, &config), 0);
	append_warnings(&text, &config.warnings);
	assert_int_equal(fstab_parse(row->fstab, &fstab), 0);
	assert_int_equal(submounts_choose(&config, &root, &fstab, &submounts, &warnings), 0);
	vec_for_each(submount, &submounts) {
		append_submount(&text, submount);
	}
	append_warnings(&text, &warnings);
	assert_string_equal(strbuf_string(&text), row->expected);
	vec_done(&submounts, submount_free);
	vec_done(&warnings, free);
	fstab_done(&fstab);
	boot_config_done(&config);
}

struct path_row {
	const char *path, *other;
	bool lies_on;
};

static const struct path_row path_rows[] = {
	{ "/usr", "/usr", true }, { "/usr/lib", "/usr", true }, { "/usrlib", "/usr", false },
	{ "/usr", "/", true },    { "/", "/", true },           { "/", "/usr", false },
	{ "/us", "/usr", false },
};

static void lies_on(void **state)
{
	const struct path_row *row = *state;
	const struct submount submount = { .path = (char *)row->path };
	const struct submount bound = { .path = (char *)"/x",
					.source = (char *)row->path,
					.is_bind = true };
	const struct submount other = { .path = (char *)row->other };

	assert_int_equal(submounts_lies_on(&submount, &other), row->lies_on);
	assert_int_equal(submounts_lies_on(&bound, &other),
			 row->lies_on || str_equal(row->other, "/"));
	assert_false(submounts_lies_on(&submount, &submount));
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, chooses, rows);
	TEST_ROWS(&list, lies_on, path_rows);
	return test_list_run(&list);
}
