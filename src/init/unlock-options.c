/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/unlock-options.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"
#include "base/strbuf.h"
#include "config/crypt-options.h"

static void append_name(struct strbuf *buf, const char *name)
{
	strbuf_printf(buf, "%s%s", buf->size > 0 ? "," : "", name);
}

static void append_string(struct strbuf *buf, const char *name, const char *value)
{
	if (!value)
		return;
	append_name(buf, name);
	strbuf_append(buf, "=");
	for (; *value; value++)
		strbuf_printf(buf, "%s%c", *value == ',' || *value == '\\' ? "\\" : "", *value);
}

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
			append_name(buf, flags[i].name);
	if (options->key_slot != CRYPT_KEY_SLOT_ANY)
		strbuf_printf(buf, "%skey-slot=%d", buf->size > 0 ? "," : "", options->key_slot);
	append_string(buf, "tpm2-device", options->tpm2_device);
	append_string(buf, "tpm2-signature", options->tpm2_signature);
	append_string(buf, "tpm2-pcrlock", options->tpm2_pcrlock);
	append_string(buf, "fido2-device", options->fido2_device);
}
