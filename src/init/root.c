/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts the root. The mount runs in a worker, because a journal may have to be replayed from a
 * slow disk; the worker also looks for the real init, so that ROOT_MOUNTED means ready to go.
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
#include "init/module-loader.h"
#include "init/pool.h"
#include "init/trace.h"
#include "kindling/image-layout.h"

#define MOUNT_TIMEOUT_USEC \
	(600 * USEC_PER_SEC) /* a journal of a slow disk may have to be replayed */

struct root {
	struct pool *pool;
	struct module_loader *modules;
	const struct boot_config *config;
	enum root_state state;
	char *node;  /* NULL until a device appeared */
	char *types; /* what to mount it as: one or more, separated by commas */
	char *reason, *init;
	bool is_read_only;
	bool device_lost; /* while mounting */
	bool is_tagged;   /* no device, but the name of a file system that may come later */
	bool try_again;   /* it may have come while mounting */
	uint64_t mount_started_usec;
};

static void set_state(struct root *root, enum root_state state, const char *why)
{
	static const char *const names[] = { "awaited", "preparing", "mounting", "mounted",
					     "failed" };

	log_debug("root: %s -> %s: %s", names[root->state], names[state], why);
	root->state = state;
}

static void fail(struct root *root, const char *reason)
{
	log_err("%s", reason);
	free(root->reason);
	root->reason = strdup(reason);
	set_state(root, ROOT_FAILED, reason);
}

int root_new(struct pool *pool, struct module_loader *modules, const struct boot_config *config,
	     struct root **ret_root)
{
	struct root *root = calloc(1, sizeof(*root));

	if (!root)
		return -ENOMEM;
	root->pool = pool;
	root->modules = modules;
	root->config = config;
	*ret_root = root;
	return 0;
}

struct root *root_free(struct root *root)
{
	if (root) {
		free(root->node);
		free(root->types);
		free(root->reason);
		free(root->init);
		free(root);
	}
	return NULL;
}

/* The next of the root's file systems, as the kernel's alias for its module; or false. */
static bool next_alias(const char **types, char *ret_alias, size_t size)
{
	const char *type;
	size_t length;

	while ((type = str_next_item(types, &length))) {
		(void)snprintf(ret_alias, size, "fs-%.*s", (int)length, type);
		if (!str_equal(ret_alias, "fs-auto"))
			return true;
	}
	return false;
}

static void request_modules(const struct root *root)
{
	const char *types = root->types;
	char alias[64];

	while (next_alias(&types, alias, sizeof(alias)))
		module_loader_request(root->modules, alias);
}

static bool modules_are_settled(const struct root *root)
{
	const char *types = root->types;
	char alias[64];

	while (next_alias(&types, alias, sizeof(alias)))
		if (!module_loader_is_settled(root->modules, alias))
			return false;
	return true;
}

/* What is tried: rootfstype=, in which "auto" is what was found and then all that there is. */
static char *list_types(const char *wanted, const char *found)
{
	_cleanup_strbuf_ struct strbuf types = { 0 };
	const char *item;
	size_t size;

	if (!wanted)
		return strdup(*found ? found : "auto");
	while ((item = str_next_item(&wanted, &size))) {
		if (size == strlen("auto") && strncmp(item, "auto", size) == 0 && *found)
			strbuf_printf(&types, "%s%s", types.size ? "," : "", found);
		strbuf_append(&types, types.size ? "," : "");
		strbuf_append_bytes(&types, item, size);
	}
	return strbuf_steal(&types);
}

/* Takes over @types. */
static void prepare(struct root *root, const char *source, char *types)
{
	char *node = strdup(source);

	free(root->node);
	free(root->types);
	root->node = node;
	root->types = types;
	if (!node || !types) {
		log_warn("no memory to mount the root, waiting for it to appear again");
		set_state(root, ROOT_AWAITED, "no memory");
		return;
	}
	trace_event("root-seen", node);
	request_modules(root);
	set_state(root, ROOT_PREPARING, node);
}

static bool is_undecided(const struct root *root)
{
	return root->state == ROOT_AWAITED || root->state == ROOT_PREPARING;
}

void root_device_appeared(struct root *root, const char *node, const char *type, bool is_read_only)
{
	char *types;

	if (!is_undecided(root))
		return;
	types = list_types(root->config->rootfstype, type);
	root->is_read_only = is_read_only;
	if (root->state == ROOT_PREPARING && types && str_equal(root->node, node) &&
	    str_equal(root->types, types)) {
		free(types);
		return;
	}
	prepare(root, node, types);
}

void root_device_withdrawn(struct root *root)
{
	if (root->state == ROOT_PREPARING)
		set_state(root, ROOT_AWAITED, "it is not the root, or not the only one");
}

void root_tag_appeared(struct root *root, const char *type, const char *tag)
{
	root->is_tagged = true;
	root->try_again = root->state == ROOT_MOUNTING;
	if (root->state == ROOT_AWAITED)
		prepare(root, tag, strdup(type));
}

static void await_device(struct root *root)
{
	log_warn("the root device %s is gone, waiting for it to come back", root->node);
	set_state(root, ROOT_AWAITED, "its device is gone");
}

void root_device_removed(struct root *root, const char *node)
{
	if (!root->node || strcmp(root->node, node) != 0)
		return;
	if (root->state == ROOT_PREPARING)
		await_device(root);
	root->device_lost = root->state == ROOT_MOUNTING;
}

/* The device of a tag may come later, and the kernel does not tell that from anything else. */
static void await_tag(struct root *root, const char *reason)
{
	log_warn("%s, trying again as soon as there is another device", reason);
	free(root->reason);
	root->reason = strdup(reason);
	set_state(root, ROOT_AWAITED, reason);
	if (root->try_again)
		root_tag_appeared(root, root->types, root->node);
}

static void on_mount_reply(void *userdata, const struct worker_message *reply)
{
	struct root *root = userdata;

	trace_span("mount", root->node, root->mount_started_usec, reply->code);
	if (reply->code < 0 && root->device_lost) {
		root->device_lost = false;
		await_device(root);
		return;
	}
	if (reply->code < 0 && root->is_tagged) {
		await_tag(root, worker_message_get(reply, 0));
		return;
	}
	if (reply->code < 0) {
		fail(root, worker_message_get(reply, 0));
		return;
	}
	root->init = strdup(worker_message_get(reply, 1));
	if (!root->init) {
		fail(root, "out of memory after mounting the root");
		return;
	}
	if ((reply->number & MS_RDONLY) && root->config->root_writable && !root->is_read_only)
		log_warn("%s can only be mounted read-only, so it is, in spite of rw", root->node);
	log_info("mounted %s as %s, its init is %s", root->node, worker_message_get(reply, 0),
		 root->init);
	trace_event("mounted", root->node);
	set_state(root, ROOT_MOUNTED, worker_message_get(reply, 0));
}

static int fill_request(const struct root *root, struct worker_message *request)
{
	const struct boot_config *config = root->config;
	bool is_9p = str_equal(root->types, "9p");
	_cleanup_free_ char *flags = str_format("%s%s", is_9p ? "trans=virtio," : "",
						config->rootflags ? config->rootflags : "");
	struct mount_options options;
	int r;

	if (!flags)
		return -ENOMEM;
	r = mount_options_parse(flags, config->root_writable ? 0 : MS_RDONLY, &options);
	if (r < 0)
		return r;
	if (root->is_read_only)
		options.flags |= MS_RDONLY;
	worker_message_init(request, WORKER_MOUNT, options.flags);
	const char *const strings[] = {
		root->node,
		IMAGE_SYSROOT,
		root->types,
		options.data,
		config->init ? config->init : "",
	};
	for (size_t i = 0; i < ARRAY_SIZE(strings) && r >= 0; i++)
		r = worker_message_add(request, strings[i]);
	mount_options_done(&options);
	return r;
}

void root_step(struct root *root, bool is_held)
{
	struct worker_message request;
	int r;

	if (root->state != ROOT_PREPARING || is_held || !modules_are_settled(root))
		return;
	r = fill_request(root, &request);
	if (r >= 0)
		r = pool_submit(root->pool, &request, POOL_PRIORITY_DEVICE, MOUNT_TIMEOUT_USEC,
				on_mount_reply, root, NULL);
	if (r < 0) {
		char reason[LOG_MESSAGE_MAX];

		(void)snprintf(reason, sizeof(reason), "cannot have %s mounted: %s", root->node,
			       strerror(-r));
		fail(root, reason);
		return;
	}
	root->mount_started_usec = clock_now_usec();
	set_state(root, ROOT_MOUNTING, "its modules are settled");
}

enum root_state root_get_state(const struct root *root)
{
	return root->state;
}

const char *root_get_node(const struct root *root)
{
	return root->node;
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
