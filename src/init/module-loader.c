/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/module-loader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/list.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/strmap.h"
#include "config/module-list.h"
#include "init/modalias.h"
#include "init/modqueue.h"
#include "init/pool.h"
#include "init/trace.h"
#include "kindling/image-layout.h"

#define MISSING_BYTES_MAX (64 << 10)

struct module_loader {
	struct pool *pool;
	struct modalias *modalias;
	struct modqueue *queue;
	struct list loads;
	struct strmap wishes; /* name → struct wish */
	struct strmap
		forbidden; /* names that devices want and a blacklist has; the values say nothing */
};

/* A module that somebody asks for by its name. */
struct wish {
	struct module_entry *entry;
	char *after; /* the module before it, in a list without indexes; or NULL */
};

/* One load, from the moment it is ready. */
struct load {
	struct module_loader *loader;
	struct list link;
	char *name;
	uint64_t ready_usec;
	struct pool_job *job;
};

/* For the last screen; that one may be missing there is no reason to go without a driver. */
static void note_forbidden(struct module_loader *loader, const struct vec *names)
{
	const char *name;

	vec_for_each(name, names) {
		if (strmap_set(&loader->forbidden, name, loader) < 0)
			log_warn("no memory to note that module %s is on a blacklist", name);
	}
}

static int resolve_allowed(struct module_loader *loader, const char *alias, struct vec *ret_names)
{
	struct vec forbidden = { 0 };
	int r = modalias_resolve(loader->modalias, alias, ret_names, &forbidden);

	note_forbidden(loader, &forbidden);
	vec_done(&forbidden, free);
	return r;
}

static int resolve(void *userdata, const char *alias, struct vec *ret_names)
{
	struct module_loader *loader = userdata;
	const struct wish *wish = strmap_get(&loader->wishes, alias);
	int r;

	if (!wish)
		return resolve_allowed(loader, alias, ret_names);
	r = modalias_resolve_named(loader->modalias, alias, ret_names);
	if (r < 0 || ret_names->n_items > 0)
		return r;
	if (wish->entry->path)
		return vec_push_copy(ret_names, wish->entry->name);
	log_warn("there is no module %s for this kernel in the image, going on without it", alias);
	return 0;
}

/* Adds to @info what the wish says; the indexes know better where a file is and what it needs. */
static int apply_wish(const struct wish *wish, struct module_info *info)
{
	const char *options = info->options ? info->options : "";
	char *both = str_format("%s%s%s", options, *options ? " " : "", wish->entry->options);

	if (!both)
		return -ENOMEM;
	free(info->options);
	info->options = both;
	if (info->presence != MODULE_ABSENT || !wish->entry->path)
		return 0;
	free(info->path);
	info->path = strdup(wish->entry->path);
	if (!info->path)
		return -ENOMEM;
	if (access(info->path, R_OK) == 0)
		info->presence = MODULE_PRESENT;
	return wish->after ? vec_push_copy(&info->softdeps_pre, wish->after) : 0;
}

static int describe(void *userdata, const char *name, struct module_info *ret_info)
{
	struct module_loader *loader = userdata;
	const struct wish *wish = strmap_get(&loader->wishes, name);
	int r = modalias_describe(loader->modalias, name, ret_info);

	if (!wish || r == -ENOMEM)
		return r;
	if (r < 0)
		*ret_info = (struct module_info){ .presence = MODULE_ABSENT };
	r = apply_wish(wish, ret_info);
	if (r < 0)
		module_info_done(ret_info);
	return r;
}

static void free_load(struct load *load)
{
	list_remove(&load->link);
	free(load->name);
	free(load);
}

static void on_loaded(void *userdata, const struct worker_message *reply)
{
	struct load *load = userdata;

	trace_span("module", load->name, load->ready_usec, reply->code);
	log_debug("module %s: %s after %u ms", load->name,
		  reply->code < 0 ? strerror(-reply->code) : "loaded",
		  (unsigned int)((clock_now_usec() - load->ready_usec) / USEC_PER_MSEC));
	modqueue_loaded(load->loader->queue, load->name, reply->code);
	free_load(load);
}

static int start_load(void *userdata, const char *name, const struct module_info *info,
		      enum pool_priority priority)
{
	struct module_loader *loader = userdata;
	struct worker_message request;
	struct load *load;
	int r;

	worker_message_init(&request, WORKER_LOAD_MODULE, 0);
	r = worker_message_add(&request, info->path);
	if (r >= 0)
		r = worker_message_add(&request, info->options);
	if (r < 0)
		return r;
	load = calloc(1, sizeof(*load));
	if (!load)
		return -ENOMEM;
	list_append(&loader->loads, &load->link);
	load->loader = loader;
	load->ready_usec = clock_now_usec();
	load->name = strdup(name);
	r = load->name ? pool_submit(loader->pool, &request, priority, USEC_INFINITY, on_loaded,
				     load, &load->job)
		       : -ENOMEM;
	if (r < 0)
		free_load(load);
	return r;
}

int module_loader_new(struct pool *pool, struct module_loader **ret_loader)
{
	static const struct modqueue_ops ops = {
		.resolve = resolve,
		.describe = describe,
		.load = start_load,
	};
	struct module_loader *loader = calloc(1, sizeof(*loader));
	int r;

	if (!loader)
		return -ENOMEM;
	loader->pool = pool;
	list_init(&loader->loads);
	r = modalias_new(&loader->modalias);
	if (r >= 0)
		r = modqueue_new(&ops, loader, &loader->queue);
	if (r < 0) {
		module_loader_free(loader);
		return r;
	}
	*ret_loader = loader;
	return 0;
}

static void free_wish(void *item)
{
	struct wish *wish = item;

	module_entry_free(wish->entry);
	free(wish->after);
	free(wish);
}

int module_loader_add_wish(struct module_loader *loader, struct module_entry *entry,
			   const char *after)
{
	struct wish *wish = calloc(1, sizeof(*wish)),
		    *old = strmap_get(&loader->wishes, entry->name);

	if (!wish) {
		module_entry_free(entry);
		return -ENOMEM;
	}
	wish->entry = entry;
	wish->after = after ? strdup(after) : NULL;
	if ((after && !wish->after) || strmap_set(&loader->wishes, entry->name, wish) < 0) {
		free_wish(wish);
		return -ENOMEM;
	}
	if (old)
		free_wish(old);
	return 0;
}

struct module_loader *module_loader_free(struct module_loader *loader)
{
	if (loader) {
		if (loader->queue)
			module_loader_stop(loader);
		loader->queue = modqueue_free(loader->queue);
		loader->modalias = modalias_free(loader->modalias);
		strmap_done(&loader->wishes, free_wish);
		strmap_done(&loader->forbidden, NULL);
		free(loader);
	}
	return NULL;
}

void module_loader_request(struct module_loader *loader, const char *alias)
{
	modqueue_request(loader->queue, alias);
}

void module_loader_request_first(struct module_loader *loader, const char *alias)
{
	modqueue_request_first(loader->queue, alias);
}

bool module_loader_is_settled(const struct module_loader *loader, const char *alias)
{
	return modqueue_is_settled(loader->queue, alias);
}

bool module_loader_is_idle(const struct module_loader *loader)
{
	return modqueue_is_idle(loader->queue);
}

void module_loader_stop(struct module_loader *loader)
{
	struct load *load, *following;

	modqueue_stop(loader->queue);
	list_for_each_safe(load, following, &loader->loads, link) {
		pool_cancel(load->job);
		free_load(load);
	}
}

struct description {
	struct strbuf *lines;
	struct strbuf others; /* what no disk or keyboard hangs on, in one line */
};

static void describe_failed(void *userdata, const char *name, enum pool_priority priority,
			    const char *reason)
{
	struct description *description = userdata;

	if (priority != POOL_PRIORITY_MODULE_OTHER)
		strbuf_printf(description->lines, "  %s: %s\n", name, reason);
	else
		strbuf_printf(&description->others, "%s%s",
			      description->others.size > 0 ? ", " : "", name);
}

static bool is_live(const struct module_loader *loader, const char *name)
{
	struct module_info info;
	bool is_live;

	if (modalias_describe(loader->modalias, name, &info) < 0)
		return false;
	is_live = info.presence == MODULE_LOADED || info.presence == MODULE_BUILT_IN;
	module_info_done(&info);
	return is_live;
}

/* Whether one of @list, as the user wrote them, is @name. */
static bool has_module(const struct vec *list, const char *name)
{
	const char *text;

	vec_for_each(text, list) {
		struct module_entry *entry = module_entry_new(text, "");
		bool is_same = entry && str_equal(entry->name, name);

		if (entry)
			module_entry_free(entry);
		if (is_same)
			return true;
	}
	return false;
}

/* Somebody may have loaded it all the same, by its name. */
static void describe_forbidden(const struct module_loader *loader, const struct vec *blacklist,
			       struct strbuf *buf)
{
	const struct strmap_entry *entry;

	strmap_for_each(entry, &loader->forbidden) {
		if (!is_live(loader, entry->key))
			strbuf_printf(buf, "  %s: a device wants it, but %s forbids it\n",
				      entry->key,
				      has_module(blacklist, entry->key)
					      ? "rd.driver.blacklist="
					      : "modprobe.d in this image");
	}
}

void module_loader_describe(const struct module_loader *loader, const struct vec *blacklist,
			    struct strbuf *buf)
{
	_cleanup_free_ char *missing = NULL;
	struct description description = { .lines = buf };
	struct strmap told = { 0 };
	char *next, *name;

	describe_forbidden(loader, blacklist, buf);
	modqueue_for_each_failed(loader->queue, describe_failed, &description);
	if (description.others.size > 0)
		strbuf_printf(buf, "  and, hardly for a disk: %s\n",
			      strbuf_string(&description.others));
	strbuf_done(&description.others);
	/* Those that the kernel itself asked for, by way of /sbin/modprobe, each time it did. */
	if (file_read(RUN_MISSING_MODULES, MISSING_BYTES_MAX, &missing, NULL) < 0)
		return;
	next = missing;
	while ((name = strsep(&next, "\n"))) {
		if (!*name || strmap_get(&told, name))
			continue;
		strbuf_printf(buf, "  %s: not in this image\n", name);
		(void)strmap_set(&told, name, name);
	}
	strmap_done(&told, NULL);
}
