/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/mount.h>

#include "config/mount-options.h"
#include "support.h"

struct options_row {
	const char *text;
	unsigned long before, flags;
	const char *data;
};

static const struct options_row rows[] = {
	{ "", MS_RDONLY, MS_RDONLY, "" },
	{ "defaults", MS_RDONLY, MS_RDONLY, "" },
	{ "rw", MS_RDONLY, 0, "" },
	{ "ro", 0, MS_RDONLY, "" },
	{ "ro,rw", 0, 0, "" },
	{ "rw,ro", 0, MS_RDONLY, "" },
	{ "rw,noatime", MS_RDONLY, MS_NOATIME, "" },
	{ "noatime,atime", 0, 0, "" },
	{ "nosuid,nodev,noexec", 0, MS_NOSUID | MS_NODEV | MS_NOEXEC, "" },
	{ "suid,dev,exec", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0, "" },
	{ "relatime,lazytime", 0, MS_RELATIME | MS_LAZYTIME, "" },
	{ "sync,dirsync", 0, MS_SYNCHRONOUS | MS_DIRSYNC, "" },
	{ "nodiratime,strictatime", 0, MS_NODIRATIME | MS_STRICTATIME, "" },

	{ "subvol=@", 0, 0, "subvol=@" },
	{ "subvol=@,compress=zstd:1", 0, 0, "subvol=@,compress=zstd:1" },
	{ "rw,subvol=@,noatime,commit=30", MS_RDONLY, MS_NOATIME, "subvol=@,commit=30" },
	{ "errors=remount-ro", 0, 0, "errors=remount-ro" },
	{ "romantic,prodigy", 0, 0, "romantic,prodigy" },
	{ "RO", 0, 0, "RO" },
	{ "ro=1", 0, 0, "ro=1" },

	{ "bind", 0, MS_BIND, "" },
	{ "ro,rbind", 0, MS_RDONLY | MS_BIND | MS_REC, "" },

	{ "noauto,user,nofail,_netdev,remount", 0, 0, "" },
	{ "x-systemd.device-timeout=0,data=ordered", 0, 0, "data=ordered" },
	{ "X-mount.mkdir,comment=for me,x-initrd.mount", 0, 0, "" },

	{ ",", 0, 0, "" },
	{ ",,ro,,a,,", 0, MS_RDONLY, "a" },
	{ "context=\"system_u:object_r:x:s0:c1,c2\",ro", 0, MS_RDONLY,
	  "context=\"system_u:object_r:x:s0:c1,c2\"" },
	{ "a=\"b,ro", 0, 0, "a=\"b,ro" },
};

static void parses(void **state)
{
	const struct options_row *row = *state;
	struct mount_options options;

	assert_int_equal(mount_options_parse(row->text, row->before, &options), 0);
	assert_int_equal(options.flags, row->flags);
	assert_string_equal(options.data, row->data);
	mount_options_done(&options);
	assert_null(options.data);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, parses, rows);
	return test_list_run(&list);
}
