/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crypttab and the command line together, by the rules that stand at luks_config_merge(). */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "config/crypt-volume.h"
#include "config/crypttab.h"
#include "config/luks-config.h"
#include "config/warnings.h"

/* Whether a UUID is what a request means, which may be a part of it. */
static bool means_uuid(const struct luks_request *request, const char *uuid)
{
	if (request->device.kind == DEVICE_SPEC_UUID)
		return strcasecmp(request->device.value, uuid) == 0;
	return request->device.kind == DEVICE_SPEC_UUID_PART &&
	       strcasestr(uuid, request->device.value);
}

static bool means_volume(const struct luks_request *request, const struct crypt_volume *volume)
{
	const char *uuid = str_after_prefix(volume->name, "luks-");

	if (device_spec_equal(&request->device, &volume->device))
		return true;
	if (volume->device.kind == DEVICE_SPEC_UUID)
		return means_uuid(request, volume->device.value);
	return uuid && means_uuid(request, uuid);
}

/* The better of two requests for a volume: one with all of its UUID rather than with a part. */
static const struct luks_request *prefer(const struct luks_request *found,
					 const struct luks_request *other)
{
	return !found || found->device.kind == DEVICE_SPEC_UUID_PART ? other : found;
}

/* The request for a line of crypttab. */
static const struct luks_request *find_request(const struct luks_config *luks,
					       const struct crypt_volume *volume)
{
	const struct luks_request *request, *found = NULL;

	vec_for_each(request, &luks->requests) {
		if (means_volume(request, volume))
			found = prefer(found, request);
	}
	return found;
}

/* Notes in @served each request for a line, so that none of them opens the volume once more. */
static int note_served(const struct luks_config *luks, const struct crypt_volume *volume,
		       struct vec *served, bool *ret_is_named)
{
	struct luks_request *request;
	bool is_named = false;

	vec_for_each(request, &luks->requests) {
		if (!means_volume(request, volume))
			continue;
		is_named |= request->is_named;
		if (vec_push(served, request) < 0)
			return -ENOMEM;
	}
	*ret_is_named = is_named;
	return 0;
}

/* What holds for every volume, unless its options say otherwise. */
static void apply_common(const struct luks_config *luks, const struct luks_request *request,
			 struct crypt_options *options)
{
	options->discard |= luks->discard || (request && request->discard);
	if (options->timeout_usec == 0)
		options->timeout_usec = luks->timeout_usec;
	if (options->keyfile_timeout_usec == 0)
		options->keyfile_timeout_usec = luks->key_timeout_usec;
}

/* Replaces what a line of crypttab may have said. @name is of the volume, for complaints. */
static int replace_options(struct crypt_volume *volume, const char *name, const char *text,
			   struct vec *warnings)
{
	_cleanup_free_ char *where = str_format("the options of %s on the command line", name);

	crypt_options_done(&volume->options);
	return where ? crypt_options_parse(text, where, &volume->options, warnings) : -ENOMEM;
}

/* Where the header is, unless its options say it themselves. */
static int apply_header(struct crypt_volume *volume, const struct luks_request *request)
{
	if (key_source_is_set(&volume->options.header))
		return 0;
	if (key_source_is_set(&request->header))
		return key_source_copy(&request->header, &volume->options.header);
	/* By rd.luks.data= the device with that UUID is the one that holds the header alone. */
	if (request->data.kind != DEVICE_SPEC_NONE)
		return device_spec_copy(&request->device, &volume->options.header.device);
	return 0;
}

static int apply_request_to_line(struct crypt_volume *volume, const struct luks_request *request,
				 struct vec *warnings)
{
	int r = 0;

	if (request->options)
		r = replace_options(volume, volume->name, request->options, warnings);
	if (r >= 0 && request->data.kind != DEVICE_SPEC_NONE) {
		device_spec_done(&volume->device);
		r = device_spec_copy(&request->data, &volume->device);
	}
	if (r >= 0)
		r = apply_header(volume, request);
	return r;
}

static bool is_name_taken(const struct vec *volumes, const char *name)
{
	const struct crypt_volume *volume;

	vec_for_each(volume, volumes) {
		if (volume->name && str_equal(volume->name, name))
			return true;
	}
	return false;
}

/* Takes over @volume. */
static int push_volume(struct vec *volumes, struct crypt_volume *volume, struct vec *warnings)
{
	int r;

	if (volume->name && is_name_taken(volumes, volume->name)) {
		r = warnings_add(warnings,
				 "the name %s is taken by another volume, ignoring that on %s",
				 volume->name, volume->device.text);
		crypt_volume_free(volume);
		return r;
	}
	r = vec_push(volumes, volume);
	if (r < 0)
		crypt_volume_free(volume);
	return r;
}

/* Of the dialects without a crypttab, one that opens another device by the name of a line. */
static bool is_replaced_by_name(const struct luks_config *luks, const struct crypt_volume *volume)
{
	const struct luks_request *request;

	vec_for_each(request, &luks->requests) {
		if (request->is_whole && str_equal(request->name, volume->name))
			return true;
	}
	return false;
}

/* Whether a line of crypttab counts, @request being the one for it, or NULL. */
static bool is_line_wanted(const struct luks_config *luks, const struct crypt_volume *volume,
			   const struct luks_request *request)
{
	if (!luks->crypttab_enabled || volume->options.is_scratch)
		return false;
	if ((request && request->is_whole) || is_replaced_by_name(luks, volume))
		return false;
	return !luks->is_allow_list || request;
}

/* Takes over @volume, a line of crypttab. */
static int merge_line(const struct luks_config *luks, struct crypt_volume *volume,
		      struct vec *volumes, struct vec *served, struct vec *warnings)
{
	const struct luks_request *request = find_request(luks, volume);
	bool is_named;
	int r;

	if (!is_line_wanted(luks, volume, request)) {
		crypt_volume_free(volume);
		return 0;
	}
	r = note_served(luks, volume, served, &is_named);
	if (r >= 0 && request)
		r = apply_request_to_line(volume, request, warnings);
	if (r < 0) {
		crypt_volume_free(volume);
		return r;
	}
	if (is_named)
		volume->options.noauto = false;
	apply_common(luks, request, &volume->options);
	return push_volume(volumes, volume, warnings);
}

/* What a request says that no line of crypttab is for, and the bare options and key. */
static int fill_volume(const struct luks_config *luks, const struct luks_request *request,
		       struct crypt_volume *volume, struct vec *warnings)
{
	const struct device_spec *device =
		request->data.kind != DEVICE_SPEC_NONE ? &request->data : &request->device;
	const struct key_source *key =
		key_source_is_set(&request->key) ? &request->key : &luks->key;
	const char *options = request->options ? request->options : luks->options;
	int r;

	r = replace_options(volume, request->name ? request->name : request->device.text,
			    options ? options : "", warnings);
	if (r >= 0)
		r = device_spec_copy(device, &volume->device);
	if (r >= 0)
		r = key_source_copy(key, &volume->key);
	if (r >= 0)
		r = apply_header(volume, request);
	apply_common(luks, request, &volume->options);
	volume->options.noauto = false;
	return r;
}

/* Of a volume that only a part of the UUID is known of, the name comes with the rest. */
static int make_name(const struct luks_request *request, char **ret_name)
{
	if (!request->name && request->device.kind != DEVICE_SPEC_UUID) {
		*ret_name = NULL;
		return 0;
	}
	*ret_name = request->name ? strdup(request->name)
				  : str_format("luks-%s", request->device.value);
	return *ret_name ? 0 : -ENOMEM;
}

static int make_volume(const struct luks_config *luks, const struct luks_request *request,
		       struct crypt_volume **ret_volume, struct vec *warnings)
{
	struct crypt_volume *volume = calloc(1, sizeof(*volume));
	int r;

	if (!volume)
		return -ENOMEM;
	r = make_name(request, &volume->name);
	if (r >= 0)
		r = fill_volume(luks, request, volume, warnings);
	if (r < 0) {
		crypt_volume_free(volume);
		return r;
	}
	*ret_volume = volume;
	return 0;
}

int luks_config_make_volume(const struct luks_config *luks, const struct device_spec *device,
			    const char *name, struct crypt_volume **ret_volume,
			    struct vec *warnings)
{
	const struct luks_request *described, *found = NULL;
	struct luks_request request = { 0 };

	/* Words for its UUID may describe it without naming it. */
	vec_for_each(described, &luks->requests) {
		if (means_uuid(described, device->value))
			found = prefer(found, described);
	}
	if (found)
		request = *found;
	request.device = *device;
	if (!request.name)
		request.name = (char *)name;
	return make_volume(luks, &request, ret_volume, warnings);
}

static bool contains(const struct vec *vec, const void *wanted)
{
	const void *item;

	vec_for_each(item, vec) {
		if (item == wanted)
			return true;
	}
	return false;
}

static int merge_requests(const struct luks_config *luks, const struct vec *served,
			  struct vec *volumes, struct vec *warnings)
{
	const struct luks_request *request;
	int r = 0;

	vec_for_each(request, &luks->requests) {
		struct crypt_volume *volume;

		if (!request->is_named || contains(served, request))
			continue;
		r = make_volume(luks, request, &volume, warnings);
		if (r >= 0)
			r = push_volume(volumes, volume, warnings);
		if (r < 0)
			break;
	}
	return r;
}

int luks_config_merge(const struct luks_config *luks, struct crypttab *crypttab,
		      struct vec *ret_volumes, struct vec *warnings)
{
	struct vec lines = crypttab->volumes, served = { 0 };
	struct crypt_volume *volume;
	int r = 0;

	*ret_volumes = (struct vec){ 0 };
	crypttab->volumes = (struct vec){ 0 };
	vec_for_each(volume, &lines) {
		if (r >= 0 && luks->enabled)
			r = merge_line(luks, volume, ret_volumes, &served, warnings);
		else
			crypt_volume_free(volume);
	}
	if (r >= 0 && luks->enabled)
		r = merge_requests(luks, &served, ret_volumes, warnings);
	vec_done(&lines, NULL);
	vec_done(&served, NULL);
	return r;
}
