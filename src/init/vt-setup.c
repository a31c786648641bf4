/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keymap and font of the virtual terminals, PID 1's side: which ones, and when. The work is done by
 * two jobs for workers, which may have to wait for the kernel's console lock.
 *
 * A question is asked when the keyboard is set up, which takes milliseconds, and does not wait for
 * the font. That is set again each time that the kernel tells of a new vtconsole: then a driver,
 * fbcon for the first screen there is or for one that takes the place of the firmware's, has taken
 * the terminals over (do_take_over_console() in drivers/tty/vt/vt.c), and glyphs are with the
 * driver. The event comes before the terminals have moved, but within the console lock, which the
 * job waits for.
 */
#include "init/vt-setup.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "config/vconsole.h"
#include "init/pool.h"
#include "init/trace.h"
#include "kindling/image-layout.h"

#define KEYBOARD_TIMEOUT_USEC (5 * USEC_PER_SEC) /* a question waits for it */
#define SCREEN_TIMEOUT_USEC   (60 * USEC_PER_SEC)

/* A keymap or a font. */
struct setting {
	const char *what;
	char *name, *path; /* NULL: as the kernel has it */
	struct pool_job *job;
};

struct vt_setup {
	struct pool *pool;
	char *terminals;
	enum vconsole_unicode unicode;
	struct setting keymap, font;
	bool is_screen_outdated; /* a driver took over while the screen was being set up */
	uint64_t keyboard_since_usec;
	vt_keyboard_cb on_keyboard;
	void *userdata;
};

/* Where in the image the keymaps are, or the fonts. */
struct shelf {
	const char *root, *directory, *suffix;
};

static char *path_on_shelf(const struct shelf *shelf, const char *name)
{
	return str_format("%s%s/%s%s", shelf->root, shelf->directory, name, shelf->suffix);
}

/* The name that the link `default` leads to; the caller's to free. NULL if there is none. */
static char *default_on_shelf(const struct shelf *shelf)
{
	_cleanup_free_ char *link =
		str_format("%s%s/" IMAGE_CONSOLE_CHOICE, shelf->root, shelf->directory);
	char target[NAME_MAX + 1];
	ssize_t n = link ? readlink(link, target, sizeof(target) - 1) : -1;

	if (n < 0)
		return NULL;
	target[n] = '\0';
	if (strchr(target, '/') || !str_has_suffix(target, shelf->suffix))
		return NULL;
	return strndup(target, (size_t)n - strlen(shelf->suffix));
}

static bool is_on_shelf(const struct shelf *shelf, const char *name)
{
	_cleanup_free_ char *path = strchr(name, '/') ? NULL : path_on_shelf(shelf, name);

	return path && access(path, R_OK) == 0;
}

static void append_shelf(const struct shelf *shelf, struct strbuf *buf)
{
	_cleanup_free_ char *directory = str_format("%s%s", shelf->root, shelf->directory);
	struct vec names = { 0 };
	const char *name;

	if (directory)
		(void)file_list_directory(directory, NULL, &names);
	vec_for_each(name, &names) {
		if (str_has_suffix(name, shelf->suffix))
			strbuf_printf(buf, " %.*s", (int)(strlen(name) - strlen(shelf->suffix)),
				      name);
	}
	vec_done(&names, free);
}

static void say_not_on_shelf(const struct setting *setting, const struct shelf *shelf,
			     const char *wanted)
{
	_cleanup_strbuf_ struct strbuf others = { 0 };

	append_shelf(shelf, &others);
	log_warn("this image has no %s %s%s%s, going on with %s", setting->what, wanted,
		 others.size > 0 ? ", only" : "", strbuf_string(&others),
		 setting->name ? setting->name : "the kernel's own");
}

/* Settles which one. */
static int choose(struct setting *setting, const struct shelf *shelf, const char *wanted)
{
	if (wanted && is_on_shelf(shelf, wanted)) {
		setting->name = strdup(wanted);
		if (!setting->name)
			return -ENOMEM;
	} else {
		setting->name = default_on_shelf(shelf);
		if (wanted)
			say_not_on_shelf(setting, shelf, wanted);
	}
	setting->path = setting->name ? path_on_shelf(shelf, setting->name) : NULL;
	return setting->name && !setting->path ? -ENOMEM : 0;
}

static void warn_of_unused(const struct vconsole *wanted)
{
	if (wanted->keymap_toggle)
		log_warn("keymap_toggle=%s is a matter of building the image, ignoring it",
			 wanted->keymap_toggle);
	if (wanted->font_map)
		log_warn("font_map=%s is for terminals without UTF-8, ignoring it",
			 wanted->font_map);
	if (wanted->font_unimap)
		log_warn("font_unimap=%s is a matter of building the image, ignoring it",
			 wanted->font_unimap);
}

int vt_setup_new(struct pool *pool, const char *root, const struct vconsole *wanted,
		 const char *terminals, vt_keyboard_cb on_keyboard, void *userdata,
		 struct vt_setup **ret_setup)
{
	const struct shelf keymaps = { root, IMAGE_KEYMAPS, IMAGE_KEYMAP_SUFFIX };
	const struct shelf fonts = { root, IMAGE_FONTS, IMAGE_FONT_SUFFIX };
	struct vt_setup *setup = calloc(1, sizeof(*setup));
	int r;

	if (!setup)
		return -ENOMEM;
	*setup = (struct vt_setup){
		.pool = pool,
		.terminals = strdup(terminals),
		.unicode = wanted->unicode,
		.keymap.what = "keymap",
		.font.what = "font",
		.on_keyboard = on_keyboard,
		.userdata = userdata,
	};
	r = setup->terminals ? choose(&setup->keymap, &keymaps, wanted->keymap) : -ENOMEM;
	if (r >= 0)
		r = choose(&setup->font, &fonts, wanted->font);
	if (r < 0) {
		vt_setup_free(setup);
		return r;
	}
	warn_of_unused(wanted);
	*ret_setup = setup;
	return 0;
}

static void setting_done(struct setting *setting)
{
	if (setting->job)
		pool_cancel(setting->job);
	free(setting->name);
	free(setting->path);
}

struct vt_setup *vt_setup_free(struct vt_setup *setup)
{
	if (setup) {
		setting_done(&setup->keymap);
		setting_done(&setup->font);
		free(setup->terminals);
		free(setup);
	}
	return NULL;
}

static void complain(const struct setting *setting, int error, const char *problem)
{
	(void)log_warn_errno(error, "%s %s: %s, going on with the kernel's own", setting->what,
			     setting->name ? setting->name : "", problem);
}

/* Whether a job is out now. There is none where the kernel's own is right. */
static bool submit(struct vt_setup *setup, struct setting *setting, enum worker_op op,
		   uint64_t timeout_usec, pool_reply_cb on_reply)
{
	struct worker_message request;
	int r;

	if (!*setup->terminals || (!setting->path && setup->unicode == VCONSOLE_UNICODE_UNKNOWN))
		return false;
	worker_message_init(&request, (int32_t)op, setup->unicode != VCONSOLE_UNICODE_NO);
	r = worker_message_add(&request, setting->path ? setting->path : "");
	if (r >= 0)
		r = worker_message_add(&request, setup->terminals);
	if (r >= 0)
		r = pool_submit(setup->pool, &request, POOL_PRIORITY_MODULE_INPUT, timeout_usec,
				on_reply, setup, &setting->job);
	if (r < 0)
		complain(setting, r, "no worker can set it");
	return r >= 0;
}

static void on_keyboard_reply(void *userdata, const struct worker_message *reply)
{
	struct vt_setup *setup = userdata;

	setup->keymap.job = NULL;
	if (reply->code < 0)
		complain(&setup->keymap, reply->code, worker_message_get(reply, 0));
	trace_span("keymap", setup->keymap.name, setup->keyboard_since_usec, reply->code);
	setup->on_keyboard(setup->userdata, reply->code < 0 ? NULL : setup->keymap.name);
}

static void set_screen(struct vt_setup *setup);

static void on_screen_reply(void *userdata, const struct worker_message *reply)
{
	struct vt_setup *setup = userdata;

	setup->font.job = NULL;
	if (setup->is_screen_outdated)
		set_screen(setup);
	/* A text mode takes few fonts, and a graphics driver may come that takes any. */
	else if (reply->code == -EINVAL || reply->code == -ENOSYS)
		log_info("the screen does not take the font %s, going on with the kernel's own",
			 setup->font.name);
	else if (reply->code < 0)
		complain(&setup->font, reply->code, worker_message_get(reply, 0));
}

static void set_screen(struct vt_setup *setup)
{
	setup->is_screen_outdated = false;
	(void)submit(setup, &setup->font, WORKER_SET_SCREEN, SCREEN_TIMEOUT_USEC, on_screen_reply);
}

void vt_setup_start(struct vt_setup *setup)
{
	setup->keyboard_since_usec = clock_now_usec();
	if (!submit(setup, &setup->keymap, WORKER_SET_KEYBOARD, KEYBOARD_TIMEOUT_USEC,
		    on_keyboard_reply))
		setup->on_keyboard(setup->userdata, NULL);
	set_screen(setup);
}

void vt_setup_screen_again(struct vt_setup *setup)
{
	if (setup->font.job)
		setup->is_screen_outdated = true;
	else
		set_screen(setup);
}
