/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/mount-options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256 /* Linux 5.10 */
#endif

/* mount(8), "FILESYSTEM-INDEPENDENT MOUNT OPTIONS". */
static const struct {
	const char *name;
	unsigned long set, clear;
} vfs_options[] = {
	{ "ro", MS_RDONLY, 0 },
	{ "rw", 0, MS_RDONLY },
	{ "nosuid", MS_NOSUID, 0 },
	{ "suid", 0, MS_NOSUID },
	{ "nodev", MS_NODEV, 0 },
	{ "dev", 0, MS_NODEV },
	{ "noexec", MS_NOEXEC, 0 },
	{ "exec", 0, MS_NOEXEC },
	{ "sync", MS_SYNCHRONOUS, 0 },
	{ "async", 0, MS_SYNCHRONOUS },
	{ "dirsync", MS_DIRSYNC, 0 },
	{ "mand", MS_MANDLOCK, 0 },
	{ "nomand", 0, MS_MANDLOCK },
	{ "noatime", MS_NOATIME, 0 },
	{ "atime", 0, MS_NOATIME },
	{ "nodiratime", MS_NODIRATIME, 0 },
	{ "diratime", 0, MS_NODIRATIME },
	{ "relatime", MS_RELATIME, 0 },
	{ "norelatime", 0, MS_RELATIME },
	{ "strictatime", MS_STRICTATIME, 0 },
	{ "nostrictatime", 0, MS_STRICTATIME },
	{ "lazytime", MS_LAZYTIME, 0 },
	{ "nolazytime", 0, MS_LAZYTIME },
	{ "iversion", MS_I_VERSION, 0 },
	{ "noiversion", 0, MS_I_VERSION },
	{ "silent", MS_SILENT, 0 },
	{ "loud", 0, MS_SILENT },
	{ "nosymfollow", MS_NOSYMFOLLOW, 0 },
	{ "symfollow", 0, MS_NOSYMFOLLOW },
	{ "bind", MS_BIND, 0 },
	{ "rbind", MS_BIND | MS_REC, 0 },
	/* For mount(8), fstab(5) and systemd.mount(5) alone. */
	{ "defaults", 0, 0 },
	{ "auto", 0, 0 },
	{ "noauto", 0, 0 },
	{ "user", 0, 0 },
	{ "nouser", 0, 0 },
	{ "users", 0, 0 },
	{ "owner", 0, 0 },
	{ "group", 0, 0 },
	{ "nofail", 0, 0 },
	{ "_netdev", 0, 0 },
	{ "remount", 0, 0 },
};

/* Applies @option if it is one of the kernel-wide ones. */
static bool apply_vfs_option(const char *option, unsigned long *flags)
{
	for (size_t i = 0; i < ARRAY_SIZE(vfs_options); i++) {
		if (!str_equal(option, vfs_options[i].name))
			continue;
		*flags = (*flags & ~vfs_options[i].clear) | vfs_options[i].set;
		return true;
	}
	return str_after_prefix(option, "x-") || str_after_prefix(option, "X-") ||
	       str_after_prefix(option, "comment=");
}

/* Cuts the next option off *@next and terminates it; NULL at the end. */
static char *next_option(char **next)
{
	char *option = *next;
	bool quoted = false;

	if (!option)
		return NULL;
	for (char *c = option;; c++) {
		if (*c == '"')
			quoted = !quoted;
		if (*c && (quoted || *c != ','))
			continue;
		*next = *c ? c + 1 : NULL;
		*c = '\0';
		return option;
	}
}

int mount_options_parse(const char *text, unsigned long flags, struct mount_options *ret_options)
{
	_cleanup_strbuf_ struct strbuf data = { 0 };
	_cleanup_free_ char *copy = strdup(text);
	struct mount_options options = { .flags = flags };
	char *next = copy, *option;

	if (!copy)
		return -ENOMEM;
	while ((option = next_option(&next))) {
		if (!*option || apply_vfs_option(option, &options.flags))
			continue;
		if (data.size > 0)
			strbuf_append(&data, ",");
		strbuf_append(&data, option);
	}
	options.data = strbuf_steal(&data);
	if (!options.data)
		return -ENOMEM;
	*ret_options = options;
	return 0;
}

void mount_options_done(struct mount_options *options)
{
	free(options->data);
	*options = (struct mount_options){ 0 };
}
