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
	bool device_lost; /* while mounting */
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
	size_t length;
	const char *type = str_next_item(types, &length);

	if (type)
		(void)snprintf(ret_alias, size, "fs-%.*s", (int)length, type);
	return type != NULL;
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

void root_device_appeared(struct root *root, const char *node, const char *type)
{
	const char *wanted = root->config->rootfstype;

	if (root->state != ROOT_AWAITED)
		return;
	free(root->node);
	free(root->types);
	root->node = strdup(node);
	root->types = strdup(wanted && strcmp(wanted, "auto") != 0 ? wanted : type);
	if (!root->node || !root->types) {
		log_warn("no memory to mount %s, waiting for it to appear again", node);
		return;
	}
	trace_event("root-seen", node);
	request_modules(root);
	set_state(root, ROOT_PREPARING, node);
}

void root_device_removed(struct root *root, const char *node)
{
	if (!root->node || strcmp(root->node, node) != 0)
		return;
	if (root->state == ROOT_PREPARING) {
		log_warn("the root device %s is gone, waiting for it to come back", node);
		set_state(root, ROOT_AWAITED, "its device is gone");
	}
	root->device_lost = root->state == ROOT_MOUNTING;
}

static void on_mount_reply(void *userdata, const struct worker_message *reply)
{
	struct root *root = userdata;

	trace_span("mount", root->node, root->mount_started_usec, reply->code);
	if (reply->code < 0 && root->device_lost) {
		log_warn("the root device %s is gone, waiting for it to come back", root->node);
		root->device_lost = false;
		set_state(root, ROOT_AWAITED, "its device is gone");
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
	log_info("mounted %s as %s, its init is %s", root->node, worker_message_get(reply, 0),
		 root->init);
	trace_event("mounted", root->node);
	set_state(root, ROOT_MOUNTED, worker_message_get(reply, 0));
}

static int fill_request(const struct root *root, struct worker_message *request)
{
	const struct boot_config *config = root->config;
	struct mount_options options;
	int r;

	r = mount_options_parse(config->rootflags ? config->rootflags : "",
				config->root_writable ? 0 : MS_RDONLY, &options);
	if (r < 0)
		return r;
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

void root_step(struct root *root)
{
	struct worker_message request;
	int r;

	if (root->state != ROOT_PREPARING || !modules_are_settled(root))
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

const char *root_get_reason(const struct root *root)
{
	return root->reason ? root->reason : "out of memory";
}

const char *root_get_init(const struct root *root)
{
	return root->init;
}
