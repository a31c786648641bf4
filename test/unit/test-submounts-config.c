/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/mount.h>

#include "base/cleanup.h"
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
	  "uuid:7 /usr auto rw,[subvol=usr];" },
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
	strbuf_append(buf, ";");
}

static void chooses(void **state)
{
	const struct row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct vec submounts, warnings = { 0 };
	const struct submount *submount;
	struct boot_config config;
	struct fstab fstab;

	assert_int_equal(cmdline_parse(row->cmdline, &config), 0);
	assert_int_equal(config.warnings.n_items, 0);
	assert_int_equal(fstab_parse(row->fstab, &fstab), 0);
	assert_int_equal(submounts_choose(&config, &fstab, &submounts, &warnings), 0);
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
	const char *path, *directory;
	bool is_below;
};

static const struct path_row path_rows[] = {
	{ "/usr", "/usr", true }, { "/usr/lib", "/usr", true }, { "/usrlib", "/usr", false },
	{ "/usr", "/", true },    { "/", "/", true },           { "/", "/usr", false },
	{ "/us", "/usr", false },
};

static void below(void **state)
{
	const struct path_row *row = *state;

	assert_int_equal(submounts_is_below(row->path, row->directory), row->is_below);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, chooses, rows);
	TEST_ROWS(&list, below, path_rows);
	return test_list_run(&list);
}
