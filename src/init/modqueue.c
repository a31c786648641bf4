/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The graph of modules. Nodes are made when an alias resolves to them or another node needs them;
 * they are never removed. An edge goes from what must come first to what waits for it:
 *
 *	BLOCKED --all edges settled--> LOADING --result--> LIVE or FAILED
 *	   \--a hard dependency failed--> FAILED
 *
 * LOADING means handed to the workers' queue, which keeps the order of priorities. An edge that
 * would close a circle is left out, so that every node gets its turn. While there are nodes that
 * are to come first, all others stay BLOCKED.
 */
#include "init/modqueue.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/macro.h"
#include "base/strmap.h"

enum module_state {
	MODULE_BLOCKED,
	MODULE_LOADING,
	MODULE_LIVE,
	MODULE_FAILED,
};

struct module {
	char *name;
	struct module_info info;
	enum module_state state;
	enum pool_priority priority;
	bool retried;
	bool is_first;            /* counted in n_first until it is settled */
	struct vec prerequisites; /* of struct module: to be settled before this one */
	struct vec dependents;    /* of struct module: those that wait for this one */
	struct vec hard;          /* of struct module: the prerequisites that must be live */
	char *reason;             /* of a failure */
	unsigned int search_mark; /* the last search that came by */
};

struct modqueue {
	const struct modqueue_ops *ops;
	void *userdata;
	struct strmap modules;     /* name → struct module */
	struct strmap aliases;     /* alias → struct vec of struct module */
	struct vec fresh;          /* of struct module: made by the request that is being served */
	size_t n_fresh_with_edges; /* of these: have their soft edges */
	struct vec held;           /* of struct module: ready, but others are to come first */
	size_t n_unsettled, n_first;
	unsigned int last_search;
	bool stopped;
};

static struct module *get_module(struct modqueue *queue, const char *name,
				 enum pool_priority priority);
static void advance(struct modqueue *queue, struct module *module);

static bool is_settled(const struct module *module)
{
	return module->state == MODULE_LIVE || module->state == MODULE_FAILED;
}

/* What a module is for, by where it stands below kernel/. */
static enum pool_priority priority_of_path(const char *path)
{
	static const struct {
		const char *directory;
		enum pool_priority priority;
	} directories[] = {
		/* Many a board's tables tell of a controller, and no root is on a floppy disk. */
		{ "/kernel/drivers/block/floppy.", POOL_PRIORITY_MODULE_OTHER },
		{ "/kernel/drivers/block/", POOL_PRIORITY_MODULE_STORAGE },
		{ "/kernel/drivers/nvme/", POOL_PRIORITY_MODULE_STORAGE },
		{ "/kernel/drivers/ata/", POOL_PRIORITY_MODULE_STORAGE },
		{ "/kernel/drivers/scsi/", POOL_PRIORITY_MODULE_STORAGE },
		{ "/kernel/drivers/virtio/", POOL_PRIORITY_MODULE_STORAGE },
		{ "/kernel/drivers/usb/host/", POOL_PRIORITY_MODULE_STORAGE },
		{ "/kernel/drivers/usb/storage/", POOL_PRIORITY_MODULE_STORAGE },
		{ "/kernel/drivers/mmc/", POOL_PRIORITY_MODULE_STORAGE },
		{ "/kernel/drivers/ufs/", POOL_PRIORITY_MODULE_STORAGE },
		{ "/kernel/drivers/message/fusion/", POOL_PRIORITY_MODULE_STORAGE },
		{ "/kernel/drivers/md/", POOL_PRIORITY_MODULE_STORAGE },
		{ "/kernel/drivers/nvdimm/", POOL_PRIORITY_MODULE_STORAGE },
		{ "/kernel/drivers/pci/controller/", POOL_PRIORITY_MODULE_STORAGE },
		{ "/kernel/drivers/hv/", POOL_PRIORITY_MODULE_STORAGE },
		{ "/kernel/drivers/hid/", POOL_PRIORITY_MODULE_INPUT },
		{ "/kernel/drivers/input/", POOL_PRIORITY_MODULE_INPUT },
		{ "/kernel/drivers/i2c/", POOL_PRIORITY_MODULE_INPUT },
		{ "/kernel/drivers/tty/", POOL_PRIORITY_MODULE_INPUT },
		{ "/kernel/drivers/char/virtio_console.", POOL_PRIORITY_MODULE_INPUT },
		{ "/kernel/drivers/usb/serial/", POOL_PRIORITY_MODULE_INPUT },
		{ "/kernel/fs/", POOL_PRIORITY_MODULE_FILESYSTEM },
		{ "/kernel/crypto/", POOL_PRIORITY_MODULE_FILESYSTEM },
		{ "/kernel/lib/", POOL_PRIORITY_MODULE_FILESYSTEM },
		{ "/kernel/arch/", POOL_PRIORITY_MODULE_FILESYSTEM },
		{ "/kernel/drivers/char/tpm/", POOL_PRIORITY_MODULE_FILESYSTEM },
	};

	for (size_t i = 0; path && i < ARRAY_SIZE(directories); i++)
		if (strstr(path, directories[i].directory))
			return directories[i].priority;
	return POOL_PRIORITY_MODULE_OTHER;
}

static void set_state(struct modqueue *queue, struct module *module, enum module_state state)
{
	bool was_settled = is_settled(module);

	module->state = state;
	if (was_settled || !is_settled(module))
		return;
	queue->n_unsettled--;
	if (module->is_first)
		queue->n_first--;
}

/* The reason of a failure is worth a copy, but not worth failing for. */
static void fail(struct modqueue *queue, struct module *module, const char *reason)
{
	free(module->reason);
	module->reason = strdup(reason);
	set_state(queue, module, MODULE_FAILED);
}

static void fail_for_dependency(struct modqueue *queue, struct module *module,
				const struct module *dependency)
{
	char reason[256];

	(void)snprintf(reason, sizeof(reason), "it needs %s: %s", dependency->name,
		       dependency->reason ? dependency->reason : "failed");
	fail(queue, module, reason);
}

/* Whether @module has to wait for @other, directly or not. */
static bool waits_for(struct modqueue *queue, struct module *module, const struct module *other)
{
	struct module *prerequisite;

	if (module == other)
		return true;
	if (is_settled(module) || module->search_mark == queue->last_search)
		return false;
	module->search_mark = queue->last_search;
	vec_for_each(prerequisite, &module->prerequisites) {
		if (waits_for(queue, prerequisite, other))
			return true;
	}
	return false;
}

/* Lets @module wait for @prerequisite unless that would be a circle. */
static int add_edge(struct modqueue *queue, struct module *module, struct module *prerequisite,
		    bool hard)
{
	int r;

	queue->last_search++;
	if (waits_for(queue, prerequisite, module)) {
		log_debug("module %s and %s wait for each other, not waiting", module->name,
			  prerequisite->name);
		return 0;
	}
	r = vec_push(&module->prerequisites, prerequisite);
	if (r >= 0)
		r = vec_push(&prerequisite->dependents, module);
	if (r >= 0 && hard)
		r = vec_push(&module->hard, prerequisite);
	return r;
}

static int add_edges(struct modqueue *queue, struct module *module, const struct vec *names,
		     bool hard)
{
	const char *name;
	int r;

	vec_for_each(name, names) {
		struct module *prerequisite = get_module(queue, name, module->priority);

		if (!prerequisite)
			return -ENOMEM;
		r = add_edge(queue, module, prerequisite, hard);
		if (r < 0)
			return r;
	}
	return 0;
}

static void free_module(void *item)
{
	struct module *module = item;

	free(module->name);
	free(module->reason);
	module_info_done(&module->info);
	vec_done(&module->prerequisites, NULL);
	vec_done(&module->dependents, NULL);
	vec_done(&module->hard, NULL);
	free(module);
}

static struct module *new_module(struct modqueue *queue, const char *name)
{
	struct module *module = calloc(1, sizeof(*module));
	int r = -ENOMEM;

	if (!module)
		return NULL;
	module->name = strdup(name);
	if (module->name)
		r = queue->ops->describe(queue->userdata, name, &module->info);
	if (r == -ENOMEM || strmap_set(&queue->modules, name, module) < 0) {
		free_module(module);
		return NULL;
	}
	if (r < 0)
		module->info.presence = MODULE_ABSENT;
	queue->n_unsettled++;
	return module;
}

/* Decides at once about modules that need no load. */
static bool settle_without_load(struct modqueue *queue, struct module *module)
{
	switch (module->info.presence) {
	case MODULE_BUILT_IN:
	case MODULE_LOADED:
		set_state(queue, module, MODULE_LIVE);
		return true;
	case MODULE_ABSENT:
		fail(queue, module, "not in this image");
		return true;
	case MODULE_DISABLED:
		fail(queue, module, "replaced by a command in modprobe.d, which is not run here");
		return true;
	case MODULE_PRESENT:
		return false;
	}
	return false;
}

/* Something that matters more wants @module, and with it what it waits for. */
static void raise_priority(struct module *module, enum pool_priority priority)
{
	struct module *prerequisite;

	if (module->state != MODULE_BLOCKED || module->priority <= priority)
		return;
	module->priority = priority;
	vec_for_each(prerequisite, &module->prerequisites)
		raise_priority(prerequisite, priority);
}

/* Finds or makes the node of @name, with all that it needs. NULL without memory. */
static struct module *get_module(struct modqueue *queue, const char *name,
				 enum pool_priority priority)
{
	struct module *module = strmap_get(&queue->modules, name);

	if (module) {
		raise_priority(module, priority);
		return module;
	}
	module = new_module(queue, name);
	if (!module)
		return NULL;
	module->priority = MIN(priority, priority_of_path(module->info.path));
	if (settle_without_load(queue, module))
		return module;
	if (vec_push(&queue->fresh, module) < 0 ||
	    add_edges(queue, module, &module->info.dependencies, true) < 0)
		fail(queue, module, strerror(ENOMEM));
	return module;
}

static void add_soft_edges(struct modqueue *queue, struct module *module)
{
	const char *after;

	if (add_edges(queue, module, &module->info.softdeps_pre, false) < 0)
		log_warn("no memory for all that should come before %s, not waiting for it",
			 module->name);
	vec_for_each(after, &module->info.softdeps_post) {
		struct module *later = get_module(queue, after, module->priority);

		if (!later || add_edge(queue, later, module, false) < 0)
			log_warn("no memory for %s, going on without it", after);
	}
}

/*
 * Soft edges come last, so that of a circle they are what is left out. They may bring further
 * nodes, hence by index.
 */
static void add_fresh_soft_edges(struct modqueue *queue)
{
	for (; queue->n_fresh_with_edges < queue->fresh.n_items; queue->n_fresh_with_edges++)
		add_soft_edges(queue, queue->fresh.items[queue->n_fresh_with_edges]);
}

/* Starts what is ready among the new nodes, now that all their edges are there. */
static void advance_fresh(struct modqueue *queue)
{
	struct module *module;
	struct vec fresh;

	add_fresh_soft_edges(queue);
	fresh = queue->fresh;
	queue->n_fresh_with_edges = 0;
	queue->fresh = (struct vec){ 0 };
	vec_for_each(module, &fresh) {
		advance(queue, module);
	}
	vec_done(&fresh, NULL);
}

/* What waited for @module may be ready now, or lost. */
static void notify_dependents(struct modqueue *queue, struct module *module)
{
	/* By index: loading may end at once and add modules meanwhile. */
	for (size_t i = 0; i < module->dependents.n_items; i++)
		advance(queue, module->dependents.items[i]);
}

/* Moves a blocked module on if what it waits for is settled. */
static void advance(struct modqueue *queue, struct module *module)
{
	struct module *prerequisite;
	int r;

	if (module->state != MODULE_BLOCKED || queue->stopped)
		return;
	vec_for_each(prerequisite, &module->hard) {
		if (prerequisite->state != MODULE_FAILED)
			continue;
		fail_for_dependency(queue, module, prerequisite);
		notify_dependents(queue, module);
		return;
	}
	vec_for_each(prerequisite, &module->prerequisites) {
		if (!is_settled(prerequisite))
			return;
	}
	if (queue->n_first > 0 && !module->is_first && vec_push(&queue->held, module) >= 0)
		return;
	set_state(queue, module, MODULE_LOADING);
	r = queue->ops->load(queue->userdata, module->name, &module->info, module->priority);
	if (r < 0)
		modqueue_loaded(queue, module->name, r);
}

/* What was held goes on when the last of those that come first is settled. */
static void release_held(struct modqueue *queue)
{
	struct vec held = queue->held;
	struct module *module;

	if (queue->n_first > 0)
		return;
	queue->held = (struct vec){ 0 };
	vec_for_each(module, &held)
		advance(queue, module);
	vec_done(&held, NULL);
}

int modqueue_new(const struct modqueue_ops *ops, void *userdata, struct modqueue **ret_queue)
{
	struct modqueue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return -ENOMEM;
	queue->ops = ops;
	queue->userdata = userdata;
	*ret_queue = queue;
	return 0;
}

static void free_alias(void *item)
{
	struct vec *modules = item;

	vec_done(modules, NULL);
	free(modules);
}

struct modqueue *modqueue_free(struct modqueue *queue)
{
	if (queue) {
		strmap_done(&queue->aliases, free_alias);
		strmap_done(&queue->modules, free_module);
		vec_done(&queue->fresh, NULL);
		vec_done(&queue->held, NULL);
		free(queue);
	}
	return NULL;
}

/* Makes the nodes of @names; those without memory are missing, and that was logged. */
static void collect_modules(struct modqueue *queue, const struct vec *names, struct vec *modules)
{
	const char *name;

	vec_for_each(name, names) {
		struct module *module = get_module(queue, name, POOL_PRIORITY_MODULE_OTHER);

		if (!module || vec_push(modules, module) < 0)
			log_warn("no memory for module %s, going on without it", name);
	}
}

/* Resolves @alias into nodes, which are not started yet. NULL if there is no memory. */
static const struct vec *add_alias(struct modqueue *queue, const char *alias)
{
	struct vec names = { 0 }, *modules = calloc(1, sizeof(*modules));
	int r;

	r = modules ? strmap_set(&queue->aliases, alias, modules) : -ENOMEM;
	if (r < 0) {
		log_warn_errno(r, "cannot look up the driver for %s, going on without it", alias);
		free(modules);
		return NULL;
	}
	r = queue->ops->resolve(queue->userdata, alias, &names);
	if (r < 0)
		log_warn_errno(r, "cannot look up the driver for %s, going on without it", alias);
	collect_modules(queue, &names, modules);
	vec_done(&names, free);
	return modules;
}

void modqueue_request(struct modqueue *queue, const char *alias)
{
	if (queue->stopped || strmap_get(&queue->aliases, alias))
		return;
	(void)add_alias(queue, alias);
	advance_fresh(queue);
}

static void mark_first(struct modqueue *queue, struct module *module)
{
	struct module *prerequisite;

	if (module->is_first || is_settled(module))
		return;
	module->is_first = true;
	queue->n_first++;
	vec_for_each(prerequisite, &module->prerequisites)
		mark_first(queue, prerequisite);
}

void modqueue_request_first(struct modqueue *queue, const char *alias)
{
	const struct vec *modules = strmap_get(&queue->aliases, alias);
	struct module *module;

	if (queue->stopped)
		return;
	if (!modules)
		modules = add_alias(queue, alias);
	add_fresh_soft_edges(queue);
	if (modules)
		vec_for_each(module, modules)
			mark_first(queue, module);
	advance_fresh(queue);
	release_held(queue);
}

/* How much a failed load deserves to be noticed, as systemd's modules-load grades it. */
static int level_of_failure(int result)
{
	/* Several drivers offer themselves for an alias, and most find no hardware of theirs. */
	return result == -ENODEV || result == -EEXIST ? LOG_DEBUG : LOG_WARNING;
}

void modqueue_loaded(struct modqueue *queue, const char *name, int result)
{
	struct module *module = strmap_get(&queue->modules, name);

	if (!module || module->state != MODULE_LOADING)
		return;
	if (result == -EBUSY && !module->retried && !queue->stopped) {
		/* Another load of it has just failed, or it is going away. */
		module->retried = true;
		set_state(queue, module, MODULE_BLOCKED);
		advance(queue, module);
		return;
	}
	if (result >= 0 || result == -EEXIST) {
		set_state(queue, module, MODULE_LIVE);
	} else {
		(void)log_message_errno(level_of_failure(result), result,
					"cannot load module %s, going on without it", name);
		fail(queue, module, strerror(-result));
	}
	notify_dependents(queue, module);
	release_held(queue);
}

bool modqueue_is_settled(const struct modqueue *queue, const char *alias)
{
	const struct vec *modules = strmap_get(&queue->aliases, alias);
	const struct module *module;

	if (!modules || queue->stopped)
		return true;
	vec_for_each(module, modules) {
		if (!is_settled(module))
			return false;
	}
	return true;
}

bool modqueue_is_idle(const struct modqueue *queue)
{
	return queue->n_unsettled == 0;
}

void modqueue_stop(struct modqueue *queue)
{
	queue->stopped = true;
}

void modqueue_for_each_failed(const struct modqueue *queue, modqueue_failed_cb visit,
			      void *userdata)
{
	const struct strmap_entry *entry;

	strmap_for_each(entry, &queue->modules) {
		const struct module *module = entry->value;

		if (module->state == MODULE_FAILED)
			visit(userdata, module->name, module->priority,
			      module->reason ? module->reason : "");
	}
}
