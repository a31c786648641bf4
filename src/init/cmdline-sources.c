/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the command line comes from; what it means is for config/cmdline.c. */
#include "init/cmdline-sources.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/cmdline-text.h"
#include "kindling/image-layout.h"

#define KERNEL_CMDLINE "/proc/cmdline"

#define BYTES_MAX 65536

static void append_file(struct strbuf *text, const char *root, const char *dir, const char *name)
{
	_cleanup_free_ char *path = str_format("%s%s%s", root, dir, name), *lines = NULL;
	size_t size;
	int r;

	r = path ? file_read(path, BYTES_MAX, &lines, &size) : -ENOMEM;
	if (r < 0) {
		if (r != -ENOENT || str_equal(dir, KERNEL_CMDLINE))
			(void)log_err_errno(
				r, "cannot read the command line in %s%s, going on without it", dir,
				name);
		return;
	}
	/* What follows one would be lost without a word. */
	if (str_replace_nuls(lines, size))
		log_warn("there are NUL bytes in %s%s, going on as if they were ends of lines", dir,
			 name);
	cmdline_text_append(text, lines);
}

static void append_drop_ins(struct strbuf *text, const char *root)
{
	_cleanup_free_ char *dir = str_format("%s" IMAGE_CMDLINE_D, root);
	struct vec names = { 0 };
	const char *name;

	if (dir)
		(void)file_list_directory(dir, file_is_drop_in, &names);
	vec_for_each(name, &names)
		append_file(text, root, IMAGE_CMDLINE_D "/", name);
	vec_done(&names, free);
}

int cmdline_sources_read(const char *root, char **ret_text)
{
	struct strbuf text = { 0 };

	append_drop_ins(&text, root);
	append_file(&text, root, CMDLINE_TEXT_FILE, "");
	append_file(&text, root, KERNEL_CMDLINE, "");
	*ret_text = strbuf_steal(&text);
	return *ret_text ? 0 : -ENOMEM;
}
