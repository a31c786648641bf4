/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/submounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/cmdline.h"
#include "config/fstab.h"
#include "config/option-list.h"
#include "config/time-span.h"
#include "config/warnings.h"

#define USR            "/usr"
#define DEVICE_TIMEOUT "x-systemd.device-timeout"

void submount_free(void *item)
{
	struct submount *submount = item;

	if (!submount)
		return;
	device_spec_done(&submount->device);
	free(submount->source);
	free(submount->path);
	free(submount->type);
	mount_options_done(&submount->options);
	free(submount);
}

/* Whether @path is @directory or below it; both are absolute. */
static bool is_below(const char *path, const char *directory)
{
	const char *rest = str_after_prefix(path, directory);

	if (str_equal(directory, "/"))
		return true;
	return rest && (!*rest || *rest == '/');
}

bool submounts_lies_on(const struct submount *submount, const struct submount *other)
{
	return submount != other &&
	       (is_below(submount->path, other->path) ||
		(submount->is_bind && is_below(submount->source, other->path)));
}

bool submounts_want_entry(const struct fstab *fstab, const struct fstab_entry *entry)
{
	if (entry->noauto || entry->path[0] != '/' || str_equal(entry->path, "/"))
		return false;
	return (entry->initrd_mount || str_equal(entry->path, USR)) &&
	       fstab_find(fstab, entry->path) == entry;
}

/*
 * Whether mount(2) has all that it needs without a network and without other directories. systemd's
 * /dev/gpt-auto-root is a link of the host's udev.
 */
static bool is_possible(const struct fstab_entry *entry)
{
	enum device_spec_kind kind = entry->device.kind;
	bool has_device = kind != DEVICE_SPEC_NONE && kind != DEVICE_SPEC_GPT_AUTO;

	return has_device || entry->is_bind || str_equal(entry->type, "tmpfs");
}

/* @flags hold where @options say nothing else. */
static struct submount *submount_new(const char *source, const struct device_spec *device,
				     const char *path, const char *type, const char *options,
				     unsigned long flags)
{
	struct submount *submount = calloc(1, sizeof(*submount));

	if (!submount)
		return NULL;
	submount->device_timeout_usec = USEC_INFINITY;
	submount->source = strdup(source);
	submount->path = strdup(path);
	submount->type = strdup(type);
	if (!submount->source || !submount->path || !submount->type ||
	    mount_options_parse(options, flags, &submount->options) < 0 ||
	    device_spec_copy(device, &submount->device) < 0) {
		submount_free(submount);
		return NULL;
	}
	return submount;
}

static int set_device_timeout(struct submount *submount, const char *options, struct vec *warnings)
{
	size_t size;
	const char *value = option_list_find(options, DEVICE_TIMEOUT, &size);
	_cleanup_free_ char *text = value ? strndup(value, size) : NULL;

	if (!value)
		return 0;
	if (!text)
		return -ENOMEM;
	if (time_span_parse_timeout(text, &submount->device_timeout_usec) >= 0)
		return 0;
	return warnings_add(warnings, DEVICE_TIMEOUT "=%s of %s is no length of time, ignoring it",
			    text, submount->path);
}

/* Takes over @submount, unless that is NULL for want of memory. */
static int push(struct vec *submounts, struct submount *submount, const char *options,
		struct vec *warnings)
{
	int r = submount ? set_device_timeout(submount, options, warnings) : -ENOMEM;

	if (r >= 0)
		r = vec_push(submounts, submount);
	if (r < 0)
		submount_free(submount);
	return r;
}

/* mount.usrfstype= and mount.usrflags= replace what fstab says as well as mount.usr= does. */
static int add_entry(const struct boot_config *config, const struct fstab_entry *entry,
		     struct vec *submounts, struct vec *warnings)
{
	bool is_usr = str_equal(entry->path, USR);
	const char *type = is_usr && config->usrfstype ? config->usrfstype : entry->type;
	const char *options = is_usr && config->usrflags ? config->usrflags : entry->options;
	unsigned long flags = is_usr && !config->root_writable ? MS_RDONLY : 0;
	struct submount *submount =
		submount_new(entry->source, &entry->device, entry->path, type, options, flags);

	if (submount) {
		submount->is_bind = entry->is_bind;
		submount->is_checked = entry->passno > 0 && !entry->is_bind;
		submount->nofail = entry->nofail;
		if (!is_usr || !config->usrflags)
			submount->options.flags |= flags;
	}
	return push(submounts, submount, options, warnings);
}

static int add_fstab(const struct boot_config *config, const struct fstab *fstab,
		     struct vec *submounts, struct vec *warnings)
{
	const struct fstab_entry *entry;
	int r = 0;

	vec_for_each(entry, &fstab->entries) {
		bool is_usr_given = config->usr.kind != DEVICE_SPEC_NONE;

		if (!submounts_want_entry(fstab, entry) ||
		    (is_usr_given && str_equal(entry->path, USR)))
			continue;
		r = is_possible(entry)
			    ? add_entry(config, entry, submounts, warnings)
			    : warnings_add(warnings,
					   "%s of type %s cannot be mounted on %s before the real "
					   "init runs, leaving it to that",
					   entry->source, entry->type, entry->path);
		if (r < 0)
			break;
	}
	return r;
}

static bool has_usr(const struct vec *submounts)
{
	const struct submount *submount;

	vec_for_each(submount, submounts) {
		if (str_equal(submount->path, USR))
			return true;
	}
	return false;
}

/*
 * What the command line alone says of /usr. Without mount.usr= it is where the root is, as another
 * subvolume.
 */
static int add_usr(const struct boot_config *config, const struct submounts_root *root,
		   struct vec *submounts, struct vec *warnings)
{
	bool has_device = config->usr.kind != DEVICE_SPEC_NONE;
	const char *root_type = has_device ? config->rootfstype : root->type;
	const char *type = config->usrfstype ? config->usrfstype : root_type;
	const char *flags = config->usrflags ? config->usrflags : config->rootflags;
	const char *options = flags ? flags : "";
	struct submount *submount;

	if (!has_device && (config->usr_is_given || (!config->usrfstype && !config->usrflags) ||
			    has_usr(submounts)))
		return 0;
	submount =
		submount_new(has_device ? config->usr.text : root->source, &config->usr, USR,
			     type ? type : "auto", options, config->root_writable ? 0 : MS_RDONLY);
	if (submount)
		submount->is_checked = has_device;
	return push(submounts, submount, options, warnings);
}

/* --- in which order --- */

/* Whether the item @index lies on another one from @first on. */
static bool waits_for_any(const struct vec *submounts, size_t index, size_t first)
{
	for (size_t i = first; i < submounts->n_items; i++)
		if (submounts_lies_on(submounts->items[index], submounts->items[i]))
			return true;
	return false;
}

static void move_down(struct vec *submounts, size_t from, size_t to)
{
	void *item = submounts->items[from];

	memmove(&submounts->items[to + 1], &submounts->items[to],
		(from - to) * sizeof(submounts->items[0]));
	submounts->items[to] = item;
}

/* How many are in order then; the others wait for each other. */
static size_t put_in_order(struct vec *submounts)
{
	size_t n_placed = 0, n_before;

	do {
		n_before = n_placed;
		for (size_t i = n_placed; i < submounts->n_items; i++)
			if (!waits_for_any(submounts, i, n_placed))
				move_down(submounts, i, n_placed++);
	} while (n_placed > n_before);
	return n_placed;
}

/* Two directories, say, that are each to be seen below the other. */
static int leave_circle(struct vec *submounts, size_t first, struct vec *warnings)
{
	_cleanup_strbuf_ struct strbuf paths = { 0 };

	for (size_t i = first; i < submounts->n_items; i++) {
		const struct submount *submount = submounts->items[i];

		strbuf_printf(&paths, "%s%s", paths.size > 0 ? ", " : "", submount->path);
	}
	if (paths.size == 0)
		return 0;
	while (submounts->n_items > first)
		submount_free(submounts->items[--submounts->n_items]);
	return warnings_add(warnings,
			    "the mounts on %s wait for each other, leaving them to the real init",
			    strbuf_string(&paths));
}

static int compare_paths(const void *a, const void *b)
{
	const struct submount *const *left = a, *const *right = b;

	return strcmp((*left)->path, (*right)->path);
}

int submounts_choose(const struct boot_config *config, const struct submounts_root *root,
		     const struct fstab *fstab, struct vec *ret_submounts, struct vec *warnings)
{
	int r;

	*ret_submounts = (struct vec){ 0 };
	r = add_fstab(config, fstab, ret_submounts, warnings);
	if (r >= 0)
		r = add_usr(config, root, ret_submounts, warnings);
	if (r < 0)
		return r;
	vec_sort(ret_submounts, compare_paths);
	return leave_circle(ret_submounts, put_in_order(ret_submounts), warnings);
}
