/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of them are opened at once, and which once something is awaited: see config/luks-choice.h.
 */
#include "init/volumes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "base/vec.h"
#include "config/cmdline.h"
#include "config/crypt-volume.h"
#include "config/crypttab.h"
#include "config/luks-choice.h"
#include "init/blockdev.h"
#include "init/match.h"
#include "init/unlock.h"
#include "kindling/image-layout.h"

#define CRYPTTAB_BYTES_MAX (1 << 20)

struct volumes {
	struct unlock *unlock;
	const struct luks_config *config;
	struct vec opened; /* of struct crypt_volume, which are unlock's */
	struct vec idle;   /* of struct crypt_volume; NULL where one has been opened */
};

/* --- where they are told --- */

/* 0, -ENOENT or another errno. */
static int read_crypttab(const char *root, char **ret_text)
{
	static const char *const paths[] = { IMAGE_CRYPTTABS };
	size_t size;
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(paths) && r == -ENOENT; i++) {
		_cleanup_free_ char *path = str_format("%s%s", root, paths[i]);

		r = path ? file_read(path, CRYPTTAB_BYTES_MAX, ret_text, &size) : -ENOMEM;
		if (r >= 0 && str_replace_nuls(*ret_text, size))
			log_warn("there are NUL bytes in %s, going on as if they were ends of "
				 "lines",
				 paths[i]);
		else if (r < 0 && r != -ENOENT)
			(void)log_err_errno(r, "cannot read %s, going on without it", paths[i]);
	}
	return r;
}

/* Logs and frees them. */
static void tell_warnings(struct vec *warnings, const char *prefix)
{
	const char *warning;

	vec_for_each(warning, warnings) {
		log_warn("%s%s", prefix, warning);
	}
	vec_done(warnings, free);
}

static int read_volumes(const struct luks_config *config, const char *root, struct vec *ret_volumes)
{
	_cleanup_free_ char *text = NULL;
	struct crypttab crypttab = { 0 };
	struct vec warnings = { 0 };
	int r = 0;

	*ret_volumes = (struct vec){ 0 };
	if (config->enabled && config->crypttab_enabled && read_crypttab(root, &text) >= 0)
		r = crypttab_parse(text, &crypttab);
	if (r >= 0)
		r = luks_config_merge(config, &crypttab, ret_volumes, &warnings);
	tell_warnings(&crypttab.warnings, "");
	tell_warnings(&warnings, "command line: ");
	crypttab_done(&crypttab);
	return r;
}

/* --- which of them are opened --- */

/* Takes over @volume. */
static int open_volume(struct volumes *volumes, struct crypt_volume *volume)
{
	int r = vec_push(&volumes->opened, volume);

	if (r < 0) {
		crypt_volume_free(volume);
		return r;
	}
	r = unlock_add_volume(volumes->unlock, volume);
	if (r < 0)
		volumes->opened.n_items--;
	return r;
}

/* Takes over @volume. */
static int add_volume(struct volumes *volumes, struct crypt_volume *volume)
{
	int r;

	if (luks_choice_is_wanted(volumes->config, volume))
		return open_volume(volumes, volume);
	r = vec_push(&volumes->idle, volume);
	if (r < 0)
		crypt_volume_free(volume);
	return r;
}

static bool open_idle(struct volumes *volumes, size_t index)
{
	struct crypt_volume *volume = volumes->idle.items[index];
	int r;

	volumes->idle.items[index] = NULL;
	r = open_volume(volumes, volume);
	if (r < 0)
		(void)log_err_errno(r, "cannot have a volume of crypttab opened, going on without");
	return r >= 0;
}

static bool open_named(struct volumes *volumes, const struct device_spec *spec)
{
	const struct crypt_volume *volume;

	vec_for_each(volume, &volumes->idle) {
		if (volume && luks_choice_is_named(volume, spec))
			return open_idle(volumes, volume_index);
	}
	return false;
}

static bool is_opened(const struct volumes *volumes, const struct device_spec *spec)
{
	const struct crypt_volume *volume;

	vec_for_each(volume, &volumes->opened) {
		if (luks_choice_is_named(volume, spec))
			return true;
	}
	return false;
}

bool volumes_want(struct volumes *volumes, const struct device_spec *spec)
{
	const struct crypt_volume *volume;
	bool is_new = false;

	if (spec->kind == DEVICE_SPEC_NONE || is_opened(volumes, spec))
		return false;
	if (open_named(volumes, spec))
		return true;
	if (!luks_choice_may_be_inside(spec))
		return false;
	vec_for_each(volume, &volumes->idle) {
		if (volume && !volume->options.noauto)
			is_new |= open_idle(volumes, volume_index);
	}
	return is_new;
}

static bool has_udev_name(const struct vec *vec)
{
	const struct crypt_volume *volume;

	vec_for_each(volume, vec)
		if (volume && device_spec_is_udev_name(&volume->device))
			return true;
	return false;
}

bool volumes_have_udev_names(const struct volumes *volumes)
{
	return has_udev_name(&volumes->opened) || has_udev_name(&volumes->idle);
}

/* --- one that a device turned out to carry --- */

static int make_volume(struct volumes *volumes, const struct superblock *header, const char *name)
{
	_cleanup_free_ char *text = str_format("UUID=%s", header->uuid);
	_cleanup_(device_spec_done) struct device_spec device = { 0 };
	struct vec warnings = { 0 };
	struct crypt_volume *volume;
	int r = text ? device_spec_parse(text, &device) : -ENOMEM;

	if (r >= 0)
		r = luks_config_make_volume(volumes->config, &device, name, &volume, &warnings);
	if (r >= 0)
		r = open_volume(volumes, volume);
	tell_warnings(&warnings, "command line: ");
	return r;
}

/* A line of crypttab that nobody needed before, or else one of our own. */
static int add_found(struct volumes *volumes, const struct blockdev *device, const char *name)
{
	const struct superblock *header = match_superblock(device, SUPERBLOCK_LUKS);
	const struct crypt_volume *volume;

	vec_for_each(volume, &volumes->idle) {
		if (volume && match_device(device, &volume->device, SUPERBLOCK_LUKS))
			return open_idle(volumes, volume_index) ? 0 : -ENOMEM;
	}
	return header ? make_volume(volumes, header, name) : -ENODEV;
}

const char *volumes_open(struct volumes *volumes, const struct blockdev *device,
			 const char *default_name)
{
	const char *name;
	int r;

	unlock_device_appeared(volumes->unlock, device);
	name = unlock_get_name(volumes->unlock, device);
	if (name)
		return name;
	r = add_found(volumes, device, default_name);
	if (r < 0) {
		(void)log_err_errno(r, "cannot have the LUKS volume on %s opened", device->node);
		return NULL;
	}
	unlock_device_appeared(volumes->unlock, device);
	return unlock_get_name(volumes->unlock, device);
}

/* --- construction --- */

/* So that whoever is asked for the passphrase is told. */
static void set_purpose(const struct vec *all, const struct device_spec *spec, const char *purpose)
{
	struct crypt_volume *volume;

	vec_for_each(volume, all) {
		if (volume && spec->kind != DEVICE_SPEC_NONE && luks_choice_is_named(volume, spec))
			volume->purpose = purpose;
	}
}

static void set_purposes(const struct vec *all, const struct boot_config *config)
{
	set_purpose(all, &config->resume, "to resume from");
	set_purpose(all, &config->usr, "on /usr");
	set_purpose(all, &config->root, "on /");
}

static void want_goals(struct volumes *volumes, const struct boot_config *config)
{
	(void)volumes_want(volumes, &config->root);
	(void)volumes_want(volumes, &config->root_fallback);
	(void)volumes_want(volumes, &config->usr);
	if (config->resume_enabled)
		(void)volumes_want(volumes, &config->resume);
}

int volumes_new(struct unlock *unlock, const struct boot_config *config, const char *root,
		struct volumes **ret_volumes)
{
	struct volumes *volumes = calloc(1, sizeof(*volumes));
	struct crypt_volume *volume;
	struct vec all;
	int r;

	if (!volumes)
		return -ENOMEM;
	volumes->unlock = unlock;
	volumes->config = &config->luks;
	r = read_volumes(volumes->config, root, &all);
	vec_for_each(volume, &all) {
		if (r >= 0)
			r = add_volume(volumes, volume);
		else
			crypt_volume_free(volume);
	}
	vec_done(&all, NULL);
	if (r < 0) {
		volumes_free(volumes);
		return r;
	}
	set_purposes(&volumes->opened, config);
	set_purposes(&volumes->idle, config);
	want_goals(volumes, config);
	*ret_volumes = volumes;
	return 0;
}

static void free_idle(void *item)
{
	if (item)
		crypt_volume_free(item);
}

struct volumes *volumes_free(struct volumes *volumes)
{
	if (volumes) {
		vec_done(&volumes->opened, NULL);
		vec_done(&volumes->idle, free_idle);
		free(volumes);
	}
	return NULL;
}
