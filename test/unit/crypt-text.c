/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypt-text.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/macro.h"

static const char *const kind_names[] = {
	[DEVICE_SPEC_NONE] = "none",
	[DEVICE_SPEC_NODE] = "node",
	[DEVICE_SPEC_MAPPER] = "mapper",
	[DEVICE_SPEC_NUMBER] = "number",
	[DEVICE_SPEC_UUID] = "uuid",
	[DEVICE_SPEC_UUID_PART] = "uuid-part",
	[DEVICE_SPEC_LABEL] = "label",
	[DEVICE_SPEC_PARTUUID] = "partuuid",
	[DEVICE_SPEC_PARTLABEL] = "partlabel",
	[DEVICE_SPEC_ID] = "id",
	[DEVICE_SPEC_PATH] = "path",
	[DEVICE_SPEC_SERIAL] = "serial",
	[DEVICE_SPEC_GPT_AUTO] = "gpt-auto",
	[DEVICE_SPEC_VIRTIOFS] = "virtiofs",
	[DEVICE_SPEC_9P] = "9p",
};

void append_device(struct strbuf *buf, const struct device_spec *spec)
{
	if (spec->kind == DEVICE_SPEC_NONE)
		return;
	strbuf_printf(buf, "%s:%s", kind_names[spec->kind], spec->value);
	if (spec->partition_offset)
		strbuf_printf(buf, "%+d", spec->partition_offset);
}

void append_key(struct strbuf *buf, const struct key_source *source)
{
	if (source->path)
		strbuf_append(buf, source->path);
	if (source->device.kind != DEVICE_SPEC_NONE)
		strbuf_append(buf, "@");
	append_device(buf, &source->device);
	if (source->fstype)
		strbuf_printf(buf, "(%s)", source->fstype);
}

static void append_flag(struct strbuf *buf, const char *name, bool value)
{
	if (value)
		strbuf_printf(buf, " %s", name);
}

static void append_number(struct strbuf *buf, const char *name, uint64_t value)
{
	if (value)
		strbuf_printf(buf, " %s=%" PRIu64, name, value);
}

static void append_time(struct strbuf *buf, const char *name, uint64_t usec)
{
	if (usec == USEC_INFINITY)
		strbuf_printf(buf, " %s=ever", name);
	else if (usec)
		strbuf_printf(buf, " %s=%" PRIu64 "us", name, usec);
}

static void append_text(struct strbuf *buf, const char *name, const char *value)
{
	if (value)
		strbuf_printf(buf, " %s=%s", name, value);
}

static void append_choice(struct strbuf *buf, const char *name, enum crypt_choice choice)
{
	if (choice != CRYPT_CHOICE_OF_TOKEN)
		strbuf_printf(buf, " %s=%s", name, choice == CRYPT_CHOICE_YES ? "yes" : "no");
}

static void append_kind(struct strbuf *buf, const struct crypt_options *options)
{
	static const char *const types[] = { "luks", "plain", "tcrypt", "bitlk", "fvault2" };
	const char *path;

	append_flag(buf, types[options->type], options->type != CRYPT_TYPE_LUKS);
	if (key_source_is_set(&options->header)) {
		strbuf_append(buf, " header=");
		append_key(buf, &options->header);
	}
	if (options->key_slot != CRYPT_KEY_SLOT_ANY)
		strbuf_printf(buf, " key-slot=%d", options->key_slot);
	append_text(buf, "cipher", options->cipher);
	append_text(buf, "hash", options->hash);
	append_number(buf, "size", options->key_size_bits);
	append_number(buf, "offset", options->offset_sectors);
	append_number(buf, "skip", options->skip_sectors);
	append_number(buf, "sector-size", options->sector_size_bytes);
	append_flag(buf, "tcrypt-hidden", options->tcrypt_hidden);
	append_flag(buf, "tcrypt-system", options->tcrypt_system);
	append_flag(buf, "tcrypt-veracrypt", options->tcrypt_veracrypt);
	append_number(buf, "veracrypt-pim", options->veracrypt_pim);
	vec_for_each(path, &options->tcrypt_keyfiles) {
		append_text(buf, "tcrypt-keyfile", path);
	}
}

static void append_use(struct strbuf *buf, const struct crypt_options *options)
{
	append_flag(buf, "noauto", options->noauto);
	append_flag(buf, "nofail", options->nofail);
	append_flag(buf, "netdev", options->netdev);
	append_flag(buf, "attach", options->attach_in_initrd);
	append_flag(buf, "scratch", options->is_scratch);
	append_time(buf, "device-timeout", options->device_timeout_usec);
	append_flag(buf, "discard", options->discard);
	append_flag(buf, "readonly", options->readonly);
	append_flag(buf, "same-cpu-crypt", options->same_cpu_crypt);
	append_flag(buf, "submit-from-crypt-cpus", options->submit_from_crypt_cpus);
	append_flag(buf, "no-read-workqueue", options->no_read_workqueue);
	append_flag(buf, "no-write-workqueue", options->no_write_workqueue);
	append_text(buf, "link-volume-key", options->link_volume_key);
	append_text(buf, "fixate-volume-key", options->fixate_volume_key);
}

static void append_secrets(struct strbuf *buf, const struct crypt_options *options)
{
	static const char *const echoes[] = { "on tab", "masked", "no", "yes" };
	static const char *const caches[] = { "yes", "no", "read-only" };

	if (options->tries != 3)
		strbuf_printf(buf, " tries=%u", options->tries);
	append_time(buf, "timeout", options->timeout_usec);
	append_flag(buf, "headless", options->headless);
	append_flag(buf, "try-empty-password", options->try_empty_password);
	if (options->password_echo != CRYPT_ECHO_ON_TAB)
		append_text(buf, "password-echo", echoes[options->password_echo]);
	if (options->password_cache != CRYPT_CACHE_YES)
		append_text(buf, "password-cache", caches[options->password_cache]);
	append_number(buf, "keyfile-offset", options->keyfile_offset_bytes);
	append_number(buf, "keyfile-size", options->keyfile_size_bytes);
	append_time(buf, "keyfile-timeout", options->keyfile_timeout_usec);
	append_flag(buf, "keyfile-erase", options->keyfile_erase);
	append_text(buf, "keyscript", options->keyscript);
	append_text(buf, "check", options->check);
	append_text(buf, "checkargs", options->checkargs);
}

static void append_tokens(struct strbuf *buf, const struct crypt_options *options)
{
	append_time(buf, "token-timeout", options->token_timeout_usec);
	append_text(buf, "tpm2-device", options->tpm2_device);
	append_text(buf, "tpm2-pcrs", options->tpm2_pcrs);
	append_text(buf, "tpm2-signature", options->tpm2_signature);
	append_text(buf, "tpm2-pcrlock", options->tpm2_pcrlock);
	append_flag(buf, "tpm2-pin", options->tpm2_pin);
	if (options->tpm2_measure_pcr != CRYPT_MEASURE_PCR_NONE)
		strbuf_printf(buf, " tpm2-measure-pcr=%d", options->tpm2_measure_pcr);
	append_text(buf, "tpm2-measure-bank", options->tpm2_measure_bank);
	append_text(buf, "tpm2-measure-keyslot-nvpcr", options->tpm2_measure_keyslot_nvpcr);
	append_text(buf, "fido2-device", options->fido2_device);
	append_text(buf, "fido2-cid", options->fido2_cid);
	append_text(buf, "fido2-rp", options->fido2_rp);
	append_choice(buf, "fido2-pin", options->fido2_pin);
	append_choice(buf, "fido2-up", options->fido2_up);
	append_choice(buf, "fido2-uv", options->fido2_uv);
	append_text(buf, "pkcs11-uri", options->pkcs11_uri);
}

void append_options(struct strbuf *buf, const struct crypt_options *options)
{
	append_kind(buf, options);
	append_use(buf, options);
	append_secrets(buf, options);
	append_tokens(buf, options);
}

void append_volume(struct strbuf *buf, const struct crypt_volume *volume)
{
	strbuf_printf(buf, "%s ", volume->name ? volume->name : "?");
	append_device(buf, &volume->device);
	if (key_source_is_set(&volume->key)) {
		strbuf_append(buf, " ");
		append_key(buf, &volume->key);
	}
	if (volume->key_argument)
		strbuf_printf(buf, " (%s)", volume->key_argument);
	append_options(buf, &volume->options);
	strbuf_append(buf, ";");
}

void append_warnings(struct strbuf *buf, const struct vec *warnings)
{
	const char *warning;

	vec_for_each(warning, warnings) {
		strbuf_printf(buf, "!%s;", warning);
	}
}
