/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry's way:
 *
 *	AWAITED --what it lies on is mounted, its device is there--> MOUNTING --> MOUNTED
 *	   ^  \--nofail, and not there----\       |      \--nofail---\
 *	   \---device gone, or one of several-----/                   \--> SKIPPED
 *
 * What came before the root was mounted is as good as what comes after it.
 */
#include "init/submounts.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "config/cmdline.h"
#include "config/fstab.h"
#include "config/submounts.h"
#include "init/blockdev.h"
#include "init/console.h"
#include "init/device-search.h"
#include "init/fs-mount.h"
#include "init/goal-context.h"
#include "init/match.h"
#include "init/patience.h"
#include "init/pool.h"
#include "kindling/image-layout.h"

#define FSTAB_TIMEOUT_USEC (60 * USEC_PER_SEC)

enum entry_state {
	ENTRY_AWAITED,
	ENTRY_MOUNTING,
	ENTRY_MOUNTED,
	ENTRY_SKIPPED,
};

struct entry {
	const struct submount *submount;
	enum entry_state state;
	char *node;             /* of its device, or what stands for one */
	struct fs_mount *mount; /* in ENTRY_MOUNTING */
	bool device_lost;       /* while mounting */

	/* Where there is a device to be. */
	struct device_search *search;
	char *title, *volume_name; /* for it */
	struct patience *patience; /* with the device; NULL: the boot's alone counts */
	bool is_overdue;           /* nothing is left of that */
};

struct submounts {
	const struct goal_context *context;
	const struct fs_mount_context *mounting;
	submounts_missing_cb on_missing;
	void *userdata;
	struct submounts_root root;
	enum submounts_state state;
	struct pool_job *reading; /* in SUBMOUNTS_READING */
	struct vec list;    /* of struct submount, in the order in which they can be mounted */
	struct vec entries; /* of struct entry, one for each of these */
	char *reason;
};

static void set_state(struct submounts *submounts, enum submounts_state state, const char *why)
{
	static const char *const names[] = { "idle", "reading", "mounting", "done", "failed" };

	log_debug("submounts: %s -> %s: %s", names[submounts->state], names[state], why);
	submounts->state = state;
}

/* Takes over @reason, NULL for want of memory. */
static void fail(struct submounts *submounts, char *reason)
{
	if (submounts->state == SUBMOUNTS_FAILED) {
		free(reason);
		return;
	}
	submounts->reason = reason;
	set_state(submounts, SUBMOUNTS_FAILED, submounts_get_reason(submounts));
}

static void set_entry_state(struct entry *entry, enum entry_state state, const char *why)
{
	static const char *const names[] = { "awaited", "mounting", "mounted", "skipped" };

	log_debug("submount %s: %s -> %s: %s", entry->submount->path, names[entry->state],
		  names[state], why);
	if (state != ENTRY_MOUNTING)
		entry->mount = fs_mount_free(entry->mount);
	entry->state = state;
}

/* It will not be mounted: that is the end, or told and done without. */
static void miss(struct submounts *submounts, struct entry *entry, const char *why)
{
	const struct submount *submount = entry->submount;

	if (!submount->nofail) {
		fail(submounts,
		     str_format("%s, which %s is on, %s", submount->source, submount->path, why));
		return;
	}
	log_warn("%s, which %s is on, %s, going on without it as fstab says nofail",
		 submount->source, submount->path, why);
	set_entry_state(entry, ENTRY_SKIPPED, why);
}

/* --- what there is to be mounted --- */

static void free_entry(void *item)
{
	struct entry *entry = item;

	entry->mount = fs_mount_free(entry->mount);
	entry->patience = patience_free(entry->patience);
	entry->search = device_search_free(entry->search);
	free(entry->title);
	free(entry->volume_name);
	free(entry->node);
	free(entry);
}

int submounts_new(const struct goal_context *context, const struct fs_mount_context *mounting,
		  submounts_missing_cb on_missing, void *userdata, struct submounts **ret_submounts)
{
	struct submounts *submounts = calloc(1, sizeof(*submounts));

	if (!submounts)
		return -ENOMEM;
	submounts->context = context;
	submounts->mounting = mounting;
	submounts->on_missing = on_missing;
	submounts->userdata = userdata;
	/* Now, before there are any: later they would be read twice. */
	if (device_spec_is_udev_name(&context->config->usr))
		blockdevs_want_names(context->devices);
	*ret_submounts = submounts;
	return 0;
}

struct submounts *submounts_free(struct submounts *submounts)
{
	if (submounts) {
		if (submounts->reading)
			pool_cancel(submounts->reading);
		vec_done(&submounts->entries, free_entry);
		vec_done(&submounts->list, submount_free);
		free(submounts->reason);
		free(submounts);
	}
	return NULL;
}

static bool has_device(const struct submount *submount)
{
	enum device_spec_kind kind = submount->device.kind;

	return kind != DEVICE_SPEC_NONE && kind != DEVICE_SPEC_VIRTIOFS && kind != DEVICE_SPEC_9P;
}

/* "/var/lib" is "var-lib". */
static char *make_volume_name(const char *path)
{
	char *name = strdup(path + 1);

	for (char *c = name; c && *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
			*c = '-';
	return name;
}

static void on_patience_over(void *userdata)
{
	struct entry *entry = userdata;

	entry->is_overdue = true;
}

static int begin_search(struct submounts *submounts, struct entry *entry)
{
	const struct submount *submount = entry->submount;
	struct device_search_params params = { .type_source = "fstab" };
	int r = -ENOMEM;

	params.title = entry->title = str_format("the device of %s", submount->path);
	params.volume_name = entry->volume_name = make_volume_name(submount->path);
	if (params.title && params.volume_name)
		r = device_search_new(submounts->context, &params, &entry->search);
	if (r >= 0 && submount->device_timeout_usec < USEC_INFINITY)
		r = patience_new(submounts->context->loop, submount->device_timeout_usec,
				 on_patience_over, entry, &entry->patience);
	if (r < 0)
		return r;
	device_search_begin(entry->search, &submount->device, submount->type);
	if (device_search_run(entry->search) == DEVICE_SEARCH_NOTHING)
		submounts->on_missing(submounts->userdata, &submount->device);
	return 0;
}

static int add_entries(struct submounts *submounts)
{
	const struct submount *submount;
	int r = 0;

	vec_for_each(submount, &submounts->list) {
		struct entry *entry = calloc(1, sizeof(*entry));

		if (!entry || vec_push(&submounts->entries, entry) < 0) {
			free(entry);
			return -ENOMEM;
		}
		entry->submount = submount;
		if (has_device(submount))
			r = begin_search(submounts, entry);
		if (r < 0)
			return r;
	}
	return 0;
}

/* @text is that of the root's fstab, or the part of it that matters. */
static void choose(struct submounts *submounts, const char *text)
{
	struct vec warnings = { 0 };
	const char *warning;
	struct fstab fstab;
	int r = fstab_parse(text, &fstab);

	if (r >= 0)
		r = submounts_choose(submounts->context->config, &submounts->root, &fstab,
				     &submounts->list, &warnings);
	if (r >= 0)
		r = add_entries(submounts);
	vec_for_each(warning, &warnings) {
		log_warn("%s", warning);
	}
	vec_done(&warnings, free);
	fstab_done(&fstab);
	if (r < 0)
		fail(submounts, strdup("out of memory for what the root's fstab says"));
	else
		set_state(submounts, SUBMOUNTS_MOUNTING, "it is known what there is");
}

static void on_fstab_reply(void *userdata, const struct worker_message *reply)
{
	struct submounts *submounts = userdata;
	const char *warning;

	submounts->reading = NULL;
	if (reply->code < 0 && reply->code != -ENOENT)
		log_warn_errno(reply->code,
			       "cannot read the root's fstab, going on as if it named nothing");
	for (unsigned int i = 1; reply->code >= 0; i++) {
		warning = worker_message_get(reply, i);
		if (!*warning)
			break;
		log_warn("%s", warning);
	}
	choose(submounts, reply->code >= 0 ? worker_message_get(reply, 0) : "");
}

void submounts_begin(struct submounts *submounts, const struct submounts_root *root)
{
	struct worker_message request;
	int r;

	submounts->root = *root;
	if (!submounts->context->config->fstab_enabled) {
		choose(submounts, "");
		return;
	}
	worker_message_init(&request, WORKER_READ_FSTAB, 0);
	r = worker_message_add(&request, IMAGE_SYSROOT);
	if (r >= 0)
		r = pool_submit(submounts->context->pool, &request, POOL_PRIORITY_DEVICE,
				FSTAB_TIMEOUT_USEC, on_fstab_reply, submounts, &submounts->reading);
	if (r < 0)
		fail(submounts, str_format("cannot have the root's fstab read: %s", strerror(-r)));
	else
		set_state(submounts, SUBMOUNTS_READING, "the root is mounted");
}

/* --- which device --- */

/* The device that is to be mounted by now; NULL if it is not there, or not without doubt. */
static const struct blockdev *find_device(const struct entry *entry)
{
	switch (device_search_run(entry->search)) {
	case DEVICE_SEARCH_NOTHING:
	case DEVICE_SEARCH_LOCKED:
		break;
	case DEVICE_SEARCH_FOUND:
		return device_search_get_device(entry->search);
	case DEVICE_SEARCH_AMBIVALENT:
	case DEVICE_SEARCH_SEVERAL:
		device_search_tell_doubt(entry->search);
		break;
	}
	return NULL;
}

/* Whether it is still the only one, and none is built on it. */
static bool is_still_meant(const struct entry *entry)
{
	const struct blockdev *device = find_device(entry);
	char source[BLOCKDEV_SOURCE_MAX];

	if (!device)
		return false;
	blockdev_get_source(device, source);
	return str_equal(source, entry->node);
}

/* One that comes too late to matter is named, so that nobody wonders next time. */
static void note_twin(const struct entry *entry, const struct blockdev *device)
{
	if (entry->state == ENTRY_MOUNTING && fs_mount_get_state(entry->mount) == FS_MOUNT_LOADING)
		return;
	log_warn("%s is also %s, which %s is on, but comes too late: going on with %s",
		 device->node, entry->submount->source, entry->submount->path, entry->node);
}

void submounts_device_probed(struct submounts *submounts, const struct blockdev *device)
{
	struct entry *entry;

	vec_for_each(entry, &submounts->entries) {
		if (!entry->search)
			continue;
		device_search_device_probed(entry->search);
		if ((entry->state == ENTRY_MOUNTING || entry->state == ENTRY_MOUNTED) &&
		    device_search_is_twin(entry->search, device))
			note_twin(entry, device);
	}
}

void submounts_device_removed(struct submounts *submounts, const struct blockdev *device)
{
	char source[BLOCKDEV_SOURCE_MAX];
	struct entry *entry;

	blockdev_get_source(device, source);
	vec_for_each(entry, &submounts->entries) {
		if (!entry->search)
			continue;
		device_search_device_removed(entry->search, device);
		entry->device_lost |=
			entry->state == ENTRY_MOUNTING && str_equal(source, entry->node);
	}
}

/* --- mounting --- */

/* @device is NULL where there is none to be. */
static int start(struct submounts *submounts, struct entry *entry, const struct blockdev *device)
{
	const struct submount *submount = entry->submount;
	const struct superblock *superblock =
		device ? match_superblock(device, submount->type) : NULL;
	const char *found_type = superblock ? superblock->type : "";
	char source[BLOCKDEV_SOURCE_MAX];
	struct fs_mount_params params = {
		.path = submount->path,
		.source = source,
		.types = str_equal(submount->type, "auto") ? NULL : submount->type,
		.found_type = found_type,
		.options = &submount->options,
		.is_checked = submount->is_checked,
	};
	int r;

	if (device)
		blockdev_get_source(device, source);
	else
		params.source = submount->device.value ? submount->device.value : submount->source;
	free(entry->node);
	entry->node = strdup(params.source);
	entry->device_lost = false;
	r = entry->node ? fs_mount_new(submounts->mounting, &params, &entry->mount) : -ENOMEM;
	if (r >= 0)
		set_entry_state(entry, ENTRY_MOUNTING, entry->node);
	return r;
}

/* The first that is to be mounted before @entry and is not; or NULL. */
static const struct entry *find_obstacle(const struct submounts *submounts,
					 const struct entry *entry)
{
	const struct entry *other;

	vec_for_each(other, &submounts->entries) {
		if (other->state != ENTRY_MOUNTED &&
		    submounts_lies_on(entry->submount, other->submount))
			return other;
	}
	return NULL;
}

/* It did not come, as @why says; or too many did. */
static void miss_device(struct submounts *submounts, struct entry *entry, const char *why)
{
	_cleanup_strbuf_ struct strbuf several = { 0 };

	if (entry->search && device_search_run(entry->search) == DEVICE_SEARCH_SEVERAL) {
		strbuf_append(&several, "is the name of several devices: ");
		device_search_list(entry->search, &several);
		why = strbuf_string(&several);
	}
	miss(submounts, entry, why);
}

static void try_to_start(struct submounts *submounts, struct entry *entry, bool may_miss)
{
	const struct submount *submount = entry->submount;
	const struct entry *obstacle = find_obstacle(submounts, entry);
	const struct blockdev *device;

	if (obstacle) {
		if (obstacle->state == ENTRY_SKIPPED)
			miss(submounts, entry, "lies on what could not be mounted");
		return;
	}
	device = entry->search ? find_device(entry) : NULL;
	if (device || !entry->search) {
		if (start(submounts, entry, device) < 0)
			fail(submounts, str_format("out of memory to mount %s", submount->path));
	} else if (device_search_is_hopeless(entry->search)) {
		miss(submounts, entry, "was not opened");
	} else if (entry->is_overdue) {
		miss_device(submounts, entry,
			    "did not appear in the time that x-systemd.device-timeout= gives it");
	} else if (submount->nofail && may_miss) {
		miss_device(submounts, entry, "is not there");
	}
}

static void lose_device(struct entry *entry)
{
	log_warn("%s, which %s is on, is gone, waiting for it to come back", entry->node,
		 entry->submount->path);
	set_entry_state(entry, ENTRY_AWAITED, "its device is gone");
	entry->is_overdue = false;
	if (entry->patience)
		patience_renew(entry->patience, entry->submount->device_timeout_usec);
}

static void on_mount_failed(struct submounts *submounts, struct entry *entry)
{
	const char *reason = fs_mount_get_reason(entry->mount);

	if (entry->device_lost) {
		lose_device(entry);
		return;
	}
	if (!entry->submount->nofail) {
		fail(submounts, strdup(reason));
		return;
	}
	log_warn("%s; going on without %s as fstab says nofail", reason, entry->submount->path);
	set_entry_state(entry, ENTRY_SKIPPED, "it cannot be mounted");
}

/* Until it is being mounted, the device may be gone, or turn out to be another. */
static bool may_go_on(struct entry *entry)
{
	if (fs_mount_get_state(entry->mount) != FS_MOUNT_LOADING)
		return true;
	if (entry->device_lost)
		lose_device(entry);
	else if (entry->search && !is_still_meant(entry))
		set_entry_state(entry, ENTRY_AWAITED, "its device is not the only one");
	return entry->state == ENTRY_MOUNTING;
}

static void follow(struct submounts *submounts, struct entry *entry, bool is_reading)
{
	bool is_held;
	const char *type;

	if (!may_go_on(entry))
		return;
	is_held = entry->search && device_search_awaits_twins(entry->search, is_reading);
	switch (fs_mount_step(entry->mount, is_held)) {
	case FS_MOUNT_LOADING:
	case FS_MOUNT_CHECKING:
	case FS_MOUNT_MOUNTING:
		return;
	case FS_MOUNT_FAILED:
		on_mount_failed(submounts, entry);
		return;
	case FS_MOUNT_MOUNTED:
		type = fs_mount_get_type(entry->mount);
		log_info("mounted %s on %s%s%s", entry->node, entry->submount->path,
			 *type ? " as " : "", type);
		set_entry_state(entry, ENTRY_MOUNTED, entry->node);
		return;
	}
}

/* Whether anything is under way that is not nofail, but for what waits for another entry. */
static bool is_needed_awaited(const struct submounts *submounts)
{
	const struct entry *entry;

	vec_for_each(entry, &submounts->entries) {
		if (entry->state < ENTRY_MOUNTED && !entry->submount->nofail &&
		    !find_obstacle(submounts, entry))
			return true;
	}
	return false;
}

/* How many are mounted, or will not be. */
static size_t count_settled(const struct submounts *submounts)
{
	const struct entry *entry;
	size_t n_settled = 0;

	vec_for_each(entry, &submounts->entries) {
		n_settled += entry->state >= ENTRY_MOUNTED;
	}
	return n_settled;
}

static void step_entries(struct submounts *submounts, bool is_reading, bool may_miss)
{
	struct entry *entry;

	vec_for_each(entry, &submounts->entries) {
		if (entry->state == ENTRY_MOUNTING)
			follow(submounts, entry, is_reading);
		if (entry->state != ENTRY_AWAITED)
			continue;
		/* Perhaps just now, as its device went: one that came meanwhile sends no event. */
		try_to_start(submounts, entry, may_miss);
		if (entry->state == ENTRY_MOUNTING)
			follow(submounts, entry, is_reading);
	}
}

void submounts_step(struct submounts *submounts, bool is_reading, bool is_quiet)
{
	size_t n_settled = 0, n_before;

	if (submounts->state != SUBMOUNTS_MOUNTING)
		return;
	/* What is settled may be what others waited for, and no other event would tell them. */
	do {
		n_before = n_settled;
		step_entries(submounts, is_reading, is_quiet && !is_needed_awaited(submounts));
		n_settled = count_settled(submounts);
	} while (submounts->state == SUBMOUNTS_MOUNTING && n_settled > n_before);
	if (submounts->state == SUBMOUNTS_MOUNTING && n_settled == submounts->entries.n_items)
		set_state(submounts, SUBMOUNTS_DONE, "nothing is left to be mounted");
}

void submounts_let_time_run(struct submounts *submounts, bool is_running)
{
	struct entry *entry;

	vec_for_each(entry, &submounts->entries) {
		if (entry->patience)
			patience_set_running(entry->patience,
					     is_running && entry->state == ENTRY_AWAITED);
	}
}

void submounts_give_up(struct submounts *submounts)
{
	struct entry *entry;

	vec_for_each(entry, &submounts->entries) {
		if (entry->state == ENTRY_AWAITED)
			miss_device(submounts, entry, "did not appear in time");
		else if (entry->state == ENTRY_MOUNTING &&
			 fs_mount_get_state(entry->mount) == FS_MOUNT_LOADING)
			miss(submounts, entry, "did not get its driver in time");
	}
}

void submounts_abandon(struct submounts *submounts)
{
	struct entry *entry;

	vec_for_each(entry, &submounts->entries) {
		if (entry->state == ENTRY_MOUNTING)
			set_entry_state(entry, ENTRY_SKIPPED, "all is given up");
	}
}

enum submounts_state submounts_get_state(const struct submounts *submounts)
{
	return submounts->state;
}

bool submounts_are_progressing(const struct submounts *submounts)
{
	const struct entry *entry;

	vec_for_each(entry, &submounts->entries) {
		if (entry->state == ENTRY_MOUNTING &&
		    fs_mount_get_state(entry->mount) != FS_MOUNT_LOADING)
			return true;
	}
	return submounts->state == SUBMOUNTS_READING;
}

bool submounts_are_being_checked(const struct submounts *submounts)
{
	const struct entry *entry;

	vec_for_each(entry, &submounts->entries) {
		if (entry->state == ENTRY_MOUNTING &&
		    fs_mount_get_state(entry->mount) == FS_MOUNT_CHECKING)
			return true;
	}
	return false;
}

bool submounts_are_in_doubt(const struct submounts *submounts)
{
	const struct entry *entry;

	vec_for_each(entry, &submounts->entries) {
		if (entry->state == ENTRY_AWAITED && entry->search &&
		    device_search_is_in_doubt(entry->search))
			return true;
	}
	return false;
}

const char *submounts_get_reason(const struct submounts *submounts)
{
	return submounts->reason ? submounts->reason : "out of memory";
}

void submounts_describe(const struct submounts *submounts, struct strbuf *buf)
{
	const struct entry *entry;

	if (submounts->state == SUBMOUNTS_READING)
		strbuf_append(buf, "the root's fstab to be read");
	vec_for_each(entry, &submounts->entries) {
		if (entry->state > ENTRY_MOUNTING)
			continue;
		if (buf->size > 0)
			strbuf_append(buf, ", ");
		if (entry->state == ENTRY_MOUNTING)
			fs_mount_describe(entry->mount, buf);
		else
			strbuf_printf(buf, "%s, which %s is on", entry->submount->source,
				      entry->submount->path);
	}
}
