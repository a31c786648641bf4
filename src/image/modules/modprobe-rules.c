/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules are kept by the module that they are for, if that is one and not a pattern. A module
 * may have several.
 *
 * Blacklists do not matter here: they keep a module from being loaded by an alias, and it is for
 * boot to heed them. Nor do commands in the place of a module, which boot does not run.
 */
#include "image/modules/modprobe-rules.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strmap.h"
#include "image/modules/modprobe-config.h"
#include "image/modules/modprobe-lines.h"

#define FILE_SIZE_MAX (16 * 1024 * 1024)

struct rule {
	char *pattern;
	char *words; /* as they stand in the line */
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

static int on_alias(struct modprobe_rules *rules, const struct modprobe_line *line)
{
	char *rest = line->rest, *name = modprobe_lines_next_word(&rest);

	return name && kmod_alias_normalise(name) >= 0 ? add_alias(rules, line->name, name) : 0;
}

static int on_line(void *userdata, const struct modprobe_line *line)
{
	struct modprobe_rules *rules = userdata;

	if (str_equal(line->command, "alias"))
		return on_alias(rules, line);
	if (str_equal(line->command, "softdep"))
		return add_rule(rules, line->name, line->rest, false);
	if (str_equal(line->command, "weakdep"))
		return add_rule(rules, line->name, line->rest, true);
	/* They are for programs that are hardly in the image, and boot takes them for a refusal. */
	if (str_equal(line->command, "install"))
		log_debug("modprobe.d says to run \"%s\" instead of loading %s: boot does neither, "
			  "and the programs of the command are not in the image unless added",
			  line->rest, line->name);
	return 0;
}

/* What depmod(8) made, unlike what people write, has nothing but whole lines. */
static int check_table(const char *path, const char *text, size_t size)
{
	if (size == 0 || (text[size - 1] == '\n' && !memchr(text, '\0', size)))
		return 0;
	log_err("%s is damaged: it is cut off or has a zero byte; run depmod for this kernel and "
		"try "
		"again",
		path);
	return -EBADMSG;
}

static int read_file(struct modprobe_rules *rules, const char *path, bool is_table)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = file_read(path, FILE_SIZE_MAX, &text, &size);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (is_table)
		r = check_table(path, text, size);
	return r < 0 ? r : modprobe_lines_parse(path, text, on_line, rules);
}

static int read_files(struct modprobe_rules *rules, const char *modules_dir,
		      const struct vec *files)
{
	static const char *const tables[] = { "modules.softdep", "modules.weakdep" };
	const struct modprobe_config_file *file;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(tables); i++) {
		_cleanup_free_ char *path = str_format("%s/%s", modules_dir, tables[i]);

		r = path ? read_file(rules, path, true) : -ENOMEM;
	}
	vec_for_each(file, files) {
		if (r >= 0 && file->error >= 0)
			r = read_file(rules, file->host_path, false);
	}
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

/* "pre: a b post: c", or just the words if it is weak. */
static int visit_words(const struct rule *rule,
		       int (*visit)(void *userdata, const char *word, bool is_weak), void *userdata)
{
	_cleanup_free_ char *copy = strdup(rule->words);
	bool is_counted = rule->is_weak;
	char *rest = copy, *word;
	int r = copy ? 0 : -ENOMEM;

	while (r >= 0 && (word = modprobe_lines_next_word(&rest))) {
		if (!rule->is_weak && (str_equal(word, "pre:") || str_equal(word, "post:")))
			is_counted = true;
		else if (is_counted)
			r = visit(userdata, word, rule->is_weak);
	}
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

bool modprobe_rules_have(const struct modprobe_rules *rules, const char *name, const char *wanted)
{
	const struct rule *rule = strmap_get(&rules->named, name);
	const char *words = strchr(wanted, '=') + 1;
	bool is_weak = str_after_prefix(wanted, "weakdep=");

	words += strspn(words, " ");
	if (!*words)
		return true;
	while (rule && (rule->is_weak != is_weak || !str_equal(rule->words, words)))
		rule = rule->next;
	return rule;
}
