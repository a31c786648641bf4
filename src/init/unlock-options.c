/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/unlock-options.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"
#include "base/strbuf.h"
#include "config/crypt-options.h"

void unlock_options_append(const struct crypt_options *options, struct strbuf *buf)
{
	const struct {
		const char *name;
		bool is_set;
	} flags[] = {
		{ "discard", options->discard },
		{ "readonly", options->readonly },
		{ "same-cpu-crypt", options->same_cpu_crypt },
		{ "submit-from-crypt-cpus", options->submit_from_crypt_cpus },
		{ "no-read-workqueue", options->no_read_workqueue },
		{ "no-write-workqueue", options->no_write_workqueue },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].is_set)
			strbuf_printf(buf, "%s%s", buf->size > 0 ? "," : "", flags[i].name);
	if (options->key_slot != CRYPT_KEY_SLOT_ANY)
		strbuf_printf(buf, "%skey-slot=%d", buf->size > 0 ? "," : "", options->key_slot);
}
