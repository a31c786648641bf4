/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

struct kmod_index_row {
	const char *key, *value; /* kept by the caller */
	uint32_t priority;       /* lower ones are found first */
};

/*
 * Makes an index as libkmod maps it, modules.dep.bin and the like, of rows that are ordered by
 * priority; they are left in another order. Keys have dashes as underscores. 0, -ENOMEM, -EINVAL if
 * a key is not ASCII or has over KMOD_INDEX_KEY_MAX bytes, -EFBIG.
 */
int kmod_index_write(struct kmod_index_row *rows, size_t n_rows, struct strbuf *ret_index);

#define KMOD_INDEX_KEY_MAX 1024
