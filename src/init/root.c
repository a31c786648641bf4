/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts the root. The real init may lie on another file system, /usr, so it is looked for when
 * whoever knows of those says that all are there.
 */
#include "init/root.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/cmdline.h"
#include "config/mount-options.h"
#include "init/fs-mount.h"
#include "init/pool.h"
#include "init/trace.h"
#include "kindling/image-layout.h"

#define SEARCH_TIMEOUT_USEC (60 * USEC_PER_SEC)

struct root {
	const struct fs_mount_context *context;
	const struct boot_config *config;
	enum root_state state;
	char *node;              /* NULL until a device appeared */
	char *type;              /* what was found there, or that of the tag */
	struct fs_mount *mount;  /* of that device */
	struct pool_job *search; /* in ROOT_SEARCHED */
	char *reason, *init;
	bool is_read_only;
	bool device_lost; /* while mounting */
	bool is_tagged;   /* no device, but the name of a file system that may come later */
	bool try_again;   /* it may have come while mounting */
};

static void set_state(struct root *root, enum root_state state, const char *why)
{
	static const char *const names[] = { "awaited",  "preparing", "mounting", "mounted",
					     "searched", "ready",     "failed" };

	if (root->state == state)
		return;
	log_debug("root: %s -> %s: %s", names[root->state], names[state], why);
	root->state = state;
}

/* Takes over @reason, NULL for want of memory. */
static void fail(struct root *root, char *reason)
{
	free(root->reason);
	root->reason = reason;
	log_err("%s", root_get_reason(root));
	set_state(root, ROOT_FAILED, root_get_reason(root));
}

int root_new(const struct fs_mount_context *context, const struct boot_config *config,
	     struct root **ret_root)
{
	struct root *root = calloc(1, sizeof(*root));

	if (!root)
		return -ENOMEM;
	root->context = context;
	root->config = config;
	*ret_root = root;
	return 0;
}

struct root *root_free(struct root *root)
{
	if (root) {
		if (root->search)
			pool_cancel(root->search);
		root->mount = fs_mount_free(root->mount);
		free(root->node);
		free(root->type);
		free(root->reason);
		free(root->init);
		free(root);
	}
	return NULL;
}

static int parse_options(const struct root *root, struct mount_options *ret_options)
{
	const struct boot_config *config = root->config;
	bool is_9p = str_equal(root->type, "9p");
	_cleanup_free_ char *flags = str_format("%s%s", is_9p ? "trans=virtio," : "",
						config->rootflags ? config->rootflags : "");
	int r = flags ? mount_options_parse(flags, config->root_writable ? 0 : MS_RDONLY,
					    ret_options)
		      : -ENOMEM;

	if (r >= 0 && root->is_read_only)
		ret_options->flags |= MS_RDONLY;
	return r;
}

static int make_mount(struct root *root)
{
	struct mount_options options = { 0 };
	struct fs_mount_params params = {
		.path = "/",
		.source = root->node,
		.types = root->is_tagged ? root->type : root->config->rootfstype,
		.found_type = root->type,
		.options = &options,
		.is_checked = true,
	};
	int r = root->node && root->type ? parse_options(root, &options) : -ENOMEM;

	if (r >= 0)
		r = fs_mount_new(root->context, &params, &root->mount);
	mount_options_done(&options);
	return r;
}

/* @source and @type may be those that there are already. */
static void prepare(struct root *root, const char *source, const char *type)
{
	char *node = strdup(source), *found_type = strdup(type);

	free(root->node);
	free(root->type);
	root->node = node;
	root->type = found_type;
	root->mount = fs_mount_free(root->mount);
	if (make_mount(root) < 0) {
		log_warn("no memory to mount the root, waiting for it to appear again");
		set_state(root, ROOT_AWAITED, "no memory");
		return;
	}
	trace_event("root-seen", node);
	set_state(root, ROOT_PREPARING, node);
}

static bool is_undecided(const struct root *root)
{
	return root->state == ROOT_AWAITED || root->state == ROOT_PREPARING;
}

void root_device_appeared(struct root *root, const char *node, const char *type, bool is_read_only)
{
	if (!is_undecided(root) ||
	    (root->state == ROOT_PREPARING && str_equal(root->node, node) &&
	     str_equal(root->type, type) && root->is_read_only == is_read_only))
		return;
	root->is_read_only = is_read_only;
	root->is_tagged = root->try_again = false;
	prepare(root, node, type);
}

static void await_another(struct root *root, const char *why)
{
	root->mount = fs_mount_free(root->mount);
	set_state(root, ROOT_AWAITED, why);
}

void root_device_withdrawn(struct root *root)
{
	if (root->state == ROOT_PREPARING)
		await_another(root, "it is not the root, or not the only one");
}

void root_tag_appeared(struct root *root, const char *type, const char *tag)
{
	root->is_tagged = true;
	root->try_again = root->state == ROOT_MOUNTING;
	if (root->state == ROOT_AWAITED)
		prepare(root, tag, type);
}

/* The device of a tag may come later, and the kernel does not tell that from anything else. */
static void await_tag(struct root *root)
{
	free(root->reason);
	root->reason = strdup(fs_mount_get_reason(root->mount));
	log_warn("%s, trying again as soon as there is another device", root_get_reason(root));
	await_another(root, root_get_reason(root));
	if (root->try_again)
		root_tag_appeared(root, root->type, root->node);
}

static void lose_device(struct root *root)
{
	log_warn("the root device %s is gone, waiting for it to come back", root->node);
	root->device_lost = false;
	await_another(root, "its device is gone");
}

void root_device_removed(struct root *root, const char *node)
{
	if (!root->node || !str_equal(root->node, node))
		return;
	if (root->state == ROOT_PREPARING)
		lose_device(root);
	root->device_lost = root->state == ROOT_MOUNTING;
}

void root_begin_anew(struct root *root)
{
	free(TAKE_PTR(root->reason));
	root->device_lost = root->try_again = false;
	await_another(root, "it is done without");
}

static void on_mounted(struct root *root)
{
	const char *type = fs_mount_get_type(root->mount);

	log_info("mounted %s as %s", root->node, type);
	trace_event("mounted", root->node);
	set_state(root, ROOT_MOUNTED, type);
}

void root_step(struct root *root, bool is_held)
{
	if (root->state != ROOT_PREPARING && root->state != ROOT_MOUNTING)
		return;
	switch (fs_mount_step(root->mount, is_held)) {
	case FS_MOUNT_LOADING:
		return;
	case FS_MOUNT_CHECKING:
	case FS_MOUNT_MOUNTING:
		set_state(root, ROOT_MOUNTING, "its modules are settled");
		return;
	case FS_MOUNT_MOUNTED:
		on_mounted(root);
		return;
	case FS_MOUNT_FAILED:
		if (root->device_lost)
			lose_device(root);
		else if (root->is_tagged)
			await_tag(root);
		else
			fail(root, strdup(fs_mount_get_reason(root->mount)));
		return;
	}
}

static void on_search_reply(void *userdata, const struct worker_message *reply)
{
	struct root *root = userdata;

	root->search = NULL;
	if (reply->code < 0) {
		fail(root, strdup(worker_message_get(reply, 0)));
		return;
	}
	root->init = strdup(worker_message_get(reply, 0));
	if (!root->init) {
		fail(root, strdup("out of memory after mounting the root"));
		return;
	}
	log_info("the init of the root is %s", root->init);
	set_state(root, ROOT_READY, root->init);
}

static int submit_search(struct root *root)
{
	const char *init = root->config->init;
	struct worker_message request;
	int r;

	worker_message_init(&request, WORKER_FIND_INIT, 0);
	r = worker_message_add(&request, IMAGE_SYSROOT);
	if (r >= 0)
		r = worker_message_add(&request, init ? init : "");
	return r < 0 ? r
		     : pool_submit(root->context->pool, &request, POOL_PRIORITY_DEVICE,
				   SEARCH_TIMEOUT_USEC, on_search_reply, root, &root->search);
}

void root_find_init(struct root *root)
{
	int r = submit_search(root);

	if (r < 0)
		fail(root, str_format("cannot look for the init of the root: %s", strerror(-r)));
	else
		set_state(root, ROOT_SEARCHED, "all is mounted");
}

enum root_state root_get_state(const struct root *root)
{
	return root->state;
}

bool root_is_mounted(const struct root *root)
{
	return root->state == ROOT_MOUNTED || root->state == ROOT_SEARCHED ||
	       root->state == ROOT_READY;
}

bool root_cannot_be_mounted(const struct root *root)
{
	return root->state == ROOT_FAILED && fs_mount_get_state(root->mount) == FS_MOUNT_FAILED;
}

bool root_is_being_checked(const struct root *root)
{
	return root->state == ROOT_MOUNTING && fs_mount_get_state(root->mount) == FS_MOUNT_CHECKING;
}

const char *root_get_node(const struct root *root)
{
	return root->node;
}

const char *root_get_type(const struct root *root)
{
	return root->mount ? fs_mount_get_type(root->mount) : "";
}

bool root_has_failed_once(const struct root *root)
{
	return root->state == ROOT_AWAITED && root->reason;
}

const char *root_get_reason(const struct root *root)
{
	return root->reason ? root->reason : "out of memory";
}

const char *root_get_init(const struct root *root)
{
	return root->init;
}

void root_describe(const struct root *root, struct strbuf *buf)
{
	switch (root->state) {
	case ROOT_PREPARING:
	case ROOT_MOUNTING:
		fs_mount_describe(root->mount, buf);
		break;
	case ROOT_SEARCHED:
		strbuf_append(buf, "the real init to be found");
		break;
	case ROOT_AWAITED:
	case ROOT_MOUNTED:
	case ROOT_READY:
	case ROOT_FAILED:
		break;
	}
}
