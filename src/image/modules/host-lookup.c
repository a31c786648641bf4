/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child writes a line for each need: "1" or "0", and the paths, with tabs between them. */
#include "image/modules/host-lookup.h"

#include <errno.h>
#include <libkmod.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/strbuf.h"
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

/* Without a path it is built into the kernel. */
static void append_path(struct strbuf *paths, struct kmod_module *module)
{
	const char *path = kmod_module_get_path(module);

	if (path)
		strbuf_printf(paths, "\t%s", path);
}

static void append_paths(struct strbuf *paths, struct kmod_list *list, bool with_needs)
{
	struct kmod_list *item;

	kmod_list_foreach(item, list)
	{
		struct kmod_module *module = kmod_module_get_module(item);
		_cleanup_(cleanup_list) struct kmod_list *needs =
			with_needs ? kmod_module_get_dependencies(module) : NULL;

		append_path(paths, module);
		append_paths(paths, needs, false);
		(void)kmod_module_unref(module);
	}
}

/* A host_try_cb. */
static int look_up(void *userdata, const char *name, const char *why)
{
	_cleanup_(cleanup_list) struct kmod_list *list = NULL;
	struct lookup *lookup = userdata;

	if (kmod_module_new_from_lookup(lookup->ctx, name, &list) < 0 || !list)
		return 0;
	append_paths(&lookup->paths, list, true);
	return 1;
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

static void answer_free(void *item)
{
	struct host_answer *own = item;

	vec_done(&own->paths, free);
	free(own);
}

void host_answers_done(struct vec *answers)
{
	vec_done(answers, answer_free);
}

static int parse_line(struct vec *answers, char *line)
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
	while (r >= 0 && (path = strsep(&line, "\t"))) {
		char *copy = strdup(path);

		r = copy ? vec_push(&own->paths, copy) : -ENOMEM;
		if (r < 0)
			free(copy);
	}
	return r;
}

static int parse(char *text, struct vec *answers)
{
	char *line;
	int r = 0;

	while (r >= 0 && (line = strsep(&text, "\n")) && text)
		r = parse_line(answers, line);
	return r;
}

int host_lookup(const char *modules_dir, const struct host *host, struct vec *ret_answers)
{
	_cleanup_free_ char *text = NULL;
	enum kmod_child_result result;
	size_t size;
	int r;

	*ret_answers = (struct vec){ 0 };
	r = kmod_child_run(answer, &(struct question){ modules_dir, host }, &result, &text, &size);
	if (r < 0)
		return r;
	if (result != KMOD_CHILD_DONE)
		return -EBADMSG;
	r = parse(text, ret_answers);
	return r >= 0 && ret_answers->n_items != host->needs.n_items ? -EBADMSG : r;
}
