/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists that host_read() fills. Two devices that need the same are one need: the first phrase
 * stays, and the graver of the two opinions on whether it is essential.
 */
#include "image/host/host-needs.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"

static void need_free(void *pointer)
{
	struct host_need *need = pointer;

	free(need->name);
	free(need->why);
	free(need->device);
	free(need);
}

static struct host_need *need_new(enum host_need_kind kind, const char *name, const char *device)
{
	struct host_need *need = calloc(1, sizeof(*need));

	if (!need)
		return NULL;
	need->kind = kind;
	need->name = strdup(name);
	need->device = device ? str_format("/sys/%s", device) : NULL;
	if (!need->name || (device && !need->device)) {
		need_free(need);
		return NULL;
	}
	return need;
}

/* Phrases may quote names of devices and paths, and end up as lines of text. */
static void make_printable(char *text)
{
	for (char *c = text; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
}

static int push_need(struct host *host, const char *key, struct host_need *need)
{
	int r = need->why ? vec_push(&host->needs, need) : -ENOMEM;

	if (r < 0) {
		need_free(need);
		return r;
	}
	make_printable(need->why);
	log_debug("the machine needs %s%s: %s", need->name,
		  need->is_essential ? "" : " (not essential)", need->why);
	return strmap_set(&host->needs_by_name, key, need);
}

int host_add_need(struct host *host, enum host_need_kind kind, const char *name, const char *device,
		  bool is_essential, const char *why_format, ...)
{
	_cleanup_free_ char *key = str_format("%d:%s", (int)kind, name);
	struct host_need *need;
	va_list args;

	if (!key)
		return -ENOMEM;
	need = strmap_get(&host->needs_by_name, key);
	if (need) {
		need->is_essential |= is_essential;
		return 0;
	}
	need = need_new(kind, name, device);
	if (!need)
		return -ENOMEM;
	need->is_essential = is_essential;
	va_start(args, why_format);
	if (vasprintf(&need->why, why_format, args) < 0)
		need->why = NULL;
	va_end(args);
	return push_need(host, key, need);
}

int host_add_note(struct host *host, const char *format, ...)
{
	_cleanup_free_ char *note = NULL;
	const char *other;
	va_list args;
	int r;

	va_start(args, format);
	r = vasprintf(&note, format, args);
	va_end(args);
	if (r < 0) {
		note = NULL;
		return -ENOMEM;
	}
	make_printable(note);
	vec_for_each(other, &host->notes)
		if (str_equal(other, note))
			return 0;
	r = vec_push(&host->notes, note);
	if (r >= 0)
		note = NULL;
	return r;
}

void host_done(struct host *host)
{
	strmap_done(&host->needs_by_name, NULL);
	vec_done(&host->needs, need_free);
	vec_done(&host->notes, free);
	*host = (struct host){ 0 };
}
