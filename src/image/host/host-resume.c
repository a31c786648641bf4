/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a hibernated system may be, and who says so: the command line of the next boot; where that
 * is silent, Debian's initramfs-tools, whose images know by themselves; the kernel; the firmware.
 *
 * Only the first is binding. What Debian's installer once wrote, or initramfs-tools guessed, serves
 * those who hibernate, and must not be in the way of those who do not.
 */
#include "image/host/host-resume.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "config/crypt-volume.h"
#include "config/crypttab.h"
#include "image/host/host-initramfs-tools.h"
#include "image/host/host-mounts.h"
#include "image/host/host-names.h"
#include "image/host/host-needs.h"
#include "image/host/host-resume-way.h"
#include "image/host/host-swaps.h"
#include "image/host/host-sysfs.h"
#include "image/host/host-udev.h"

#define CRYPTTAB "/etc/crypttab"

/* All that goes on for Debian's sake. */
struct debian {
	struct host_reader *reader;
	const struct boot_config *config;
	struct initramfs_tools settings;
	struct crypttab crypttab;
	char *path; /* of the device to resume from, below /sys; or NULL */
	char *spec; /* what /init is to call it */
};

static void debian_done(struct debian *debian)
{
	initramfs_tools_done(&debian->settings);
	crypttab_done(&debian->crypttab);
	free(debian->path);
	free(debian->spec);
}

static int add_parameter(struct host_reader *reader, const struct host_boot_line *line,
			 const struct device_spec *resume)
{
	const struct host_goal goal = { HOST_RESUME_AREA, true };
	int r = host_mounts_add_spec(reader, resume->text, "swap", &goal);

	return r == 0 ? host_add_absence(reader->host, HOST_RESUME_AREA, resume->text, line->noun)
		      : MIN(r, 0);
}

/* --- Debian's choice --- */

static int read_crypttab(const struct host_reader *reader, struct crypttab *ret_crypttab)
{
	_cleanup_free_ char *text = NULL;
	int r = host_reader_read_file(reader, CRYPTTAB, &text);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return crypttab_parse(text, ret_crypttab);
}

/* A swap file is in a file system of any type. */
static bool has_offset(const struct debian *debian)
{
	return debian->settings.resume_offset || debian->config->resume_offset_pages > 0;
}

/* What is known to be something else is none, as when the disk was partitioned anew. */
static int is_swap(const struct debian *debian, const char *path)
{
	_cleanup_free_ char *type = NULL;
	int r = host_udev_get(debian->reader, path, "ID_FS_TYPE", &type);

	if (r <= 0 || has_offset(debian))
		return r < 0 ? r : 1;
	return str_equal(type, "swap") || str_equal(type, "swsuspend");
}

/* As the user names it, unless that could not be a word of the command line. */
static int find_configured(struct debian *debian)
{
	const char *spec = debian->settings.resume;
	_cleanup_free_ char *path = NULL;
	int r;

	if (!spec || str_equal(spec, "auto") || strchr(spec, '"'))
		return 0;
	r = host_names_find(debian->reader, spec, &path);
	if (r >= 0)
		r = is_swap(debian, path);
	if (r == -ENOMEM)
		return r;
	if (r <= 0)
		return host_add_note(debian->reader->host,
				     "initramfs-tools is to resume from %s, and there is no such "
				     "swap area here now",
				     spec);
	debian->spec = strdup(spec);
	debian->path = TAKE_PTR(path);
	return debian->spec ? 0 : -ENOMEM;
}

/* What it is encrypted with ends with this boot. */
static bool is_made_anew(const struct crypt_volume *volume)
{
	return volume->options.is_scratch ||
	       (volume->key.path && str_after_prefix(volume->key.path, "/dev/"));
}

/* Whether the device outlives the end of this boot. */
static bool is_lasting(const struct debian *debian, const struct host_swap *swap, const char *path)
{
	const char *zvol = str_after_prefix(swap->path, "/dev/zd");
	const struct crypt_volume *volume;
	char name[HOST_ATTRIBUTE_MAX];

	if (zvol && isdigit((unsigned char)*zvol))
		return false;
	if (host_sysfs_read(debian->reader, path, "dm/name", name) <= 0)
		return true;
	vec_for_each(volume, &debian->crypttab.volumes) {
		if (str_equal(volume->name, name) && is_made_anew(volume))
			return false;
	}
	return true;
}

static int name_by_uuid(struct debian *debian, const char *otherwise)
{
	_cleanup_free_ char *uuid = NULL;
	int r = host_udev_get(debian->reader, debian->path, "ID_FS_UUID", &uuid);

	if (r < 0)
		return r;
	debian->spec = r > 0 ? str_format("UUID=%s", uuid) : strdup(otherwise);
	return debian->spec ? 0 : -ENOMEM;
}

/* The largest that is in use. */
static int choose_largest(struct debian *debian, const struct vec *swaps)
{
	const struct host_swap *swap, *largest = NULL;

	vec_for_each(swap, swaps) {
		_cleanup_free_ char *path = NULL;
		int r;

		if (swap->is_file || (largest && swap->size_kib <= largest->size_kib))
			continue;
		r = host_names_find(debian->reader, swap->path, &path);
		if (r == -ENOMEM)
			return r;
		if (r < 0 || !is_lasting(debian, swap, path))
			continue;
		free(debian->path);
		debian->path = TAKE_PTR(path);
		largest = swap;
	}
	return largest ? name_by_uuid(debian, largest->path) : 0;
}

static int find_largest(struct debian *debian)
{
	struct vec swaps;
	int r = host_mounts_is_root_of_init(debian->reader);

	if (r <= 0)
		return r; /* those in use are another system's */
	r = host_swaps_read(debian->reader, &swaps);
	if (r >= 0)
		r = choose_largest(debian, &swaps);
	host_swaps_done(&swaps);
	return r;
}

/* An open volume is called by its mapping, so that whichever opens it need not be guessed. */
static int name_by_mapping(struct debian *debian)
{
	char name[HOST_ATTRIBUTE_MAX];

	if (host_sysfs_read(debian->reader, debian->path, "dm/name", name) <= 0)
		return 0;
	free(debian->spec);
	debian->spec = str_format("/dev/mapper/%s", name);
	return debian->spec ? 0 : -ENOMEM;
}

static int choose_area(struct debian *debian)
{
	int r = read_crypttab(debian->reader, &debian->crypttab);

	if (r >= 0)
		r = find_configured(debian);
	if (r >= 0 && !debian->path)
		r = find_largest(debian);
	return r < 0 || !debian->path ? r : name_by_mapping(debian);
}

/* --- what becomes of it --- */

static int make_words(const struct debian *debian, char **ret_words)
{
	const char *offset = debian->settings.resume_offset, *spec = debian->spec;
	const char *quote = strpbrk(spec, " \t") ? "\"" : "";

	*ret_words = str_format("resume=%s%s%s%s%s", quote, spec, quote,
				offset ? " resume_offset=" : "", offset ? offset : "");
	return *ret_words ? 0 : -ENOMEM;
}

static int add_area(struct debian *debian)
{
	struct host *host = debian->reader->host;
	_cleanup_free_ char *obstacle = NULL;
	int r = host_resume_way_add(debian->reader, debian->spec, &debian->config->luks,
				    &debian->crypttab, &obstacle);

	if (r >= 0 && obstacle)
		return host_add_warning(host,
					"initramfs-tools resumes a hibernated system from %s; an "
					"image of Kindling does not do so by itself: %s",
					debian->spec, obstacle);
	return r < 0 ? r : make_words(debian, &host->resume);
}

static int add_debian(struct host_reader *reader, const struct boot_config *config)
{
	_cleanup_(debian_done) struct debian debian = { .reader = reader, .config = config };
	int r = initramfs_tools_read(reader, &debian.settings);

	if (r < 0 || !debian.settings.is_there || !reader->host->has_sysfs)
		return r;
	if (debian.settings.resume && str_equal(debian.settings.resume, "none"))
		return 0;
	r = choose_area(&debian);
	return r < 0 || !debian.path ? r : add_area(&debian);
}

/* --- the kernel and the firmware --- */

/* What this kernel would hibernate to. */
static int add_kernel(struct host_reader *reader)
{
	const struct host_goal goal = { HOST_RESUME_AREA, false };
	char number[HOST_ATTRIBUTE_MAX];
	int r;

	if (host_sysfs_read(reader, "power", "resume", number) <= 0 || str_equal(number, "0:0"))
		return 0;
	r = host_mounts_add_spec(reader, number, "swap", &goal);
	return MIN(r, 0);
}

/* Where the boot loader says what it was started from, and systemd what it has hibernated to. */
static int add_firmware_variables(struct host_reader *reader)
{
	if (!host_sysfs_has(reader, "firmware", "efi"))
		return 0;
	return host_add_need(reader->host, HOST_NEED_FILESYSTEM, "efivarfs", NULL, false,
			     "the firmware may say which disk was booted from, and where a "
			     "hibernated system is");
}

int host_resume_add(struct host_reader *reader, const struct host_boot_line *line,
		    const struct boot_config *config)
{
	int r = 0;

	if (config->resume.kind != DEVICE_SPEC_NONE)
		r = add_parameter(reader, line, &config->resume);
	else if (config->resume_enabled)
		r = add_debian(reader, config);
	if (r >= 0)
		r = add_kernel(reader);
	return r < 0 ? r : add_firmware_variables(reader);
}
