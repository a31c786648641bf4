/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line and crypttab, read as /init reads them: what the image brings itself, and then
 * what the boot loader of this machine will add.
 */
#include "image/verify/configuration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/str.h"
#include "config/cmdline-text.h"
#include "config/crypt-volume.h"
#include "config/crypttab.h"
#include "config/fstab.h"
#include "config/luks-choice.h"
#include "config/submounts.h"
#include "image/host/host-names.h"
#include "kindling/image-layout.h"

int configuration_read_file(const struct contents *contents, const char *path, char **ret_text)
{
	const struct contents_entry *entry = contents_lookup(contents, path);

	if (!entry || !entry->file || !entry->file->data)
		return 0;
	*ret_text = strndup(entry->file->data, (size_t)entry->file->size);
	return *ret_text ? 1 : -ENOMEM;
}

static int append_image_file(const struct contents *contents, const char *path,
			     struct strbuf *cmdline)
{
	_cleanup_free_ char *text = NULL;
	int r = configuration_read_file(contents, path, &text);

	if (r > 0)
		cmdline_text_append(cmdline, text);
	return r;
}

static int append_drop_ins(const struct contents *contents, struct strbuf *cmdline)
{
	const struct contents_entry *entry;
	struct vec entries;
	int r;

	r = contents_sort(contents, &entries);
	if (r < 0)
		return r;
	vec_for_each(entry, &entries) {
		const char *name = str_after_prefix(entry->path, IMAGE_CMDLINE_D "/");

		if (r >= 0 && name && !strchr(name, '/') && file_is_drop_in(name))
			r = append_image_file(contents, entry->path, cmdline);
	}
	vec_done(&entries, NULL);
	return r;
}

static int read_command_line(struct configuration *configuration)
{
	const struct contents *contents = configuration->verification->contents;
	_cleanup_strbuf_ struct strbuf cmdline = { 0 };
	int r;

	r = append_drop_ins(contents, &cmdline);
	if (r >= 0)
		r = append_image_file(contents, CMDLINE_TEXT_FILE, &cmdline);
	if (r >= 0)
		r = host_boot_line_read(configuration->reader, &configuration->line);
	if (r >= 0 && configuration->line.text)
		strbuf_append(&cmdline, configuration->line.text);
	if (r < 0 || cmdline.failed)
		return -ENOMEM;
	return cmdline_parse(strbuf_string(&cmdline), &configuration->boot);
}

/* What says where /usr is, if the command line does not, is the root's fstab. */
static int read_usr(struct configuration *configuration)
{
	struct device_spec *usr = &configuration->boot.usr;
	const struct fstab_entry *entry;
	_cleanup_free_ char *text = NULL;
	struct fstab fstab;
	int r;

	if (usr->kind != DEVICE_SPEC_NONE || !configuration->boot.fstab_enabled)
		return 0;
	r = host_reader_read_file(configuration->reader, "/etc/fstab", &text);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = fstab_parse(text, &fstab);
	entry = r < 0 ? NULL : fstab_find(&fstab, "/usr");
	if (entry && submounts_want_entry(&fstab, entry) && entry->device.kind != DEVICE_SPEC_NONE)
		r = device_spec_copy(&entry->device, usr);
	fstab_done(&fstab);
	return r;
}

static int warn_of(struct configuration *configuration, const struct vec *warnings,
		   const char *where)
{
	const char *warning;
	int r = 0;

	vec_for_each(warning, warnings) {
		if (r >= 0)
			r = verification_warn(configuration->verification, "%s%s", where, warning);
	}
	return r;
}

/* Where /init looks for it, the first that there is. */
static int read_crypttab(struct configuration *configuration, struct crypttab *ret_crypttab)
{
	static const char *const paths[] = { IMAGE_CRYPTTABS };
	const struct luks_config *luks = &configuration->boot.luks;
	_cleanup_free_ char *text = NULL;
	int r = 0;

	*ret_crypttab = (struct crypttab){ 0 };
	if (!luks->enabled || !luks->crypttab_enabled)
		return 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(paths); i++) {
		configuration->crypttab = paths[i];
		r = configuration_read_file(configuration->verification->contents, paths[i], &text);
	}
	return r > 0 ? crypttab_parse(text, ret_crypttab) : r;
}

static int read_volumes(struct configuration *configuration)
{
	struct vec warnings = { 0 };
	struct crypttab crypttab;
	int r;

	r = read_crypttab(configuration, &crypttab);
	if (r >= 0)
		r = luks_config_merge(&configuration->boot.luks, &crypttab, &configuration->volumes,
				      &warnings);
	if (r >= 0)
		r = warn_of(configuration, &crypttab.warnings, "in the image, ");
	if (r >= 0)
		r = warn_of(configuration, &warnings, "");
	vec_done(&warnings, free);
	crypttab_done(&crypttab);
	return r;
}

int configuration_read(struct verification *verification, struct host_reader *reader,
		       struct configuration *ret_configuration)
{
	struct configuration *configuration = ret_configuration;
	const char *warning;
	int r;

	*configuration = (struct configuration){ .verification = verification, .reader = reader };
	r = read_command_line(configuration);
	vec_for_each(warning, &configuration->boot.warnings) {
		if (r >= 0)
			r = verification_note(verification, "command line: %s", warning);
	}
	if (r >= 0)
		r = read_usr(configuration);
	return r < 0 ? r : read_volumes(configuration);
}

size_t configuration_list_specs(const struct configuration *configuration,
				struct configuration_spec ret_specs[CONFIGURATION_SPECS_MAX])
{
	const struct boot_config *boot = &configuration->boot;
	const struct configuration_spec all[CONFIGURATION_SPECS_MAX] = {
		{ "root", &boot->root },
		{ "rootfallback", &boot->root_fallback },
		{ "mount.usr", &boot->usr },
		{ "resume", &boot->resume },
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		bool is_off = all[i].device == &boot->resume && !boot->resume_enabled;

		if (all[i].device->kind != DEVICE_SPEC_NONE && !is_off)
			ret_specs[n++] = all[i];
	}
	return n;
}

bool configuration_opens(const struct configuration *configuration,
			 const struct crypt_volume *volume)
{
	struct configuration_spec specs[CONFIGURATION_SPECS_MAX];
	size_t n_specs = configuration_list_specs(configuration, specs);

	if (luks_choice_is_wanted(&configuration->boot.luks, volume))
		return true;
	for (size_t i = 0; i < n_specs; i++)
		if (luks_choice_is_awaited(&configuration->volumes, volume, specs[i].device))
			return true;
	return false;
}

int configuration_names_volume(const struct configuration *configuration,
			       const struct device_spec *spec, const struct host_volume *open)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (spec->kind == DEVICE_SPEC_UUID && open->uuid &&
	    strcasecmp(spec->value, open->uuid) == 0)
		return 1;
	if (spec->kind == DEVICE_SPEC_UUID_PART)
		return open->uuid && strcasestr(open->uuid, spec->value);
	if (spec->kind == DEVICE_SPEC_NONE || !open->device)
		return 0;
	r = host_names_find(configuration->reader, spec->text, &path);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return str_equal(path, open->device);
}

void configuration_done(struct configuration *configuration)
{
	vec_done(&configuration->volumes, crypt_volume_free);
	boot_config_done(&configuration->boot);
	host_boot_line_done(&configuration->line);
}
