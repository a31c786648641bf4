/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libkmod reads the files; for that it gets each by its path, as it would follow the links of
 * another root to places of this one. Its rules are copied once: going through all of them for each
 * module, and it makes a new string for each, is what takes time. A module may have several lines
 * of soft dependencies, and a line may be for a pattern.
 *
 * Blacklists do not matter here: they keep a module from being loaded by an alias, and it is for
 * boot to heed them. Nor do commands in the place of a module, which boot does not run.
 */
#include "image/modules/modprobe-rules.h"

#include <errno.h>
#include <fnmatch.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strmap.h"
#include "config/softdep.h"
#include "image/modules/kmod-weakdep.h"
#include "image/modules/modprobe-config.h"

#define WEAKDEP_SIZE_MAX (16 * 1024 * 1024)

struct rule {
	char *pattern;
	char *words; /* modules or aliases, separated by white space */
	bool is_weak;
	struct rule *next; /* of the same pattern */
};

struct modprobe_rules {
	struct strmap named; /* struct rule by the name of the module */
	struct vec patterns; /* struct rule */
	struct kmod_aliases aliases;
	struct vec strings; /* that the aliases point to */
};

static void free_rule(void *item)
{
	struct rule *rule = item;

	while (rule) {
		struct rule *next = rule->next;

		free(rule->pattern);
		free(rule->words);
		free(rule);
		rule = next;
	}
}

struct modprobe_rules *modprobe_rules_free(struct modprobe_rules *rules)
{
	if (rules) {
		strmap_done(&rules->named, free_rule);
		vec_done(&rules->patterns, free_rule);
		kmod_aliases_done(&rules->aliases);
		vec_done(&rules->strings, free);
		free(rules);
	}
	return NULL;
}

static void cleanup_rules(struct modprobe_rules **rules)
{
	(void)modprobe_rules_free(*rules);
}

/* What libkmod has to say helps whoever wants details. */
static void _printf_(6, 0) on_kmod_log(void *userdata, int priority, const char *file, int line,
				       const char *function, const char *format, va_list args)
{
	char text[LOG_MESSAGE_MAX];

	(void)vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	log_debug("libkmod: %s", text);
}

static int keep_rule(struct modprobe_rules *rules, struct rule *rule)
{
	struct rule *first;

	if (strpbrk(rule->pattern, "*?[\\"))
		return vec_push(&rules->patterns, rule);
	first = strmap_get(&rules->named, rule->pattern);
	if (!first)
		return strmap_set(&rules->named, rule->pattern, rule);
	while (first->next)
		first = first->next;
	first->next = rule;
	return 0;
}

static int add_rule(struct modprobe_rules *rules, const char *pattern, const char *words,
		    bool is_weak)
{
	struct rule *rule = calloc(1, sizeof(*rule));
	int r = -ENOMEM;

	if (!rule)
		return -ENOMEM;
	rule->pattern = strdup(pattern);
	rule->words = strdup(words);
	rule->is_weak = is_weak;
	if (rule->pattern && rule->words)
		r = keep_rule(rules, rule);
	if (r < 0)
		free_rule(rule);
	return r;
}

static int add_soft_rules(struct modprobe_rules *rules, const char *pattern, const char *text)
{
	_cleanup_softdep_ struct softdep softdep = { 0 };
	int r = softdep_parse(text, &softdep);

	if (r >= 0)
		r = add_rule(rules, pattern, softdep.pre, false);
	return r < 0 ? r : add_rule(rules, pattern, softdep.post, false);
}

static int add_weak_rule(void *userdata, const char *name, const char *words)
{
	return add_rule(userdata, name, words, true);
}

static int add_alias(struct modprobe_rules *rules, const char *pattern, const char *name)
{
	const char *const strings[] = { pattern, name };
	char *copies[ARRAY_SIZE(strings)];

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		copies[i] = strdup(strings[i]);
		if (!copies[i] || vec_push(&rules->strings, copies[i]) < 0) {
			free(copies[i]);
			return -ENOMEM;
		}
	}
	return kmod_aliases_add(&rules->aliases, copies[0], copies[1]);
}

static int copy_soft_rules(struct modprobe_rules *rules, struct kmod_ctx *ctx)
{
	struct kmod_config_iter *iter = kmod_config_get_softdeps(ctx);
	int r = iter ? 0 : -ENOMEM;

	while (r >= 0 && kmod_config_iter_next(iter)) {
		const char *text = kmod_config_iter_get_value(iter);

		r = text ? add_soft_rules(rules, kmod_config_iter_get_key(iter), text) : -ENOMEM;
	}
	kmod_config_iter_free_iter(iter);
	return r;
}

static int copy_aliases(struct modprobe_rules *rules, struct kmod_ctx *ctx)
{
	struct kmod_config_iter *iter = kmod_config_get_aliases(ctx);
	int r = iter ? 0 : -ENOMEM;

	while (r >= 0 && kmod_config_iter_next(iter))
		r = add_alias(rules, kmod_config_iter_get_key(iter),
			      kmod_config_iter_get_value(iter));
	kmod_config_iter_free_iter(iter);
	return r;
}

/* They are for programs that are hardly in the image, and boot takes them for a refusal. */
static void report_commands(struct kmod_ctx *ctx)
{
	struct kmod_config_iter *iter = kmod_config_get_install_commands(ctx);

	while (iter && kmod_config_iter_next(iter))
		log_debug("modprobe.d says to run \"%s\" instead of loading %s: boot does neither, "
			  "and the programs of the command are not in the image unless added",
			  kmod_config_iter_get_value(iter), kmod_config_iter_get_key(iter));
	if (iter)
		kmod_config_iter_free_iter(iter);
}

/* modules.softdep is read by itself. */
static int read_by_libkmod(struct modprobe_rules *rules, const char *modules_dir,
			   const char *const *files)
{
	struct kmod_ctx *ctx = kmod_new(modules_dir, files);
	int r;

	if (!ctx)
		return -ENOMEM;
	kmod_set_log_fn(ctx, on_kmod_log, NULL);
	report_commands(ctx);
	r = copy_soft_rules(rules, ctx);
	if (r >= 0)
		r = copy_aliases(rules, ctx);
	(void)kmod_unref(ctx);
	return r;
}

static int read_weak_rules(struct modprobe_rules *rules, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = file_read(path, WEAKDEP_SIZE_MAX, &text, &size);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return 0;
	return kmod_weakdep_parse(text, add_weak_rule, rules);
}

static int read_files(struct modprobe_rules *rules, const char *modules_dir,
		      const struct vec *files)
{
	_cleanup_free_ char *weakdep = str_format("%s/modules.weakdep", modules_dir);
	_cleanup_free_ const char **paths = calloc(files->n_items + 1, sizeof(*paths));
	const struct modprobe_config_file *file;
	size_t n_paths = 0;
	int r;

	if (!weakdep || !paths)
		return -ENOMEM;
	vec_for_each(file, files)
		if (file->error >= 0)
			paths[n_paths++] = file->host_path;
	r = read_by_libkmod(rules, modules_dir, paths);
	if (r >= 0)
		r = read_weak_rules(rules, weakdep);
	for (size_t i = 0; r >= 0 && i < n_paths; i++)
		r = read_weak_rules(rules, paths[i]);
	return r;
}

int modprobe_rules_new(const char *modules_dir, const struct sysroot *sysroot,
		       struct modprobe_rules **ret_rules)
{
	_cleanup_(cleanup_rules) struct modprobe_rules *rules = calloc(1, sizeof(*rules));
	struct vec files;
	int r;

	if (!rules)
		return -ENOMEM;
	r = modprobe_config_list(sysroot, &files);
	if (r < 0)
		return r;
	r = read_files(rules, modules_dir, &files);
	vec_done(&files, modprobe_config_file_free);
	if (r >= 0)
		*ret_rules = TAKE_PTR(rules);
	return r;
}

struct kmod_aliases *modprobe_rules_aliases(struct modprobe_rules *rules)
{
	return &rules->aliases;
}

static int visit_words(const struct rule *rule,
		       int (*visit)(void *userdata, const char *word, bool is_weak), void *userdata)
{
	_cleanup_free_ char *copy = strdup(rule->words);
	char *rest = copy, *word;
	int r = copy ? 0 : -ENOMEM;

	while (r >= 0 && (word = strsep(&rest, " \t\r")))
		if (*word)
			r = visit(userdata, word, rule->is_weak);
	return r;
}

int modprobe_rules_visit(const struct modprobe_rules *rules, const char *name,
			 int (*visit)(void *userdata, const char *word, bool is_weak),
			 void *userdata)
{
	const struct rule *rule = strmap_get(&rules->named, name);
	int r = 0;

	for (; r >= 0 && rule; rule = rule->next)
		r = visit_words(rule, visit, userdata);
	vec_for_each(rule, &rules->patterns) {
		if (r < 0)
			break;
		if (fnmatch(rule->pattern, name, 0) == 0)
			r = visit_words(rule, visit, userdata);
	}
	return r;
}
