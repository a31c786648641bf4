/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/console/console-config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/vec.h"

#define FILE_SIZE_MAX 65536

static const char *const files[] = {
	"/etc/conf.d/keymaps", /* Gentoo's */
	"/etc/conf.d/consolefont",    DEBIAN_KEYBOARD,
	"/etc/default/console-setup", "/etc/vconsole.conf", /* systemd's */
};

static int read_file(const struct sysroot *sysroot, const char *path, struct vconsole *vconsole,
		     struct vec *warnings)
{
	_cleanup_free_ char *real = NULL, *text = NULL;
	int r;

	r = sysroot_resolve(sysroot, path, &real);
	if (r >= 0)
		r = file_read(real, FILE_SIZE_MAX, &text, NULL);
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0 && r != -ENOMEM) {
		(void)log_warn_errno(r, "cannot read %s, going on without it", path);
		return 0;
	}
	return r < 0 ? r : vconsole_parse(text, path, vconsole, warnings);
}

int console_config_read(const struct sysroot *sysroot, struct vconsole *ret_vconsole)
{
	struct vec warnings = { 0 };
	const char *warning;
	int r = 0;

	*ret_vconsole = (struct vconsole){ 0 };
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(files); i++)
		r = read_file(sysroot, files[i], ret_vconsole, &warnings);
	vec_for_each(warning, &warnings) {
		log_warn("%s", warning);
	}
	vec_done(&warnings, free);
	return r;
}
