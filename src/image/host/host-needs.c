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

static void layer_free(void *pointer)
{
	struct host_layer *layer = pointer;

	free(layer->goal);
	free(layer->name);
	free(layer->path);
	free(layer);
}

static void volume_free(void *pointer)
{
	struct host_volume *volume = pointer;

	free(volume->name);
	free(volume->uuid);
	free(volume->device);
	free(volume->goal);
	free(volume);
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

static int fill_layer(struct host_layer *layer, const char *goal, const char *name,
		      const char *path)
{
	layer->goal = strdup(goal);
	layer->name = strdup(name);
	layer->path = path ? strdup(path) : NULL;
	if (!layer->goal || !layer->name || (path && !layer->path))
		return -ENOMEM;
	make_printable(layer->name);
	return 0;
}

int host_add_layer(struct host *host, const struct host_goal *goal, enum host_layer_kind kind,
		   const char *name, const char *path)
{
	struct host_layer *layer = calloc(1, sizeof(*layer));
	int r;

	if (!layer)
		return -ENOMEM;
	layer->kind = kind;
	layer->is_essential = goal->is_essential;
	r = fill_layer(layer, goal->what, name, path);
	if (r >= 0)
		r = vec_push(&host->layers, layer);
	if (r < 0)
		layer_free(layer);
	return r;
}

struct host_volume *host_get_volume(const struct host *host, const char *name)
{
	struct host_volume *volume;

	vec_for_each(volume, &host->volumes)
		if (str_equal(volume->name, name))
			return volume;
	return NULL;
}

static int fill_volume(struct host_volume *volume, const struct host_goal *goal, const char *name,
		       const char *uuid, const char *device)
{
	volume->is_essential = goal->is_essential;
	volume->name = strdup(name);
	volume->goal = strdup(goal->what);
	volume->uuid = uuid ? strdup(uuid) : NULL;
	volume->device = device ? strdup(device) : NULL;
	return !volume->name || !volume->goal || (uuid && !volume->uuid) ||
			       (device && !volume->device)
		       ? -ENOMEM
		       : 0;
}

int host_add_volume(struct host *host, const struct host_goal *goal, const char *name,
		    const char *uuid, const char *device)
{
	struct host_volume *volume = host_get_volume(host, name);
	int r;

	if (volume) {
		volume->is_essential |= goal->is_essential;
		return 0;
	}
	volume = calloc(1, sizeof(*volume));
	if (!volume)
		return -ENOMEM;
	r = fill_volume(volume, goal, name, uuid, device);
	if (r >= 0)
		r = vec_push(&host->volumes, volume);
	if (r < 0)
		volume_free(volume);
	return r;
}

/* Once. */
static int _printf_(2, 0) add_sentence(struct vec *sentences, const char *format, va_list args)
{
	const char *other;
	char *text;
	int r;

	if (vasprintf(&text, format, args) < 0)
		return -ENOMEM;
	make_printable(text);
	vec_for_each(other, sentences) {
		if (str_equal(other, text)) {
			free(text);
			return 0;
		}
	}
	r = vec_push(sentences, text);
	if (r < 0)
		free(text);
	return r;
}

int host_add_note(struct host *host, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = add_sentence(&host->notes, format, args);
	va_end(args);
	return r;
}

int host_add_warning(struct host *host, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = add_sentence(&host->warnings, format, args);
	va_end(args);
	return r;
}

int host_add_gap(struct host *host, bool is_essential, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = add_sentence(is_essential ? &host->gaps : &host->notes, format, args);
	va_end(args);
	return r;
}

int host_add_absence(struct host *host, const char *what, const char *spec, const char *witness)
{
	if (!host->has_sysfs)
		return 0;
	return host_add_gap(host, true,
			    "%s is on %s according to %s, but there is no such device here now, "
			    "so what it needs is not known",
			    what, spec, witness);
}

void host_done(struct host *host)
{
	strmap_done(&host->needs_by_name, NULL);
	vec_done(&host->needs, need_free);
	vec_done(&host->layers, layer_free);
	vec_done(&host->volumes, volume_free);
	vec_done(&host->crypttab, free);
	free(host->resume);
	vec_done(&host->gaps, free);
	vec_done(&host->notes, free);
	vec_done(&host->warnings, free);
	*host = (struct host){ 0 };
}
