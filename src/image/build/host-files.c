/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Key files stay where they are: who can read an image could read them there. */
#include "image/build/host-files.h"

#include <errno.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "kindling/image-layout.h"

int host_files_add(struct tree *tree, const struct build_options *options, const struct host *host)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const char *line;
	int r;

	if (options->mode != BUILD_MODE_HOST || host->crypttab.n_items == 0 ||
	    tree_get(tree, IMAGE_CRYPTTAB))
		return 0;
	vec_for_each(line, &host->crypttab) {
		log_debug("taking from crypttab: %s", line);
		strbuf_printf(&text, "%s\n", line);
	}
	if (text.failed)
		return -ENOMEM;
	r = tree_add_data(tree, IMAGE_CRYPTTAB, 0644, text.data, text.size,
			  "this machine's lines for what has to be open before its init runs");
	return r < 0 && r != -ENOMEM
		       ? log_err_errno(r, "cannot put " IMAGE_CRYPTTAB " into the image, giving up")
		       : r;
}
