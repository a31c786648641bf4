/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What crypttab(5) tells about devices: those of volumes that are not open now, those that a key
 * file or a detached header is on, and ciphers of volumes without a header. A line that makes no
 * sense harms only itself.
 */
#include "image/host/host-crypttab.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "image/host/host-block.h"
#include "image/host/host-names.h"
#include "image/host/host-needs.h"
#include "image/host/host-volume.h"

#define CRYPTTAB "/etc/crypttab"
#define BLANKS   " \t\r"

struct entry {
	const char *name, *device;
	const char *key, *options; /* "" if not given */
};

/* The next word of *@rest, or NULL. */
static char *next_word(char **rest)
{
	char *word;

	do
		word = strsep(rest, BLANKS);
	while (word && !*word);
	return word;
}

/* What follows "name" or "name=" among the options; NULL if it is not there. */
static const char *find_option(const char *options, const char *name, size_t *ret_size)
{
	const char *item, *rest;
	size_t size;

	while ((item = str_next_item(&options, &size))) {
		rest = str_after_prefix(item, name);
		if (!rest || rest > item + size || (rest < item + size && *rest != '='))
			continue;
		rest += rest < item + size;
		*ret_size = (size_t)(item + size - rest);
		return rest;
	}
	return NULL;
}

static const struct host_volume *find_volume(const struct host_reader *reader, const char *name)
{
	const struct host_volume *volume;

	vec_for_each(volume, &reader->volumes)
		if (str_equal(volume->name, name))
			return volume;
	return NULL;
}

/* The device of "/path:UUID=…", or of Debian's "/dev/disk/by-label/keys:/path". */
static int add_file_device(struct host_reader *reader, const char *text, size_t size,
			   const struct host_goal *goal)
{
	_cleanup_free_ char *copy = strndup(text, size), *path = NULL;
	char *colon;
	int r;

	if (!copy)
		return -ENOMEM;
	colon = strrchr(copy, ':');
	if (!colon)
		return 0;
	*colon = '\0';
	r = host_names_find(reader, colon + 1, &path);
	if (r == -EINVAL)
		r = host_names_find(reader, copy, &path);
	if (r >= 0)
		return host_block_add(reader, path, goal);
	if (r == -ENOENT && reader->host->has_sysfs)
		return host_add_note(reader->host,
				     "%s is on a device that is not here now, so what that needs "
				     "is not known",
				     goal->what);
	return r == -ENOMEM ? r : 0;
}

static int add_files(struct host_reader *reader, const struct entry *entry, bool is_essential)
{
	_cleanup_free_ char *key = str_format("the key file of the volume %s", entry->name),
			    *header = str_format("the header of the volume %s", entry->name);
	const char *value;
	size_t size;
	int r;

	if (!key || !header)
		return -ENOMEM;
	/* Without the key file there is still the passphrase. */
	r = add_file_device(reader, entry->key, strlen(entry->key),
			    &(struct host_goal){ key, false });
	value = find_option(entry->options, "header", &size);
	if (r < 0 || !value)
		return r;
	return add_file_device(reader, value, size, &(struct host_goal){ header, is_essential });
}

/* The cipher counts for volumes without a header only, and does no harm with one. */
static int add_ciphers(struct host_reader *reader, const struct entry *entry, bool is_essential)
{
	static const char *const options[] = { "cipher", "hash" };
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(options); i++) {
		_cleanup_free_ char *name = NULL;
		size_t size;
		const char *value = find_option(entry->options, options[i], &size);

		if (!value || size == 0 || str_equal(value, "plain"))
			continue;
		name = strndup(value, size);
		if (!name)
			return -ENOMEM;
		r = host_add_need(reader->host, HOST_NEED_CIPHER, name, NULL,
				  is_essential && i == 0, "the %s of the volume %s in crypttab",
				  options[i], entry->name);
	}
	return r;
}

/* One that is not open now, or that root is not on. */
static int add_closed_volume(struct host_reader *reader, const struct entry *entry)
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
		r = host_names_find(reader, entry->device, &path);
	if ((r == -ENOENT || r == -EINVAL) && !reader->host->has_sysfs)
		return 0;
	if (r == -ENOENT || r == -EINVAL)
		return host_add_note(reader->host,
				     "%s is on %s, which is not here now, so what that needs is "
				     "not known",
				     what, entry->device);
	return r < 0 ? r : host_block_add(reader, path, &(struct host_goal){ what, false });
}

static int add_entry(struct host_reader *reader, const struct entry *entry)
{
	const struct host_volume *volume = find_volume(reader, entry->name);
	bool is_essential = volume && volume->is_essential;
	size_t size;
	int r = 0;

	if (!volume && !find_option(entry->options, "x-initrd.attach", &size) &&
	    !find_option(entry->options, "initramfs", &size))
		return 0;
	if (!volume)
		r = add_closed_volume(reader, entry);
	if (r >= 0)
		r = add_ciphers(reader, entry, is_essential);
	return r < 0 ? r : add_files(reader, entry, is_essential);
}

static int add_line(struct host_reader *reader, char *line, unsigned int number)
{
	struct entry entry = { .key = "", .options = "" };
	const char *word;

	entry.name = next_word(&line);
	if (!entry.name || entry.name[0] == '#')
		return 0;
	entry.device = next_word(&line);
	if (!entry.device || strchr(entry.name, '/'))
		return host_add_note(reader->host, "line %u of crypttab %s, so it was ignored",
				     number,
				     entry.device ? "has a slash in the name of its volume"
						  : "names no device");
	word = next_word(&line);
	if (word)
		entry.key = word;
	word = next_word(&line);
	if (word)
		entry.options = word;
	return add_entry(reader, &entry);
}

int host_crypttab_add(struct host_reader *reader)
{
	_cleanup_free_ char *text = NULL;
	unsigned int number = 0;
	char *rest, *line;
	int r = host_reader_read_file(reader, CRYPTTAB, &text);

	if (r == -ENOENT || r == -ENOMEM)
		return r == -ENOMEM ? r : 0;
	if (r < 0)
		return host_add_note(reader->host,
				     "crypttab cannot be read (%s), so it was ignored",
				     strerror(-r));
	for (rest = text; r >= 0 && (line = strsep(&rest, "\n"));)
		r = add_line(reader, line, ++number);
	return r;
}
