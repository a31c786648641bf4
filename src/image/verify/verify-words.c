/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of the command line that ask for what the image, or the root, does not have. The root is
 * reached all the same, but what comes of each may surprise who wrote it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "image/verify/configuration.h"
#include "kindling/image-layout.h"

static int check_breakpoints(struct configuration *configuration)
{
	const struct boot_config *boot = &configuration->boot;
	const struct verification *verification = configuration->verification;
	const char *reason = NULL;

	if (!contents_lookup(verification->contents, IMAGE_SHELL))
		reason = "the image has none";
	else if (!boot->shell_enabled)
		reason = "rd.shell=0 forbids it";
	if (!boot->breakpoints || !reason)
		return 0;
	return verification_warn(configuration->verification,
				 "rd.break= of %s asks for a shell, and %s: boot does not stop",
				 configuration->line.noun, reason);
}

static int check_shelf(struct configuration *configuration, const char *what, const char *name,
		       const char *directory, const char *suffix)
{
	_cleanup_free_ char *path = NULL;

	if (!name)
		return 0;
	path = str_format("%s/%s%s", directory, name, suffix);
	if (!path)
		return -ENOMEM;
	if (!strchr(name, '/') && contents_lookup(configuration->verification->contents, path))
		return 0;
	return verification_warn(configuration->verification,
				 "the image has no %s %s, which %s asks for: the image's own one, "
				 "or else the kernel's, stays",
				 what, name, configuration->line.noun);
}

static int check_console(struct configuration *configuration)
{
	const struct vconsole *vconsole = &configuration->boot.vconsole;
	int r = check_shelf(configuration, "keymap", vconsole->keymap, IMAGE_KEYMAPS,
			    IMAGE_KEYMAP_SUFFIX);

	return r < 0 ? r
		     : check_shelf(configuration, "font", vconsole->font, IMAGE_FONTS,
				   IMAGE_FONT_SUFFIX);
}

/* Of another root, and of another subvolume, it is not known what is on it. */
static int check_init(struct configuration *configuration)
{
	const struct boot_config *boot = &configuration->boot;
	_cleanup_free_ char *path = NULL;
	int r;

	if (!boot->init || !configuration->is_root_here ||
	    (boot->rootflags && strstr(boot->rootflags, "subvol")))
		return 0;
	r = sysroot_resolve(configuration->reader->sysroot, boot->init, &path);
	if (r != -ENOENT)
		return r == -ENOMEM ? r : 0;
	return verification_warn(
		configuration->verification,
		"init=%s of %s is not there on this machine's root: it is mounted, "
		"and then boot cannot go on",
		boot->init, configuration->line.noun);
}

int verify_words(struct configuration *configuration)
{
	int r = 0;

	if (verification_knows_init(configuration->verification)) {
		r = check_breakpoints(configuration);
		if (r >= 0)
			r = check_console(configuration);
	}
	return r < 0 ? r : check_init(configuration);
}
