/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/crypt-served.h"

#include <stddef.h>

#include "base/macro.h"
#include "base/strbuf.h"
#include "config/crypt-volume.h"

struct option {
	const char *name;
	size_t offset; /* in struct crypt_options */
};

#define OPTION(name, member)                                 \
	{                                                    \
		name, offsetof(struct crypt_options, member) \
	}

const char *crypt_served_refuse(const struct crypt_volume *volume)
{
	switch (volume->options.type) {
	case CRYPT_TYPE_LUKS:
		break;
	case CRYPT_TYPE_PLAIN:
		return "it has no LUKS header, and plain dm-crypt is not opened here";
	case CRYPT_TYPE_TCRYPT:
		return "volumes of TrueCrypt and VeraCrypt are not opened here";
	case CRYPT_TYPE_BITLK:
		return "volumes of BitLocker are not opened here";
	case CRYPT_TYPE_FVAULT2:
		return "volumes of FileVault are not opened here";
	}
	if (key_source_is_set(&volume->options.header))
		return "its header is detached, and such ones are not read here";
	return NULL;
}

static void append_item(struct strbuf *buf, const char *item)
{
	strbuf_printf(buf, "%s%s", buf->size > 0 ? ", " : "", item);
}

static void append_key(const struct crypt_volume *volume, struct strbuf *buf)
{
	if (volume->options.keyscript)
		append_item(buf, "its keyscript");
	if (!key_source_is_set(&volume->key))
		return;
	append_item(buf, "the key ");
	strbuf_append(buf, volume->key.path ? volume->key.path : volume->key.device.text);
	if (volume->key.path && volume->key.device.text)
		strbuf_printf(buf, " on %s", volume->key.device.text);
}

static void append_strings(const struct crypt_volume *volume, const struct option *strings,
			   size_t n_strings, struct strbuf *buf)
{
	for (size_t i = 0; i < n_strings; i++)
		if (*(char *const *)((const char *)&volume->options + strings[i].offset))
			append_item(buf, strings[i].name);
}

void crypt_served_append_unserved_keys(const struct crypt_volume *volume, struct strbuf *buf)
{
	static const struct option tokens[] = {
		OPTION("fido2-cid=", fido2_cid),
	};

	append_key(volume, buf);
	append_strings(volume, tokens, ARRAY_SIZE(tokens), buf);
}

void crypt_served_append_unserved(const struct crypt_volume *volume, struct strbuf *buf)
{
	static const struct option strings[] = {
		OPTION("link-volume-key=", link_volume_key),
		OPTION("fixate-volume-key=", fixate_volume_key),
		OPTION("check=", check),
		OPTION("tpm2-measure-keyslot-nvpcr=", tpm2_measure_keyslot_nvpcr),
	};
	const struct crypt_options *options = &volume->options;

	crypt_served_append_unserved_keys(volume, buf);
	append_strings(volume, strings, ARRAY_SIZE(strings), buf);
	if (options->tpm2_measure_pcr != CRYPT_MEASURE_PCR_NONE)
		append_item(buf, "tpm2-measure-pcr=");
}
