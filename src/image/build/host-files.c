/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Key files stay where they are: who can read an image could read them there. */
#include "image/build/host-files.h"

#include <errno.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/strbuf.h"
#include "config/cmdline.h"
#include "kindling/image-layout.h"

/* Unless the user has brought one. */
static int add_text(struct tree *tree, const char *path, const struct strbuf *text, const char *why)
{
	int r;

	if (text->failed)
		return -ENOMEM;
	if (text->size == 0 || tree_get(tree, path))
		return 0;
	r = tree_add_data(tree, path, 0644, text->data, text->size, why);
	return r < 0 && r != -ENOMEM
		       ? log_err_errno(r, "cannot put %s into the image, giving up", path)
		       : r;
}

static int add_crypttab(struct tree *tree, const struct host *host)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const char *line;

	vec_for_each(line, &host->crypttab) {
		log_debug("taking from crypttab: %s", line);
		strbuf_printf(&text, "%s\n", line);
	}
	return add_text(tree, IMAGE_CRYPTTAB, &text,
			"this machine's lines for what has to be open before its init runs");
}

static bool resumes_from_volume(const struct host *host)
{
	const struct host_volume *volume;

	vec_for_each(volume, &host->volumes) {
		if (volume->is_for_resume)
			return true;
	}
	return false;
}

static bool has_crypttab(const struct tree *tree)
{
	static const char *const paths[] = { IMAGE_CRYPTTABS };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (tree_get(tree, paths[i]))
			return true;
	return false;
}

/* What the user has opened may not be what the words would wait for. */
static bool is_users_choice(const struct tree *tree, const struct luks_config *luks)
{
	return luks->is_allow_list || !luks->enabled || !luks->crypttab_enabled ||
	       has_crypttab(tree);
}

static int add_words(struct tree *tree, const struct host *host)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	strbuf_printf(&text, "%s\n", host->resume);
	return add_text(tree, IMAGE_CMDLINE_HOST, &text,
			"where this machine's initramfs-tools resumes a hibernated system from");
}

/* Unless @given, the words that the image has from the user, says it better. */
static int add_resume(struct tree *tree, enum build_mode mode, const struct boot_config *given,
		      const struct host *host)
{
	const char *why_not = NULL;

	if (!host->resume || given->resume.kind != DEVICE_SPEC_NONE || !given->resume_enabled)
		return 0;
	if (mode != BUILD_MODE_HOST)
		why_not = "is for any machine";
	else if (resumes_from_volume(host) && is_users_choice(tree, &given->luks))
		why_not = "opens the volumes that it was told to";
	if (!why_not)
		return add_words(tree, host);
	log_info("the image %s, so unlike those of initramfs-tools it resumes a hibernated system "
		 "only if the boot loader or --cmdline says %s",
		 why_not, host->resume);
	return 0;
}

int host_files_add(struct tree *tree, const struct build_options *options, const struct host *host)
{
	struct boot_config given;
	int r = cmdline_parse(options->cmdline ? options->cmdline : "", &given);

	if (r >= 0)
		r = add_resume(tree, options->mode, &given, host);
	if (r >= 0 && options->mode == BUILD_MODE_HOST)
		r = add_crypttab(tree, host);
	boot_config_done(&given);
	return r;
}
