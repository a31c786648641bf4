/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the command line says of encrypted volumes, as systemd and dracut have it. Where they differ
 * the value tells: one that begins with a UUID and "=" is systemd's. The other dialects are in
 * luks-dialects.c, what becomes of it all together with crypttab in luks-merge.c.
 */
#include "config/luks-config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "config/crypt-volume.h"
#include "config/warnings.h"

#define UUID_SIZE 36

static void free_request(void *item)
{
	struct luks_request *request = item;

	device_spec_done(&request->device);
	free(request->name);
	free(request->options);
	key_source_done(&request->key);
	key_source_done(&request->header);
	device_spec_done(&request->data);
	free(request);
}

struct luks_request *luks_config_get_request(struct luks_config *luks,
					     const struct device_spec *device)
{
	struct luks_request *request;

	vec_for_each(request, &luks->requests) {
		if (device_spec_equal(&request->device, device))
			return request;
	}
	request = calloc(1, sizeof(*request));
	if (!request)
		return NULL;
	if (device_spec_copy(device, &request->device) < 0 ||
	    vec_push(&luks->requests, request) < 0) {
		free_request(request);
		return NULL;
	}
	return request;
}

/* --- requests by UUID --- */

/* Of hexadecimal digits and dashes; dracut takes a part of one for the whole. */
static bool is_uuid(const char *text)
{
	return *text && strspn(text, "0123456789abcdefABCDEF-") == strlen(text);
}

static struct luks_request *get_request_by_uuid(struct luks_config *luks, const char *uuid)
{
	enum device_spec_kind kind =
		strlen(uuid) < UUID_SIZE ? DEVICE_SPEC_UUID_PART : DEVICE_SPEC_UUID;
	_cleanup_free_ char *text = str_format("UUID=%s", uuid);
	const struct device_spec device = { .kind = kind, .value = (char *)uuid, .text = text };

	return text ? luks_config_get_request(luks, &device) : NULL;
}

/* Without what people copy from a mapping's name, and dracut's mark of a device with keys. */
static const char *skip_prefixes(const char *value)
{
	const char *rest = str_after_prefix(value, "keysource:");

	value = rest ? rest : value;
	rest = str_after_prefix(value, "luks-");
	return rest ? rest : value;
}

/*
 * Splits "UUID=…": 1, with a copy of the UUID and with what follows it in @ret_rest, if the value
 * is of that form; 0 or -ENOMEM.
 */
static int split_uuid(const char *value, char **ret_uuid, const char **ret_rest)
{
	const char *begin = skip_prefixes(value), *equals = strchr(begin, '=');
	char *uuid;

	if (!equals)
		return 0;
	uuid = strndup(begin, (size_t)(equals - begin));
	if (!uuid)
		return -ENOMEM;
	if (!is_uuid(uuid)) {
		free(uuid);
		return 0;
	}
	*ret_uuid = uuid;
	*ret_rest = equals + 1;
	return 1;
}

/* The volume of @request, NULL for want of memory, is to be opened; of crypttab no other is. */
static int name_request(struct luks_config *luks, struct luks_request *request)
{
	if (!request)
		return -ENOMEM;
	request->is_named = luks->is_allow_list = true;
	return 0;
}

int luks_config_add_uuid(struct luks_config *luks, const char *value, struct vec *warnings)
{
	const char *uuid = skip_prefixes(value);

	if (!is_uuid(uuid))
		return warnings_add(warnings, "rd.luks.uuid=%s is not a UUID, ignoring it", value);
	return name_request(luks, get_request_by_uuid(luks, uuid));
}

/* Whether another volume is to be opened by that name. */
static bool is_name_taken(const struct luks_config *luks, const char *name, const char *uuid)
{
	const struct luks_request *request;

	vec_for_each(request, &luks->requests) {
		if (request->name && str_equal(request->name, name) &&
		    strcasecmp(request->device.value, uuid) != 0)
			return true;
	}
	return false;
}

int luks_config_add_name(struct luks_config *luks, const char *value, struct vec *warnings)
{
	_cleanup_free_ char *uuid = NULL;
	struct luks_request *request;
	const char *name;
	int r = split_uuid(value, &uuid, &name);

	if (r < 0)
		return r;
	if (r == 0 || !crypt_volume_is_name(name))
		return warnings_add(warnings,
				    "rd.luks.name=%s is not of the form UUID=NAME, ignoring it",
				    value);
	if (is_name_taken(luks, name, uuid))
		return warnings_add(warnings, "the name %s is taken by another volume, ignoring %s",
				    name, uuid);
	request = get_request_by_uuid(luks, uuid);
	r = name_request(luks, request);
	return r < 0 ? r : str_assign(&request->name, name);
}

int luks_config_add_options(struct luks_config *luks, const char *value, struct vec *warnings)
{
	_cleanup_free_ char *uuid = NULL;
	struct luks_request *request;
	const char *options;
	int r = split_uuid(value, &uuid, &options);

	if (r <= 0)
		return r < 0 ? r : str_assign(&luks->options, value);
	request = get_request_by_uuid(luks, uuid);
	return request ? str_assign(&request->options, options) : -ENOMEM;
}

/* Puts "PATH[:DEVICE]" into @field, or complains. */
static int replace_key_source(struct key_source *field, const char *key, const char *text,
			      struct vec *warnings)
{
	struct key_source source;
	int r = key_source_parse(text, &source);

	if (r == -EINVAL)
		return warnings_add(warnings, "%s=%s names no file, ignoring it", key, text);
	if (r < 0)
		return r;
	key_source_done(field);
	*field = source;
	return 0;
}

/* Cuts off ":/" or ":" at the end, by which dracut means the image. */
static bool cut_image_mark(char *path)
{
	size_t size = strlen(path);

	if (size > 2 && str_equal(path + size - 2, ":/"))
		path[size - 2] = '\0';
	else if (size > 1 && path[size - 1] == ':')
		path[size - 1] = '\0';
	else
		return false;
	return true;
}

/*
 * dracut's PATH:DEVICE:DEVICE-TO-OPEN, of which @key has the last part for its device and the first
 * two for its path; a key for all volumes without the last part. Takes over what is in @key. 0,
 * -EINVAL if the first two are no key, or -ENOMEM.
 */
static int add_dracut_key(struct luks_config *luks, struct key_source *key)
{
	bool is_in_image = key->path && cut_image_mark(key->path), is_for_one;
	struct key_source inner = { 0 }, *field = &luks->key;
	int r = key->path ? key_source_parse(key->path, &inner) : 0;

	if (r < 0)
		return r;
	is_for_one = key->path && key->device.kind != DEVICE_SPEC_NONE &&
		     (is_in_image || inner.device.kind != DEVICE_SPEC_NONE);
	if (is_for_one) {
		struct luks_request *request = luks_config_get_request(luks, &key->device);

		field = request ? &request->key : NULL;
	}
	if (field) {
		struct key_source *new_key = is_for_one ? &inner : key;

		key_source_done(field);
		*field = *new_key;
		*new_key = (struct key_source){ 0 };
	}
	key_source_done(&inner);
	return field ? 0 : -ENOMEM;
}

int luks_config_add_key(struct luks_config *luks, const char *value, struct vec *warnings)
{
	_cleanup_(key_source_done) struct key_source whole = { 0 };
	_cleanup_free_ char *uuid = NULL;
	struct luks_request *request;
	const char *source;
	int r = split_uuid(value, &uuid, &source);

	if (r > 0) {
		request = get_request_by_uuid(luks, uuid);
		return request ? replace_key_source(&request->key, "rd.luks.key", source, warnings)
			       : -ENOMEM;
	}
	if (r >= 0)
		r = replace_key_source(&whole, "rd.luks.key", value, warnings);
	if (r < 0 || !key_source_is_set(&whole))
		return r;
	r = add_dracut_key(luks, &whole);
	return r == -EINVAL
		       ? warnings_add(warnings, "rd.luks.key=%s names no file, ignoring it", value)
		       : r;
}

int luks_config_add_data(struct luks_config *luks, const char *value, struct vec *warnings)
{
	_cleanup_free_ char *uuid = NULL;
	struct luks_request *request;
	struct device_spec device;
	const char *text;
	int r = split_uuid(value, &uuid, &text);

	if (r < 0)
		return r;
	if (r == 0)
		return warnings_add(warnings,
				    "rd.luks.data=%s is not of the form UUID=DEVICE, ignoring it",
				    value);
	r = device_spec_parse(text, &device);
	if (r < 0)
		return r == -ENOMEM ? r
				    : warnings_add(warnings, "rd.luks.data=%s: %s %s, ignoring it",
						   value, text, device_spec_error(r));
	request = get_request_by_uuid(luks, uuid);
	if (!request) {
		device_spec_done(&device);
		return -ENOMEM;
	}
	device_spec_done(&request->data);
	request->data = device;
	return 0;
}

int luks_config_add_header(struct luks_config *luks, const char *value, struct vec *warnings)
{
	_cleanup_free_ char *uuid = NULL;
	struct luks_request *request;
	const char *source;
	int r = split_uuid(value, &uuid, &source);

	if (r < 0)
		return r;
	if (r == 0)
		return warnings_add(
			warnings,
			"rd.luks.header=%s is not of the form UUID=PATH[:DEVICE], ignoring it",
			value);
	request = get_request_by_uuid(luks, uuid);
	return request ? replace_key_source(&request->header, "rd.luks.header", source, warnings)
		       : -ENOMEM;
}

static int add_device(struct luks_config *luks, enum device_spec_kind kind, const char *value)
{
	const struct device_spec device = {
		.kind = kind,
		.value = (char *)value,
		.text = (char *)value,
	};

	return name_request(luks, luks_config_get_request(luks, &device));
}

int luks_config_add_partuuid(struct luks_config *luks, const char *value, struct vec *warnings)
{
	return add_device(luks, DEVICE_SPEC_PARTUUID, value);
}

int luks_config_add_serial(struct luks_config *luks, const char *value, struct vec *warnings)
{
	return add_device(luks, DEVICE_SPEC_SERIAL, value);
}

int luks_config_add_discard(struct luks_config *luks, const char *value, struct vec *warnings)
{
	const char *uuid = value ? skip_prefixes(value) : NULL;
	struct luks_request *request;

	if (!uuid) {
		luks->discard = true;
		return 0;
	}
	if (!is_uuid(uuid))
		return warnings_add(warnings,
				    "rd.luks.allow-discards=%s is not a UUID, ignoring it", value);
	request = get_request_by_uuid(luks, uuid);
	if (!request)
		return -ENOMEM;
	request->discard = true;
	return 0;
}

static void genkernel_done(struct luks_genkernel *genkernel)
{
	free(genkernel->device);
	free(genkernel->key);
	free(genkernel->key_device);
	free(genkernel->key_fstype);
}

void luks_config_done(struct luks_config *luks)
{
	vec_done(&luks->requests, free_request);
	free(luks->options);
	key_source_done(&luks->key);
	free(luks->cryptdevice);
	free(luks->cryptkey);
	free(luks->crypto);
	genkernel_done(&luks->root);
	genkernel_done(&luks->swap);
	*luks = (struct luks_config){ 0 };
}
