/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What crypttab(5) tells about devices: those of volumes that are not open now, those that a key
 * file or a detached header is on, and ciphers of volumes without a header.
 */
#include "image/host/host-crypttab.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "config/crypt-volume.h"
#include "config/crypttab.h"
#include "image/host/host-block.h"
#include "image/host/host-names.h"
#include "image/host/host-needs.h"
#include "image/host/host-volume.h"

#define CRYPTTAB "/etc/crypttab"

/* The device that a file is on, if it is not on the machine's own file system. */
static int add_file_device(struct host_reader *reader, const struct key_source *source,
			   const struct host_goal *goal)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (source->device.kind == DEVICE_SPEC_NONE)
		return 0;
	r = host_names_find(reader, source->device.text, &path);
	if (r >= 0)
		return host_block_add(reader, path, goal);
	if (r == -ENOENT && reader->host->has_sysfs)
		return host_add_note(reader->host,
				     "%s is on a device that is not here now, so what that needs "
				     "is not known",
				     goal->what);
	return r == -ENOMEM ? r : 0;
}

static int add_files(struct host_reader *reader, const struct crypt_volume *entry,
		     bool is_essential)
{
	_cleanup_free_ char *key = str_format("the key file of the volume %s", entry->name),
			    *header = str_format("the header of the volume %s", entry->name);
	int r;

	if (!key || !header)
		return -ENOMEM;
	/* Without the key file there is still the passphrase. */
	r = add_file_device(reader, &entry->key, &(struct host_goal){ key, false });
	if (r < 0)
		return r;
	return add_file_device(reader, &entry->options.header,
			       &(struct host_goal){ header, is_essential });
}

/* The cipher counts for volumes without a header only, and does no harm with one. */
static int add_ciphers(struct host_reader *reader, const struct crypt_volume *entry,
		       bool is_essential)
{
	const struct {
		const char *option, *value;
	} ciphers[] = { { "cipher", entry->options.cipher }, { "hash", entry->options.hash } };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(ciphers); i++) {
		if (!ciphers[i].value || str_equal(ciphers[i].value, "plain"))
			continue;
		r = host_add_need(reader->host, HOST_NEED_CIPHER, ciphers[i].value, NULL,
				  is_essential && i == 0, "the %s of the volume %s in crypttab",
				  ciphers[i].option, entry->name);
	}
	return r;
}

/* One that is not open now, or that root is not on. */
static int add_closed_volume(struct host_reader *reader, const struct crypt_volume *entry)
{
	_cleanup_free_ char *what = str_format("the volume %s of crypttab", entry->name),
			    *path = NULL;
	int r;

	if (!what)
		return -ENOMEM;
	r = host_add_need(reader->host, HOST_NEED_DM_TARGET, "crypt", NULL, false,
			  "%s is encrypted", what);
	if (r >= 0)
		r = host_volume_add_luks_ciphers(reader, entry->name, false);
	if (r >= 0)
		r = host_names_find(reader, entry->device.text, &path);
	if ((r == -ENOENT || r == -EINVAL) && !reader->host->has_sysfs)
		return 0;
	if (r == -ENOENT || r == -EINVAL)
		return host_add_note(reader->host,
				     "%s is on %s, which is not here now, so what that needs is "
				     "not known",
				     what, entry->device.text);
	return r < 0 ? r : host_block_add(reader, path, &(struct host_goal){ what, false });
}

/* Line @number of the text, from 1 on, as it is. */
static int keep_line(struct host_reader *reader, const char *text, unsigned int number)
{
	char *line;
	int r;

	while (--number > 0)
		text = strchr(text, '\n') + 1;
	line = strndup(text, strcspn(text, "\n"));
	r = line ? vec_push(&reader->host->crypttab, line) : -ENOMEM;
	if (r < 0)
		free(line);
	return r;
}

/* Whether the image is to open it, rather than the host's init. */
static bool is_for_image(const struct host_volume *volume, const struct crypt_volume *entry)
{
	if (entry->options.is_scratch)
		return false;
	if (volume && (volume->is_essential || volume->is_for_resume))
		return true;
	return entry->options.attach_in_initrd;
}

static int add_entry(struct host_reader *reader, const struct crypt_volume *entry, const char *text)
{
	const struct host_volume *volume = host_get_volume(reader->host, entry->name);
	bool is_essential = volume && volume->is_essential;
	int r = 0;

	if (!volume && !entry->options.attach_in_initrd)
		return 0;
	if (!volume)
		r = add_closed_volume(reader, entry);
	if (r >= 0)
		r = add_ciphers(reader, entry, is_essential);
	if (r >= 0)
		r = add_files(reader, entry, is_essential);
	return r >= 0 && is_for_image(volume, entry) ? keep_line(reader, text, entry->line) : r;
}

static int add_entries(struct host_reader *reader, const struct crypttab *crypttab,
		       const char *text)
{
	const struct crypt_volume *entry;
	const char *warning;
	int r = 0;

	vec_for_each(warning, &crypttab->warnings) {
		if (r >= 0)
			r = host_add_note(reader->host, "%s", warning);
	}
	vec_for_each(entry, &crypttab->volumes) {
		if (r >= 0)
			r = add_entry(reader, entry, text);
	}
	return r;
}

int host_crypttab_add(struct host_reader *reader)
{
	_cleanup_free_ char *text = NULL;
	struct crypttab crypttab;
	int r = host_reader_read_file(reader, CRYPTTAB, &text);

	if (r == -ENOENT || r == -ENOMEM)
		return r == -ENOMEM ? r : 0;
	if (r < 0)
		return host_add_gap(reader->host, true,
				    CRYPTTAB
				    " cannot be read (%s), so no line of it comes into the "
				    "image, and what it says of the root is not known",
				    strerror(-r));
	r = crypttab_parse(text, &crypttab);
	if (r >= 0)
		r = add_entries(reader, &crypttab, text);
	crypttab_done(&crypttab);
	return r;
}
