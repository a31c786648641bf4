/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the devices exist that the image's crypttab and the command line name. That is told from
 * udev's links and database; where there are none, as in a container, it is for kernel names only.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/cmdline-text.h"
#include "config/cmdline.h"
#include "config/crypt-volume.h"
#include "config/crypttab.h"
#include "image/host/host-names.h"
#include "image/host/host-reader.h"
#include "image/verify/verify.h"
#include "kindling/image-layout.h"

#define CMDLINE_OF_MACHINE "/proc/cmdline"

struct configuration {
	struct verification *verification;
	struct host_reader *reader;
};

/* Complains if the machine has no device of that name; @where is the beginning of a sentence. */
static int need_device(struct configuration *configuration, const char *spec, const char *where)
{
	_cleanup_free_ char *path = NULL;
	int r;

	r = host_names_find(configuration->reader, spec, &path);
	if (r != -ENOENT)
		return r == -ENOMEM ? r : 0;
	r = host_names_are_known(configuration->reader, spec);
	if (r < 0)
		return r;
	if (r == 0)
		return verification_note(configuration->verification,
					 "%s names the device %s; whether this machine has it "
					 "cannot be told, as udev has left no such names",
					 where, spec);
	return verification_complain(configuration->verification,
				     "%s names the device %s, which this machine does not have",
				     where, spec);
}

static int check_volume(struct configuration *configuration, const struct crypt_volume *volume)
{
	_cleanup_free_ char *where =
		str_format("line %u of the image's " IMAGE_CRYPTTAB ", for %s,", volume->line,
			   volume->name);

	return where ? need_device(configuration, volume->device.text, where) : -ENOMEM;
}

static int check_volumes(struct configuration *configuration, const struct crypttab *crypttab)
{
	const struct crypt_volume *volume;
	const char *warning;
	int r = 0;

	vec_for_each(warning, &crypttab->warnings) {
		if (r >= 0)
			r = verification_note(configuration->verification, "in the image, %s",
					      warning);
	}
	vec_for_each(volume, &crypttab->volumes) {
		if (r >= 0)
			r = check_volume(configuration, volume);
	}
	return r;
}

static int check_crypttab(struct configuration *configuration)
{
	const struct contents_entry *entry =
		contents_lookup(configuration->verification->contents, IMAGE_CRYPTTAB);
	_cleanup_free_ char *text = NULL;
	struct crypttab crypttab;
	int r;

	if (!entry || !entry->file || !entry->file->data)
		return 0;
	text = strndup(entry->file->data, (size_t)entry->file->size);
	if (!text)
		return -ENOMEM;
	r = crypttab_parse(text, &crypttab);
	if (r >= 0)
		r = check_volumes(configuration, &crypttab);
	crypttab_done(&crypttab);
	return r;
}

/* Appends the words of a file of the image, if it is one. */
static int append_image_file(const struct contents *contents, const char *path,
			     struct strbuf *cmdline)
{
	const struct contents_entry *entry = contents_lookup(contents, path);
	_cleanup_free_ char *text = NULL;

	if (!entry || !entry->file || !entry->file->data)
		return 0;
	text = strndup(entry->file->data, (size_t)entry->file->size);
	if (!text)
		return -ENOMEM;
	cmdline_text_append(cmdline, text);
	return 0;
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

		if (r >= 0 && name && !strchr(name, '/') && cmdline_text_is_drop_in(name))
			r = append_image_file(contents, entry->path, cmdline);
	}
	vec_done(&entries, NULL);
	return r;
}

/* What the image brings itself, and then what this machine was started with: as /init reads it. */
static int read_command_line(const struct configuration *configuration, char **ret_text)
{
	const struct contents *contents = configuration->verification->contents;
	_cleanup_strbuf_ struct strbuf cmdline = { 0 };
	_cleanup_free_ char *given = NULL;
	int r;

	r = append_drop_ins(contents, &cmdline);
	if (r >= 0)
		r = append_image_file(contents, CMDLINE_TEXT_FILE, &cmdline);
	if (r >= 0)
		r = host_reader_read_file(configuration->reader, CMDLINE_OF_MACHINE, &given);
	if (r == -ENOMEM)
		return r;
	if (r >= 0)
		cmdline_text_append(&cmdline, given);
	*ret_text = strbuf_steal(&cmdline);
	return *ret_text ? 0 : -ENOMEM;
}

/* dracut's part of a UUID and serial number of a disk are no names that udev makes links of. */
static bool can_be_looked_up(const struct device_spec *device)
{
	return device->kind != DEVICE_SPEC_UUID_PART && device->kind != DEVICE_SPEC_SERIAL;
}

/* A mapped device is there only once it has been opened; the last three are no names of devices. */
static bool is_root_there_now(const struct device_spec *root)
{
	return root->kind != DEVICE_SPEC_NONE && root->kind != DEVICE_SPEC_MAPPER &&
	       root->kind != DEVICE_SPEC_GPT_AUTO && root->kind != DEVICE_SPEC_VIRTIOFS &&
	       root->kind != DEVICE_SPEC_9P;
}

static int check_command_line(struct configuration *configuration)
{
	_cleanup_free_ char *text = NULL;
	const struct luks_request *request;
	struct boot_config config;
	int r;

	r = read_command_line(configuration, &text);
	if (r < 0)
		return r;
	r = cmdline_parse(text, &config);
	if (r >= 0 && is_root_there_now(&config.root))
		r = need_device(configuration, config.root.text, "root= of the command line");
	vec_for_each(request, &config.luks.requests) {
		if (r >= 0 && request->is_named && can_be_looked_up(&request->device))
			r = need_device(configuration, request->device.text,
					"for a volume, the command line");
	}
	boot_config_done(&config);
	return r;
}

int verify_configuration(struct verification *verification)
{
	struct host unused = { 0 };
	struct host_reader reader;
	struct configuration configuration = { .verification = verification, .reader = &reader };
	int r;

	if (!verification->host->has_sysfs)
		return 0;
	host_reader_open(verification->sysroot, &unused, &reader);
	r = check_crypttab(&configuration);
	if (r >= 0)
		r = check_command_line(&configuration);
	host_reader_close(&reader);
	host_done(&unused);
	return r;
}
