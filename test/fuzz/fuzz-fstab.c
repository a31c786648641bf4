/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each entry of an fstab, and what its options come to. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/fstab.h"
#include "config/mount-options.h"
#include "config/option-list.h"
#include "fuzz.h"

static void check_entry(const struct fstab *fstab, const struct fstab_entry *entry)
{
	const struct fstab_entry *first = fstab_find(fstab, entry->path);
	size_t path_size = strlen(entry->path), size;
	struct mount_options options;

	FUZZ_CHECK(*entry->source && path_size > 0 && *entry->type && *entry->options);
	FUZZ_CHECK(path_size == 1 || entry->path[path_size - 1] != '/');
	FUZZ_CHECK(first && first->line <= entry->line);
	FUZZ_CHECK(!entry->is_bind || entry->device.kind == DEVICE_SPEC_NONE);
	FUZZ_CHECK(!entry->nofail || option_list_find(entry->options, "nofail", &size));
	FUZZ_CHECK(mount_options_parse(entry->options, 0, &options) == 0);
	mount_options_done(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	const struct fstab_entry *entry;
	struct fstab fstab;

	FUZZ_CHECK(fstab_parse(text, &fstab) == 0);
	vec_for_each(entry, &fstab.entries) {
		check_entry(&fstab, entry);
	}
	fstab_done(&fstab);
	return 0;
}
