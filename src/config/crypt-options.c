/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One table: name, how the value is read, where it goes. What is written in two ways has two rows;
 * mkinitcpio writes some with underscores, in cryptdevice=.
 */
#include "config/crypt-options.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "config/time-span.h"
#include "config/warnings.h"

#define TRIES_DEFAULT 3
#define KEY_SLOT_MAX  31 /* of LUKS2 */
#define PCR_MAX       23

/*
 * Sets the member at @field. @constant is the row's, @value is NULL for a bare option. 0, -EINVAL
 * for a value that makes no sense, -ENODATA for one that is missing, or -ENOMEM.
 */
typedef int (*option_fn)(void *field, int constant, const char *value);

/* For the host's init, of no use here, or the default anyway. */
static int pass_over(void *field, int constant, const char *value)
{
	return 0;
}

static int set_constant(void *field, int constant, const char *value)
{
	if (value)
		return -EINVAL;
	*(unsigned int *)field = (unsigned int)constant;
	return 0;
}

/* A bare one, or with a boolean; of @constant 0 it is the opposite that is set. */
static int set_flag(void *field, int constant, const char *value)
{
	int r = value ? str_parse_bool(value) : 1;

	if (r < 0)
		return r;
	*(bool *)field = (r > 0) == (constant > 0);
	return 0;
}

/* swap, tmp and tmp=ext4. */
static int set_true(void *field, int constant, const char *value)
{
	*(bool *)field = true;
	return 0;
}

static int set_optional_string(void *field, int constant, const char *value)
{
	return str_assign(field, value ? value : "");
}

static int set_string(void *field, int constant, const char *value)
{
	return value && *value ? set_optional_string(field, constant, value) : -ENODATA;
}

static int add_string(void *field, int constant, const char *value)
{
	char *copy = NULL;
	int r = set_string(&copy, constant, value);

	if (r >= 0)
		r = vec_push(field, copy);
	if (r < 0)
		free(copy);
	return r;
}

static int set_number(void *field, int constant, const char *value)
{
	return value ? str_parse_uint64(value, field) : -ENODATA;
}

static int set_time(void *field, int constant, const char *value)
{
	return value ? time_span_parse_timeout(value, field) : -ENODATA;
}

static int set_small(void *field, int max, const char *value)
{
	uint64_t number;
	int r = value ? str_parse_uint64(value, &number) : -ENODATA;

	if (r < 0)
		return r;
	if (number > (uint64_t)max)
		return -EINVAL;
	*(unsigned int *)field = (unsigned int)number;
	return 0;
}

static int set_measure_pcr(void *field, int max, const char *value)
{
	int is_wanted;

	if (value && set_small(field, max, value) >= 0)
		return 0;
	is_wanted = value ? str_parse_bool(value) : 1;
	if (is_wanted < 0)
		return is_wanted;
	*(int *)field = is_wanted ? CRYPT_MEASURE_PCR_COMMON : CRYPT_MEASURE_PCR_NONE;
	return 0;
}

/* A boolean, or the word that @constant stands for. */
static int set_word(void *field, const char *word, int of_word, int of_yes, int of_no,
		    const char *value)
{
	int r;

	if (!value)
		return -ENODATA;
	if (str_equal(value, word)) {
		*(int *)field = of_word;
		return 0;
	}
	r = str_parse_bool(value);
	if (r >= 0)
		*(int *)field = r ? of_yes : of_no;
	return r < 0 ? r : 0;
}

static int set_echo(void *field, int constant, const char *value)
{
	return set_word(field, "masked", CRYPT_ECHO_MASKED, CRYPT_ECHO_YES, CRYPT_ECHO_NO, value);
}

static int set_cache(void *field, int constant, const char *value)
{
	return set_word(field, "read-only", CRYPT_CACHE_READ_ONLY, CRYPT_CACHE_YES, CRYPT_CACHE_NO,
			value);
}

static int set_choice(void *field, int constant, const char *value)
{
	int r = value ? str_parse_bool(value) : 1;

	if (r >= 0)
		*(enum crypt_choice *)field = r ? CRYPT_CHOICE_YES : CRYPT_CHOICE_NO;
	return r < 0 ? r : 0;
}

static int set_key_source(void *field, int constant, const char *value)
{
	struct key_source source;
	int r;

	if (!value || !*value)
		return -ENODATA;
	r = key_source_parse(value, &source);
	if (r < 0)
		return r;
	key_source_done(field);
	*(struct key_source *)field = source;
	return 0;
}

#define ROW(name, function, member, constant)                                    \
	{                                                                        \
		name, function, offsetof(struct crypt_options, member), constant \
	}

static const struct {
	const char *name;
	option_fn set;
	size_t offset;
	int constant;
} options_known[] = {
	ROW("luks", set_constant, type, CRYPT_TYPE_LUKS),
	ROW("plain", set_constant, type, CRYPT_TYPE_PLAIN),
	ROW("tcrypt", set_constant, type, CRYPT_TYPE_TCRYPT),
	ROW("bitlk", set_constant, type, CRYPT_TYPE_BITLK),
	ROW("fvault2", set_constant, type, CRYPT_TYPE_FVAULT2),
	ROW("header", set_key_source, header, 0),
	ROW("key-slot", set_small, key_slot, KEY_SLOT_MAX),
	ROW("keyslot", set_small, key_slot, KEY_SLOT_MAX),

	ROW("noauto", set_flag, noauto, 1),
	ROW("auto", set_flag, noauto, 0),
	ROW("nofail", set_flag, nofail, 1),
	ROW("fail", set_flag, nofail, 0),
	ROW("_netdev", set_flag, netdev, 1),
	ROW("x-initrd.attach", set_flag, attach_in_initrd, 1),
	ROW("initramfs", set_flag, attach_in_initrd, 1),
	ROW("noinitramfs", set_flag, attach_in_initrd, 0),
	ROW("force", set_flag, attach_in_initrd, 1),
	ROW("swap", set_true, is_scratch, 0),
	ROW("tmp", set_true, is_scratch, 0),
	ROW("x-systemd.device-timeout", set_time, device_timeout_usec, 0),

	ROW("discard", set_flag, discard, 1),
	ROW("allow-discards", set_flag, discard, 1),
	ROW("readonly", set_flag, readonly, 1),
	ROW("read-only", set_flag, readonly, 1),
	ROW("same-cpu-crypt", set_flag, same_cpu_crypt, 1),
	ROW("perf-same_cpu_crypt", set_flag, same_cpu_crypt, 1),
	ROW("submit-from-crypt-cpus", set_flag, submit_from_crypt_cpus, 1),
	ROW("perf-submit_from_crypt_cpus", set_flag, submit_from_crypt_cpus, 1),
	ROW("no-read-workqueue", set_flag, no_read_workqueue, 1),
	ROW("perf-no_read_workqueue", set_flag, no_read_workqueue, 1),
	ROW("no-write-workqueue", set_flag, no_write_workqueue, 1),
	ROW("perf-no_write_workqueue", set_flag, no_write_workqueue, 1),
	ROW("link-volume-key", set_string, link_volume_key, 0),
	ROW("fixate-volume-key", set_string, fixate_volume_key, 0),

	ROW("cipher", set_string, cipher, 0),
	ROW("hash", set_string, hash, 0),
	ROW("size", set_number, key_size_bits, 0),
	ROW("offset", set_number, offset_sectors, 0),
	ROW("skip", set_number, skip_sectors, 0),
	ROW("sector-size", set_number, sector_size_bytes, 0),
	ROW("tcrypt-hidden", set_flag, tcrypt_hidden, 1),
	ROW("tcrypthidden", set_flag, tcrypt_hidden, 1),
	ROW("tcrypt-system", set_flag, tcrypt_system, 1),
	ROW("tcrypt-veracrypt", set_flag, tcrypt_veracrypt, 1),
	ROW("veracrypt", set_flag, tcrypt_veracrypt, 1),
	ROW("veracrypt-pim", set_number, veracrypt_pim, 0),
	ROW("tcrypt-keyfile", add_string, tcrypt_keyfiles, 0),

	ROW("tries", set_small, tries, INT_MAX),
	ROW("timeout", set_time, timeout_usec, 0),
	ROW("headless", set_flag, headless, 1),
	ROW("try-empty-password", set_flag, try_empty_password, 1),
	ROW("password-echo", set_echo, password_echo, 0),
	ROW("password-cache", set_cache, password_cache, 0),

	ROW("keyfile-offset", set_number, keyfile_offset_bytes, 0),
	ROW("keyfile-size", set_number, keyfile_size_bytes, 0),
	ROW("keyfile-timeout", set_time, keyfile_timeout_usec, 0),
	ROW("keyfile-erase", set_flag, keyfile_erase, 1),
	ROW("keyscript", set_string, keyscript, 0),
	ROW("check", set_optional_string, check, 0),
	ROW("checkargs", set_string, checkargs, 0),

	ROW("token-timeout", set_time, token_timeout_usec, 0),
	ROW("tpm2-device", set_string, tpm2_device, 0),
	ROW("tpm2-pcrs", set_string, tpm2_pcrs, 0),
	ROW("tpm2-signature", set_string, tpm2_signature, 0),
	ROW("tpm2-pcrlock", set_string, tpm2_pcrlock, 0),
	ROW("tpm2-pin", set_flag, tpm2_pin, 1),
	ROW("tpm2-measure-pcr", set_measure_pcr, tpm2_measure_pcr, PCR_MAX),
	ROW("tpm2-measure-bank", set_string, tpm2_measure_bank, 0),
	ROW("tpm2-measure-keyslot-nvpcr", set_string, tpm2_measure_keyslot_nvpcr, 0),
	ROW("fido2-device", set_string, fido2_device, 0),
	ROW("fido2-cid", set_string, fido2_cid, 0),
	ROW("fido2-rp", set_string, fido2_rp, 0),
	ROW("fido2-pin", set_choice, fido2_pin, 0),
	ROW("fido2-up", set_choice, fido2_up, 0),
	ROW("fido2-uv", set_choice, fido2_uv, 0),
	ROW("pkcs11-uri", set_string, pkcs11_uri, 0),

	ROW("verify", pass_over, type, 0), /* whether it was typed right, the LUKS header tells */
	ROW("loud", pass_over, type, 0),
	ROW("quiet", pass_over, type, 0),
	ROW("noearly", pass_over, type, 0),
	ROW("none", pass_over, type, 0),
	ROW("-", pass_over, type, 0), /* dracut leaves it behind where it takes out others */
};

/* Cuts the next option off *@next, without its backslashes; NULL at the end. */
static char *next_option(char **next)
{
	char *option = *next, *to = option;
	const char *from = option;

	if (!option)
		return NULL;
	for (; *from && *from != ','; from++) {
		if (from[0] == '\\' && (from[1] == ',' || from[1] == '\\'))
			from++;
		*to++ = *from;
	}
	*next = *from ? option + (from - option) + 1 : NULL;
	*to = '\0';
	return option;
}

/* What tells mount(8), systemd or another program something that is not about the volume. */
static bool is_for_others(const char *name)
{
	return str_after_prefix(name, "x-") != NULL;
}

static int apply_option(struct crypt_options *options, const char *name, const char *value,
			const char *where, struct vec *warnings)
{
	for (size_t i = 0; i < ARRAY_SIZE(options_known); i++) {
		char *field = (char *)options + options_known[i].offset;
		int r;

		if (!str_equal(name, options_known[i].name))
			continue;
		r = options_known[i].set(field, options_known[i].constant, value);
		if (r == -ENOMEM || r >= 0)
			return r;
		if (r == -ENODATA)
			return warnings_add(warnings, "%s: %s needs a value, ignoring it", where,
					    name);
		return warnings_add(warnings, "%s: %s=%s makes no sense, ignoring it", where, name,
				    value ? value : "");
	}
	if (is_for_others(name))
		return 0;
	return warnings_add(warnings, "%s: the option %s is not known here, ignoring it", where,
			    name);
}

int crypt_options_parse(const char *text, const char *where, struct crypt_options *ret_options,
			struct vec *warnings)
{
	_cleanup_free_ char *copy = strdup(text);
	char *next = copy, *name;

	*ret_options = (struct crypt_options){
		.key_slot = CRYPT_KEY_SLOT_ANY,
		.tries = TRIES_DEFAULT,
		.tpm2_measure_pcr = CRYPT_MEASURE_PCR_NONE,
	};
	if (!copy)
		return -ENOMEM;
	while ((name = next_option(&next))) {
		char *value = name;
		int r;

		strsep(&value, "=");
		r = *name ? apply_option(ret_options, name, value, where, warnings) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

void crypt_options_done(struct crypt_options *options)
{
	key_source_done(&options->header);
	vec_done(&options->tcrypt_keyfiles, free);
	for (size_t i = 0; i < ARRAY_SIZE(options_known); i++) {
		char **field = (void *)((char *)options + options_known[i].offset);

		if (options_known[i].set != set_string &&
		    options_known[i].set != set_optional_string)
			continue;
		free(*field);
		*field = NULL;
	}
	*options = (struct crypt_options){ 0 };
}
