/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dialects that name a device and a mapping at once: mkinitcpio's cryptdevice=, genkernel's
 * crypt_root= and Debian's cryptopts=. None of them reads a crypttab together with its own words,
 * so what they say stands for itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/crypt-volume.h"
#include "config/luks-config.h"
#include "config/warnings.h"

/* Takes over nothing: all strings are copied. */
struct mapping {
	const char *key_word; /* of the command line, for complaints: "cryptdevice" */
	const char *device, *name;
	const char *options;   /* "" for none */
	struct key_source key; /* borrowed */
};

static int fill_request(struct luks_request *request, const struct mapping *mapping)
{
	bool has_options = *mapping->options != '\0';
	char *name = strdup(mapping->name);
	char *options = has_options ? strdup(mapping->options) : NULL;
	struct key_source key = { 0 };
	int r = name && (options || !has_options) ? key_source_copy(&mapping->key, &key) : -ENOMEM;

	if (r < 0) {
		free(name);
		free(options);
		return r;
	}
	free(request->name);
	free(request->options);
	key_source_done(&request->key);
	request->name = name;
	request->options = options;
	request->key = key;
	request->is_named = request->is_whole = true;
	return 0;
}

static int add_mapping(struct luks_config *luks, const struct mapping *mapping,
		       struct vec *warnings)
{
	_cleanup_(device_spec_done) struct device_spec device = { 0 };
	struct luks_request *request;
	int r;

	if (!crypt_volume_is_name(mapping->name))
		return warnings_add(warnings,
				    "%s: \"%s\" cannot be the name of a volume, ignoring it",
				    mapping->key_word, mapping->name);
	r = device_spec_parse(mapping->device, &device);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return warnings_add(warnings, "%s: \"%s\" %s, ignoring it", mapping->key_word,
				    mapping->device, device_spec_error(r));
	request = luks_config_get_request(luks, &device);
	return request ? fill_request(request, mapping) : -ENOMEM;
}

/* Cuts the next part of "a:b:c" off; "" if there is none. */
static char *next_part(char **rest)
{
	char *part = strsep(rest, ":");

	return part ? part : (char *)"";
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* A device and, unless bytes of it are meant, a file on it. */
static int make_key(const char *device, const char *fstype, const char *path,
		    struct key_source *ret_key)
{
	struct key_source key = { 0 };
	int r = device_spec_parse(device, &key.device);

	if (r < 0)
		return r;
	key.path = path ? str_format("%s%s", *path == '/' ? "" : "/", path) : NULL;
	key.fstype = fstype && *fstype && !str_equal(fstype, "auto") ? strdup(fstype) : NULL;
	if (path && !key.path) {
		key_source_done(&key);
		return -ENOMEM;
	}
	*ret_key = key;
	return 0;
}

/* Appends the options that say which bytes of the device are the key. */
static int parse_cryptkey(const char *text, struct strbuf *options, struct key_source *ret_key)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *device, *second, *third;

	if (!copy)
		return -ENOMEM;
	device = next_part(&rest);
	second = next_part(&rest);
	if (str_equal(device, "rootfs"))
		return *second == '/' ? key_source_parse(second, ret_key) : -EINVAL;
	third = rest ? rest : (char *)"";
	if (!*third)
		return -EINVAL;
	if (!is_number(second))
		return make_key(device, second, third, ret_key);
	if (!is_number(third))
		return -EINVAL;
	strbuf_printf(options, ",keyfile-offset=%s,keyfile-size=%s", second, third);
	return make_key(device, NULL, NULL, ret_key);
}

/* crypto=HASH:CIPHER:BITS:OFFSET:SKIP */
static int append_crypto(struct strbuf *options, const char *text)
{
	static const char *const names[] = { "hash", "cipher", "size", "offset", "skip" };
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy;

	if (!copy)
		return -ENOMEM;
	strbuf_append(options, ",plain");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *part = next_part(&rest);

		if (*part)
			strbuf_printf(options, ",%s=%s", names[i], part);
	}
	return 0;
}

static int finish_mkinitcpio(struct luks_config *luks, struct vec *warnings)
{
	_cleanup_free_ char *copy = strdup(luks->cryptdevice);
	_cleanup_(key_source_done) struct key_source key = { 0 };
	_cleanup_strbuf_ struct strbuf options = { 0 };
	struct mapping mapping = { .key_word = "cryptdevice" };
	char *rest = copy;
	int r = 0;

	if (!copy)
		return -ENOMEM;
	mapping.device = next_part(&rest);
	mapping.name = rest ? next_part(&rest) : "root";
	strbuf_append(&options, rest ? rest : "");
	if (luks->cryptkey)
		r = parse_cryptkey(luks->cryptkey, &options, &key);
	if (r < 0 && r != -ENOMEM)
		r = warnings_add(warnings,
				 "cryptkey=%s names no key, asking for the passphrase instead",
				 luks->cryptkey);
	if (r >= 0 && luks->crypto)
		r = append_crypto(&options, luks->crypto);
	if (r < 0 || options.failed)
		return -ENOMEM;
	mapping.options = strbuf_string(&options);
	mapping.key = key;
	return add_mapping(luks, &mapping, warnings);
}

static int make_genkernel_key(const struct luks_genkernel *genkernel, struct key_source *ret_key)
{
	_cleanup_free_ char *path = NULL;

	if (genkernel->key_device)
		return make_key(genkernel->key_device, genkernel->key_fstype, genkernel->key,
				ret_key);
	path = str_format("%s%s", *genkernel->key == '/' ? "" : "/", genkernel->key);
	return path ? key_source_parse(path, ret_key) : -ENOMEM;
}

static int finish_genkernel(struct luks_config *luks, const struct luks_genkernel *genkernel,
			    const char *name, const char *key_word, struct vec *warnings)
{
	_cleanup_(key_source_done) struct key_source key = { 0 };
	struct mapping mapping = {
		.key_word = key_word,
		.device = genkernel->device,
		.name = name,
		.options = genkernel->trim ? "discard" : "",
	};
	int r = genkernel->key ? make_genkernel_key(genkernel, &key) : 0;

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		r = warnings_add(warnings, "%s_keydev=%s %s, asking for the passphrase instead",
				 name, genkernel->key_device ? genkernel->key_device : "",
				 device_spec_error(r));
	mapping.key = key;
	return r < 0 ? r : add_mapping(luks, &mapping, warnings);
}

int luks_config_finish(struct luks_config *luks, struct vec *warnings)
{
	int r = 0;

	if (luks->cryptdevice)
		r = finish_mkinitcpio(luks, warnings);
	if (r >= 0 && luks->root.device)
		r = finish_genkernel(luks, &luks->root, "root", "crypt_root", warnings);
	if (r >= 0 && luks->swap.device)
		r = finish_genkernel(luks, &luks->swap, "swap", "crypt_swap", warnings);
	return r;
}

/* Debian's cryptopts=: what is none of its own words is an option of crypttab. */
int luks_config_add_cryptopts(struct luks_config *luks, const char *value, struct vec *warnings)
{
	_cleanup_free_ char *copy = strdup(value);
	_cleanup_(key_source_done) struct key_source key = { 0 };
	_cleanup_strbuf_ struct strbuf options = { 0 };
	struct mapping mapping = { .key_word = "cryptopts", .name = "cryptroot", .device = "" };
	char *rest = copy, *item;
	int r = 0;

	if (!copy)
		return -ENOMEM;
	while (r >= 0 && (item = strsep(&rest, ","))) {
		const char *text;

		if ((text = str_after_prefix(item, "target=")))
			mapping.name = text;
		else if ((text = str_after_prefix(item, "source=")))
			mapping.device = text;
		else if ((text = str_after_prefix(item, "key="))) {
			key_source_done(&key);
			r = key_source_parse(text, &key);
			if (r == -EINVAL)
				r = warnings_add(warnings,
						 "cryptopts: the key file %s is no absolute path, "
						 "going on without it",
						 text);
		} else
			strbuf_printf(&options, "%s%s", options.size ? "," : "", item);
	}
	if (r < 0 || options.failed)
		return -ENOMEM;
	mapping.options = strbuf_string(&options);
	mapping.key = key;
	return add_mapping(luks, &mapping, warnings);
}
