/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read of a module's file; the first byte of the input tells how it is compressed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macro.h"
#include "fuzz.h"
#include "image/modules/module-info.h"

static char directory[] = "/tmp/fuzz-module-info-XXXXXX";
static char path[sizeof(directory) + sizeof("/module.ko.zst")];

static void remove_directory(void)
{
	(void)rmdir(directory);
}

static void set_up(void)
{
	if (path[0])
		return;
	FUZZ_CHECK(mkdtemp(directory));
	FUZZ_CHECK(atexit(remove_directory) == 0);
}

static void read_part(enum module_part part)
{
	struct module_info info;
	int r = module_info_read(path, part, &info);

	FUZZ_CHECK(r == 0 || r == -ENOEXEC || r == -EBADMSG || r == -EFBIG || r == -ENOMEM);
	if (r == 0)
		module_info_done(&info);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const suffixes[] = { "", ".zst", ".xz", ".gz" };

	if (size == 0)
		return 0;
	set_up();
	(void)snprintf(path, sizeof(path), "%s/module.ko%s", directory,
		       suffixes[data[0] % ARRAY_SIZE(suffixes)]);
	FUZZ_CHECK(file_publish(path, data + 1, size - 1, 0600) == 0);
	read_part(MODULE_HEADER);
	read_part(MODULE_INFO);
	read_part(MODULE_IMPORTS);
	FUZZ_CHECK(unlink(path) == 0);
	return 0;
}
