/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "expect-host.h"

#include <string.h>

#include "base/str.h"
#include "fake-machine.h"
#include "support.h"

/* A last word that is a path would be taken for an entry of the image. */
static void check_phrase(const char *why)
{
	const char *space = strrchr(why, ' ');

	assert_non_null(space);
	assert_int_not_equal(space[1], '/');
	assert_null(strpbrk(why, "\t\n"));
}

void read_machine(struct host *ret_host)
{
	struct sysroot sysroot = SYSROOT_NONE;
	const struct host_need *need;

	assert_int_equal(sysroot_open(fake_machine_root(), &sysroot), 0);
	assert_int_equal(host_read(&sysroot, ret_host), 0);
	sysroot_close(&sysroot);
	vec_for_each(need, &ret_host->needs)
		check_phrase(need->why);
}

static const struct host_need *find(const struct host *host, enum host_need_kind kind,
				    const char *name)
{
	const struct host_need *need, *found = NULL;

	vec_for_each(need, &host->needs) {
		if (need->kind != kind || !str_equal(need->name, name))
			continue;
		assert_null(found);
		found = need;
	}
	return found;
}

void expect_need(const struct host *host, enum host_need_kind kind, const char *name,
		 bool is_essential, const char *why)
{
	const struct host_need *need = find(host, kind, name);

	if (!need)
		fail_msg("no need of %s", name);
	if (need->is_essential != is_essential)
		fail_msg("%s is %sessential", name, need->is_essential ? "" : "not ");
	if (why)
		assert_string_equal(need->why, why);
}

void expect_no_need(const struct host *host, enum host_need_kind kind, const char *name)
{
	const struct host_need *need = find(host, kind, name);

	if (need)
		fail_msg("%s: %s", name, need->why);
}

static void expect_part(const struct vec *sentences, const char *part)
{
	assert_int_equal(sentences->n_items, 1);
	if (!strstr(sentences->items[0], part))
		fail_msg("\"%s\" is not in \"%s\"", part, (char *)sentences->items[0]);
}

static void expect_no_sentence(const struct vec *sentences)
{
	if (sentences->n_items)
		fail_msg("%s", (char *)sentences->items[0]);
}

void expect_note(const struct host *host, const char *part)
{
	expect_part(&host->notes, part);
}

void expect_gap(const struct host *host, const char *part)
{
	expect_part(&host->gaps, part);
	expect_no_sentence(&host->notes);
}

void expect_no_note(const struct host *host)
{
	expect_no_sentence(&host->gaps);
	expect_no_sentence(&host->notes);
}

void expect_layer(const struct host *host, enum host_layer_kind kind, const char *goal,
		  const char *name)
{
	const struct host_layer *layer;

	vec_for_each(layer, &host->layers)
		if (layer->kind == kind && str_equal(layer->goal, goal) &&
		    str_equal(layer->name, name))
			return;
	fail_msg("%s is not on %s", goal, name);
}
