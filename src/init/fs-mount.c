/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is the same for the root and all that is mounted below it:
 *
 *	LOADING --modules settled--> CHECKING --passed--> MOUNTING --> MOUNTED
 *	                                 \--errors left-------\------> FAILED
 *
 * The mount runs in a worker, because a journal may have to be replayed from a slow disk.
 */
#include "init/fs-mount.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "init/fsck.h"
#include "init/module-loader.h"
#include "init/pool.h"
#include "init/trace.h"

#define MOUNT_TIMEOUT_USEC \
	(600 * USEC_PER_SEC) /* a journal of a slow disk may have to be replayed */

struct fs_mount {
	const struct fs_mount_context *context;
	char *path, *source, *types, *found_type, *data;
	unsigned long flags;
	bool is_checked;
	enum fs_mount_state state;
	struct fsck *fsck;    /* in FS_MOUNT_CHECKING */
	struct pool_job *job; /* in FS_MOUNT_MOUNTING */
	char *type, *reason;
	uint64_t mount_started_usec;
};

static void set_state(struct fs_mount *mount, enum fs_mount_state state, const char *why)
{
	static const char *const names[] = { "loading", "checking", "mounting", "mounted",
					     "failed" };

	log_debug("mount of %s: %s -> %s: %s", mount->path, names[mount->state], names[state], why);
	mount->state = state;
}

/* Takes over @reason, NULL for want of memory. */
static void fail(struct fs_mount *mount, char *reason)
{
	mount->reason = reason;
	set_state(mount, FS_MOUNT_FAILED, fs_mount_get_reason(mount));
}

/* What may drive a type that was found; its driver mostly has its name. */
static const char *drivers_of(const char *found)
{
	/* A kernel has one of them, the other or both. */
	return str_equal(found, "ntfs") ? "ntfs3,ntfs" : found;
}

static char *list_types(const char *wanted, const char *found)
{
	_cleanup_strbuf_ struct strbuf types = { 0 };
	const char *item;
	size_t size;

	if (!wanted)
		return strdup(*found ? drivers_of(found) : "auto");
	while ((item = str_next_item(&wanted, &size))) {
		if (str_item_is(item, size, "auto") && *found)
			strbuf_printf(&types, "%s%s", types.size ? "," : "", drivers_of(found));
		strbuf_append(&types, types.size ? "," : "");
		strbuf_append_bytes(&types, item, size);
	}
	return strbuf_steal(&types);
}

int fs_mount_new(const struct fs_mount_context *context, const struct fs_mount_params *params,
		 struct fs_mount **ret_mount)
{
	struct fs_mount *mount = calloc(1, sizeof(*mount));

	if (!mount)
		return -ENOMEM;
	mount->context = context;
	mount->path = strdup(params->path);
	mount->source = strdup(params->source);
	mount->types = list_types(params->types, params->found_type);
	mount->found_type = strdup(params->found_type);
	mount->data = strdup(params->options->data);
	mount->flags = params->options->flags;
	mount->is_checked = params->is_checked;
	if (!mount->path || !mount->source || !mount->types || !mount->found_type || !mount->data) {
		(void)fs_mount_free(mount);
		return -ENOMEM;
	}
	*ret_mount = mount;
	return 0;
}

struct fs_mount *fs_mount_free(struct fs_mount *mount)
{
	if (!mount)
		return NULL;
	if (mount->job)
		pool_cancel(mount->job);
	mount->fsck = fsck_free(mount->fsck);
	free(mount->path);
	free(mount->source);
	free(mount->types);
	free(mount->found_type);
	free(mount->data);
	free(mount->type);
	free(mount->reason);
	free(mount);
	return NULL;
}

/* Asks for the module of each type, as the kernel names it; whether all is done about them. */
static bool load_modules(const struct fs_mount *mount)
{
	const char *types = mount->types, *type;
	bool are_settled = true;
	size_t size;

	while ((type = str_next_item(&types, &size))) {
		char alias[64];

		if (str_item_is(type, size, "auto"))
			continue;
		(void)snprintf(alias, sizeof(alias), "fs-%.*s", (int)size, type);
		module_loader_request(mount->context->modules, alias);
		are_settled &= module_loader_is_settled(mount->context->modules, alias);
	}
	return are_settled;
}

static void begin_check(struct fs_mount *mount)
{
	int r = mount->is_checked ? fsck_begin(mount->context->fsck, mount->path, mount->source,
					       mount->found_type, &mount->fsck)
				  : 0;

	if (r < 0)
		log_warn_errno(r, "cannot have %s checked, mounting it unchecked", mount->source);
	set_state(mount, FS_MOUNT_CHECKING, "its modules are settled");
}

static void on_mount_reply(void *userdata, const struct worker_message *reply)
{
	struct fs_mount *mount = userdata;

	mount->job = NULL;
	trace_span("mount", mount->source, mount->mount_started_usec, reply->code);
	if (reply->code < 0) {
		fail(mount, strdup(worker_message_get(reply, 0)));
		return;
	}
	if (reply->number & ~mount->flags & MS_RDONLY)
		log_warn("%s can only be mounted read-only, so it is, in spite of rw",
			 mount->source);
	mount->type = strdup(worker_message_get(reply, 0));
	set_state(mount, FS_MOUNT_MOUNTED, worker_message_get(reply, 0));
}

static int submit(struct fs_mount *mount)
{
	const char *const strings[] = { mount->source, mount->path, mount->types, mount->data };
	struct worker_message request;
	int r = 0;

	worker_message_init(&request, WORKER_MOUNT, mount->flags);
	for (size_t i = 0; i < ARRAY_SIZE(strings) && r >= 0; i++)
		r = worker_message_add(&request, strings[i]);
	if (r < 0)
		return r;
	return pool_submit(mount->context->pool, &request, POOL_PRIORITY_DEVICE, MOUNT_TIMEOUT_USEC,
			   on_mount_reply, mount, &mount->job);
}

static void begin_mount(struct fs_mount *mount, const char *why)
{
	int r = submit(mount);

	if (r < 0) {
		fail(mount, str_format("cannot have %s mounted: %s", mount->source, strerror(-r)));
		return;
	}
	mount->mount_started_usec = clock_now_usec();
	set_state(mount, FS_MOUNT_MOUNTING, why);
}

static void follow_check(struct fs_mount *mount)
{
	if (!mount->fsck) {
		begin_mount(mount, "there is nothing to check");
		return;
	}
	switch (fsck_get_state(mount->fsck)) {
	case FSCK_RUNNING:
		return;
	case FSCK_PASSED:
		begin_mount(mount, "its check is over");
		break;
	case FSCK_FAILED:
		fail(mount, strdup(fsck_get_reason(mount->fsck)));
		break;
	}
	mount->fsck = fsck_free(mount->fsck);
}

enum fs_mount_state fs_mount_step(struct fs_mount *mount, bool is_held)
{
	if (mount->state == FS_MOUNT_LOADING && load_modules(mount) && !is_held)
		begin_check(mount);
	if (mount->state == FS_MOUNT_CHECKING)
		follow_check(mount);
	return mount->state;
}

enum fs_mount_state fs_mount_get_state(const struct fs_mount *mount)
{
	return mount->state;
}

const char *fs_mount_get_type(const struct fs_mount *mount)
{
	return mount->type ? mount->type : "";
}

const char *fs_mount_get_reason(const struct fs_mount *mount)
{
	return mount->reason ? mount->reason : "out of memory";
}

void fs_mount_describe(const struct fs_mount *mount, struct strbuf *buf)
{
	switch (mount->state) {
	case FS_MOUNT_LOADING:
		strbuf_printf(buf, "the file-system driver of %s", mount->source);
		break;
	case FS_MOUNT_CHECKING:
		if (mount->fsck)
			fsck_describe(mount->fsck, buf);
		break;
	case FS_MOUNT_MOUNTING:
		strbuf_printf(buf, "%s to be mounted", mount->source);
		break;
	case FS_MOUNT_MOUNTED:
	case FS_MOUNT_FAILED:
		break;
	}
}
