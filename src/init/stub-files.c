/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd-stub(7) leaves these in /.extra, which goes with the image; /run stays. */
#include "init/stub-files.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"

#define FROM      "/.extra"
#define TO        "/run/systemd"
#define BYTES_MAX (1 << 20)

static int copy(const char *root, const char *name)
{
	_cleanup_free_ char *from = str_format("%s" FROM "/%s", root, name);
	_cleanup_free_ char *directory = str_format("%s" TO, root);
	_cleanup_free_ char *to = str_format("%s" TO "/%s", root, name);
	_cleanup_free_ char *data = NULL;
	size_t size;
	int r;

	if (!from || !directory || !to)
		return -ENOMEM;
	r = file_read(from, BYTES_MAX, &data, &size);
	if (r >= 0)
		r = file_make_directories(directory, 0755);
	return r < 0 ? r : file_publish(to, data, size, 0444);
}

void stub_files_copy(const char *root)
{
	static const char *const names[] = {
		"tpm2-pcr-signature.json",
		"tpm2-pcr-public-key.pem",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int r = copy(root, names[i]);

		if (r < 0 && r != -ENOENT)
			log_warn_errno(r, "cannot copy " FROM "/%s to " TO ", going on without it",
				       names[i]);
	}
}
