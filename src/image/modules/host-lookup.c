/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The child writes what libkmod finds in the index of dependencies, a line "NAME PATH: PATH…" for
 * each module; then a line that is empty; then one for each need, "1" or "0" and the paths of
 * modules, with a tab before each of them and another one before those of each look-up. libkmod
 * itself follows dependencies only to files that exist, and here there are none.
 */
#include "image/modules/host-lookup.h"

#include <errno.h>
#include <libkmod.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/strmap.h"
#include "image/modules/host-modules.h"
#include "image/modules/kmod-child.h"

struct question {
	const char *modules_dir;
	const struct host *host;
};

/* In the child: the look-ups for one need. */
struct lookup {
	struct kmod_ctx *ctx;
	struct strbuf paths;
};

static void cleanup_list(struct kmod_list **list)
{
	(void)kmod_module_unref_list(*list);
}

/* Whether the module is there: as a file, or built into the kernel, and then it has no path. The
 * aliases of some that are absent are there all the same, so that /init can name them. */
static bool append_path(struct strbuf *paths, struct kmod_module *module)
{
	const char *path = kmod_module_get_path(module);

	if (path)
		strbuf_printf(paths, "\t%s", path);
	return path || kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN;
}

/* A host_try_cb. */
static int look_up(void *userdata, const char *name, const char *why)
{
	_cleanup_(cleanup_list) struct kmod_list *list = NULL;
	struct lookup *lookup = userdata;

	struct kmod_list *item;
	bool is_there = false;

	if (kmod_module_new_from_lookup(lookup->ctx, name, &list) < 0 || !list)
		return 0;
	strbuf_append(&lookup->paths, "\t");
	kmod_list_foreach(item, list)
	{
		struct kmod_module *module = kmod_module_get_module(item);

		is_there |= append_path(&lookup->paths, module);
		(void)kmod_module_unref(module);
	}
	return is_there;
}

static void ignore_message(void *userdata, int priority, const char *file, int line,
			   const char *function, const char *format, va_list args)
{
}

static enum kmod_child_result answer(const void *userdata, int fd)
{
	static const char *const no_config[] = { NULL };
	const struct question *question = userdata;
	struct lookup lookup = { .ctx = kmod_new(question->modules_dir, no_config) };
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const struct host_need *need;

	if (!lookup.ctx)
		return KMOD_CHILD_FAILED;
	kmod_set_log_fn(lookup.ctx, ignore_message, NULL);
	if (kmod_load_resources(lookup.ctx) < 0)
		return KMOD_CHILD_NOT_LOADED;
	if (kmod_dump_index(lookup.ctx, KMOD_INDEX_MODULES_DEP, fd) < 0)
		return KMOD_CHILD_FAILED;
	strbuf_append(&text, "\n");
	vec_for_each(need, &question->host->needs) {
		int r = host_need_meet(need, look_up, &lookup);

		strbuf_append(&text, r > 0 ? "1" : "0");
		strbuf_append(&text, strbuf_string(&lookup.paths));
		strbuf_append(&text, "\n");
		strbuf_done(&lookup.paths);
	}
	if (text.failed)
		return KMOD_CHILD_FAILED;
	return file_write_fd(fd, strbuf_string(&text), text.size) < 0 ? KMOD_CHILD_FAILED
								      : KMOD_CHILD_DONE;
}

static void choice_free(void *item)
{
	struct vec *choice = item;

	vec_done(choice, free);
	free(choice);
}

static void answer_free(void *item)
{
	struct host_answer *own = item;

	vec_done(&own->choices, choice_free);
	vec_done(&own->paths, free);
	free(own);
}

void host_answers_done(struct vec *answers)
{
	vec_done(answers, answer_free);
}

static int push_path(struct vec *paths, const char *modules_dir, const char *path)
{
	char *copy = path[0] == '/' ? strdup(path) : str_format("%s/%s", modules_dir, path);
	int r = copy ? vec_push(paths, copy) : -ENOMEM;

	if (r < 0)
		free(copy);
	return r;
}

/* @needs, "PATH PATH…", is what the module that was added last depends on. */
static int push_needs(struct vec *paths, const char *modules_dir, const char *needs)
{
	_cleanup_free_ char *copy = strdup(needs);
	char *rest = copy, *path;
	int r = copy ? 0 : -ENOMEM;

	while (r >= 0 && (path = strsep(&rest, " ")))
		r = *path ? push_path(paths, modules_dir, path) : 0;
	return r;
}

static int begin_choice(struct host_answer *answer)
{
	struct vec *choice = calloc(1, sizeof(*choice));
	int r = choice ? vec_push(&answer->choices, choice) : -ENOMEM;

	if (r < 0)
		free(choice);
	return r;
}

/* Adds @path, one more of the last choice, and what it depends on. */
static int push_module(struct host_answer *answer, const struct question *question,
		       const struct strmap *dependencies, const char *path)
{
	const char *relative = str_after_prefix(path, question->modules_dir);
	const char *needs = strmap_get(dependencies, relative ? relative + 1 : path);
	struct vec *choices = &answer->choices;
	int r;

	if (choices->n_items == 0)
		return -EBADMSG;
	r = push_path(choices->items[choices->n_items - 1], question->modules_dir, path);
	if (r >= 0)
		r = push_path(&answer->paths, question->modules_dir, path);
	return r >= 0 && needs ? push_needs(&answer->paths, question->modules_dir, needs) : r;
}

static int parse_answer(struct vec *answers, const struct question *question,
			const struct strmap *dependencies, char *line)
{
	struct host_answer *own = calloc(1, sizeof(*own));
	const char *path;
	int r;

	if (!own)
		return -ENOMEM;
	r = vec_push(answers, own);
	if (r < 0) {
		free(own);
		return r;
	}
	own->is_met = str_equal(strsep(&line, "\t"), "1");
	while (r >= 0 && (path = strsep(&line, "\t")))
		r = *path ? push_module(own, question, dependencies, path) : begin_choice(own);
	return r;
}

/* "NAME PATH: PATH…", as depmod(8) has it. */
static int parse_dependencies(struct strmap *dependencies, char *line)
{
	const char *path;

	(void)strsep(&line, " ");
	path = strsep(&line, ":");
	return path && line ? strmap_set(dependencies, path, line) : -EBADMSG;
}

static int parse(const struct question *question, char *text, struct vec *answers)
{
	struct strmap dependencies = { 0 };
	char *line;
	int r = 0;

	while (r >= 0 && (line = strsep(&text, "\n")) && *line)
		r = parse_dependencies(&dependencies, line);
	while (r >= 0 && (line = strsep(&text, "\n")) && text)
		r = parse_answer(answers, question, &dependencies, line);
	strmap_done(&dependencies, NULL);
	return r;
}

int host_lookup(const char *modules_dir, const struct host *host, struct vec *ret_answers)
{
	const struct question question = { modules_dir, host };
	_cleanup_free_ char *text = NULL;
	enum kmod_child_result result;
	size_t size;
	int r;

	*ret_answers = (struct vec){ 0 };
	r = kmod_child_run(answer, &question, &result, &text, &size);
	if (r < 0)
		return r;
	if (result != KMOD_CHILD_DONE)
		return -EBADMSG;
	r = parse(&question, text, ret_answers);
	return r >= 0 && ret_answers->n_items != host->needs.n_items ? -EBADMSG : r;
}
