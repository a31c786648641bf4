/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct pool;
struct vconsole;
struct vt_setup;

/* The keyboard is as it will be: by the keymap @name, or NULL for the kernel's own. */
typedef void (*vt_keyboard_cb)(void *userdata, const char *name);

/*
 * What is to be done for keyboard and screen of @terminals, names separated by spaces: with what
 * @wanted names, else with the image's default. @root is in front of all paths: "", but for tests.
 * What the image lacks has been logged. 0 or -ENOMEM.
 */
int vt_setup_new(struct pool *pool, const char *root, const struct vconsole *wanted,
		 const char *terminals, vt_keyboard_cb on_keyboard, void *userdata,
		 struct vt_setup **ret_setup);
struct vt_setup *vt_setup_free(struct vt_setup *setup);

/*
 * Has workers do it. @on_keyboard is called once, at once if there is nothing to do. A failure is
 * logged, and then the kernel's own remains.
 */
void vt_setup_start(struct vt_setup *setup);

/* A driver took the terminals over, and has its own font. */
void vt_setup_screen_again(struct vt_setup *setup);
