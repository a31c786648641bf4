/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cache has one file for all modules of an image: a line for each, with its path, what tells
 * whether it is still the same file, and what it says, as it says it, all separated by tabs.
 */
#include "image/modules/module-facts.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "image/checksum.h"
#include "image/modules/module-info.h"

#define DEP_INDEX     "modules.dep.bin"
#define IDENTITY_SIZE 96
#define WORKERS_MAX   16

/* A module that is to be read, or has been. */
struct module {
	const char *path;
	char identity[IDENTITY_SIZE];
	struct module_info *info; /* NULL while unknown */
	int error;
};

/* What the threads share. */
struct reading {
	const char *modules_dir;
	char made_by[32]; /* for the cache: what was made of the indexes' directory */
	struct module *modules;
	size_t n_modules;
	atomic_size_t next;
};

static void info_free(void *item)
{
	struct module_info *info = item;

	if (info)
		module_info_done(info);
	free(info);
}

void module_facts_done(struct module_facts *facts)
{
	strmap_done(&facts->infos, info_free);
}

const struct module_info *module_facts_get(const struct module_facts *facts, const char *path)
{
	return strmap_get(&facts->infos, path);
}

static int identify(struct module *module)
{
	struct stat st;

	if (stat(module->path, &st) < 0)
		return -errno;
	(void)snprintf(module->identity, sizeof(module->identity), "%ju:%jd:%jd.%09ld",
		       (uintmax_t)st.st_ino, (intmax_t)st.st_size, (intmax_t)st.st_ctim.tv_sec,
		       st.st_ctim.tv_nsec);
	return 0;
}

/*
 * Firmware is for devices. In these directories there is nothing that has one, but a third of what
 * would have to be decompressed.
 */
static bool is_of_no_device(const char *modules_dir, const char *path)
{
	static const char *const directories[] = { "/kernel/crypto/", "/kernel/fs/",
						   "/kernel/lib/" };
	const char *below = str_after_prefix(path, modules_dir);

	for (size_t i = 0; below && i < ARRAY_SIZE(directories); i++)
		if (str_after_prefix(below, directories[i]))
			return true;
	return false;
}

static void read_module(const char *modules_dir, struct module *module)
{
	enum module_part part =
		is_of_no_device(modules_dir, module->path) ? MODULE_HEADER : MODULE_INFO;
	struct module_info *info = calloc(1, sizeof(*info));

	module->error = info ? module_info_read(module->path, part, info) : -ENOMEM;
	if (module->error < 0)
		free(info);
	else
		module->info = info;
}

static void *read_modules(void *userdata)
{
	struct reading *reading = userdata;
	size_t i;

	while ((i = atomic_fetch_add(&reading->next, (size_t)1)) < reading->n_modules) {
		struct module *module = &reading->modules[i];

		if (!module->info)
			read_module(reading->modules_dir, module);
	}
	return NULL;
}

/* This thread is one of them, so it does not matter if others cannot be had. */
static void read_in_parallel(struct reading *reading, unsigned int jobs)
{
	pthread_t threads[WORKERS_MAX];
	unsigned int n_threads = 0, n_wanted = MIN(jobs, WORKERS_MAX);

	while (n_threads + 1 < n_wanted &&
	       pthread_create(&threads[n_threads], NULL, read_modules, reading) == 0)
		n_threads++;
	(void)read_modules(reading);
	while (n_threads > 0)
		(void)pthread_join(threads[--n_threads], NULL);
}

/* From a line of the cache whose path has been cut off. NULL without memory. */
static struct module_info *parse_info(char *rest)
{
	struct module_info *info = calloc(1, sizeof(*info));
	const char *string;
	int r = 0;

	while (info && r >= 0 && (string = strsep(&rest, "\t")))
		r = module_info_add(info, string);
	if (r >= 0)
		return info;
	info_free(info);
	return NULL;
}

/* Fills in what is known already of the modules, which are found by their paths. */
static int recall(const struct strmap *by_path, char *lines)
{
	char *line;

	while ((line = strsep(&lines, "\n"))) {
		const char *path = strsep(&line, "\t"), *identity = strsep(&line, "\t");
		struct module *module = path ? strmap_get(by_path, path) : NULL;

		if (!module || !identity || module->info || !str_equal(identity, module->identity))
			continue;
		module->info = parse_info(line);
		if (!module->info)
			return -ENOMEM;
	}
	return 0;
}

static int recall_all(struct cache *cache, const struct stat *index, struct reading *reading)
{
	struct strmap by_path = { 0 };
	_cleanup_free_ char *lines = NULL;
	uint64_t checksum;
	size_t size;
	void *data;
	int r;

	r = cache_get(cache, index, reading->made_by, &data, &size, &checksum);
	if (r <= 0)
		return r;
	lines = strndup(data, size);
	free(data);
	if (!lines)
		return -ENOMEM;
	for (size_t i = 0; r >= 0 && i < reading->n_modules; i++)
		r = strmap_set(&by_path, reading->modules[i].path, &reading->modules[i]);
	if (r >= 0)
		r = recall(&by_path, lines);
	strmap_done(&by_path, NULL);
	return r;
}

static void remember_all(struct cache *cache, const struct stat *index,
			 const struct reading *reading)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	for (size_t i = 0; i < reading->n_modules; i++) {
		const struct module *module = &reading->modules[i];
		const char *name, *rule;

		strbuf_printf(&text, "%s\t%s", module->path, module->identity);
		vec_for_each(name, &module->info->firmware) {
			strbuf_printf(&text, "\tfirmware=%s", name);
		}
		vec_for_each(rule, &module->info->rules) {
			strbuf_printf(&text, "\t%s", rule);
		}
		strbuf_append(&text, "\n");
	}
	if (!text.failed)
		cache_put(cache, index, reading->made_by, strbuf_string(&text), text.size,
			  checksum_of(strbuf_string(&text), text.size));
}

static int log_failure(const struct module *module)
{
	if (module->error == -ENOMEM)
		return module->error;
	if (module->error != -EBADMSG && module->error != -ENOEXEC)
		return log_err_errno(module->error, "cannot read the module %s, giving up",
				     module->path);
	log_err("%s is damaged or no kernel module; install the kernel's package again, giving up",
		module->path);
	return module->error;
}

/* Reads what the cache did not have. */
static int read_missing(struct reading *reading, unsigned int jobs, bool *ret_was_missing)
{
	*ret_was_missing = false;
	for (size_t i = 0; i < reading->n_modules; i++)
		*ret_was_missing |= !reading->modules[i].info;
	if (*ret_was_missing)
		read_in_parallel(reading, jobs);
	for (size_t i = 0; i < reading->n_modules; i++)
		if (reading->modules[i].error < 0)
			return log_failure(&reading->modules[i]);
	return 0;
}

/* Images with other modules have their own. */
static void name_facts(struct reading *reading)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < reading->n_modules; i++) {
		const char *path = reading->modules[i].path;

		sum = checksum_after(sum, path, strlen(path));
	}
	(void)snprintf(reading->made_by, sizeof(reading->made_by), "modinfo-2-%016" PRIx64, sum);
}

static int read_all(struct reading *reading, struct cache *cache, unsigned int jobs)
{
	_cleanup_free_ char *index_path = str_format("%s/" DEP_INDEX, reading->modules_dir);
	bool has_index, was_missing;
	struct stat index;
	int r = 0;

	if (!index_path)
		return -ENOMEM;
	has_index = stat(index_path, &index) == 0;
	name_facts(reading);
	for (size_t i = 0; r >= 0 && i < reading->n_modules; i++) {
		reading->modules[i].error = identify(&reading->modules[i]);
		r = reading->modules[i].error < 0 ? log_failure(&reading->modules[i]) : 0;
	}
	if (r >= 0 && has_index)
		r = recall_all(cache, &index, reading);
	if (r >= 0)
		r = read_missing(reading, jobs, &was_missing);
	if (r >= 0 && has_index && was_missing)
		remember_all(cache, &index, reading);
	return r;
}

int module_facts_read(const char *modules_dir, const struct vec *paths, struct cache *cache,
		      unsigned int jobs, struct module_facts *ret_facts)
{
	struct reading reading = { .modules_dir = modules_dir, .n_modules = paths->n_items };
	int r;

	*ret_facts = (struct module_facts){ 0 };
	reading.modules = calloc(paths->n_items + 1, sizeof(*reading.modules));
	if (!reading.modules)
		return -ENOMEM;
	for (size_t i = 0; i < paths->n_items; i++)
		reading.modules[i].path = paths->items[i];
	r = read_all(&reading, cache, jobs);
	for (size_t i = 0; i < reading.n_modules; i++) {
		struct module *module = &reading.modules[i];

		if (r >= 0)
			r = strmap_set(&ret_facts->infos, module->path, module->info);
		if (r < 0)
			info_free(module->info);
	}
	free(reading.modules);
	return r;
}

int module_facts_read_closure(const char *modules_dir, const struct kmod_closure *closure,
			      struct cache *cache, unsigned int jobs,
			      struct module_facts *ret_facts)
{
	const struct kmod_closure_module *module;
	struct vec modules, paths = { 0 };
	int r;

	*ret_facts = (struct module_facts){ 0 };
	r = kmod_closure_list(closure, &modules);
	if (r < 0)
		return r;
	vec_for_each(module, &modules) {
		if (r >= 0 && module->host_path)
			r = vec_push(&paths, (void *)module->host_path);
	}
	if (r >= 0)
		r = module_facts_read(modules_dir, &paths, cache, jobs, ret_facts);
	vec_done(&paths, NULL);
	vec_done(&modules, NULL);
	return r;
}
