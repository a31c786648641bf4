/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keyboard of the virtual terminals. A keymap is for all of them, and set symbol by symbol:
 * 128 tables, as keymaps made from XKB have them, are 16,384 calls. None of them sleeps, but
 * opening a terminal does, and PID 1 has other things to do.
 *
 * What each terminal has of its own is whether its keyboard gives UTF-8. The light and the state of
 * NumLock are left alone: the kernel has them from the firmware (arch/x86/include/asm/kbdleds.h).
 */
#include "init/worker.h"

#include <errno.h>
#include <linux/kd.h>
#include <linux/keyboard.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "config/bkeymap.h"
#include "init/worker-terminal.h"

#define KEYMAP_SIZE_MAX 131072

struct keyboard {
	const struct bkeymap *keymap; /* NULL when it is set, or if it is to stay */
	bool is_unicode;
};

static int set_symbol(int fd, unsigned int table, unsigned int key, unsigned int symbol)
{
	struct kbentry entry = {
		.kb_table = (unsigned char)table,
		.kb_index = (unsigned char)key,
		.kb_value = (unsigned short)symbol,
	};

	return ioctl(fd, KDSKBENT, &entry) < 0 ? -errno : 0;
}

static int set_table(int fd, const struct bkeymap *keymap, unsigned int table)
{
	/* Modifiers that the new keymap does not know would else go on to mean what they did. */
	if (!keymap->tables[table])
		return set_symbol(fd, table, 0, K_NOSUCHMAP);
	for (unsigned int key = 0; key < BKEYMAP_KEYS; key++) {
		int r = set_symbol(fd, table, key, bkeymap_get(keymap, table, key));

		/* A symbol that this kernel does not know is the loss of one key. */
		if (r < 0 && r != -EINVAL)
			return r;
	}
	return 0;
}

static int set_keymap(int fd, const struct bkeymap *keymap)
{
	int r = 0;

	for (unsigned int table = 0; r >= 0 && table < BKEYMAP_TABLES; table++)
		r = set_table(fd, keymap, table);
	return r;
}

static int set_keyboard(void *userdata, int fd)
{
	struct keyboard *keyboard = userdata;
	int r = 0;

	/* First: the kernel takes characters beyond Latin-1 only from a terminal in this mode. */
	if (ioctl(fd, KDSKBMODE, K_UNICODE) < 0)
		return -errno;
	if (keyboard->keymap)
		r = set_keymap(fd, keyboard->keymap);
	if (r >= 0 && !keyboard->is_unicode && ioctl(fd, KDSKBMODE, K_XLATE) < 0)
		r = -errno;
	keyboard->keymap = NULL;
	return r;
}

static int read_keymap(const char *path, char **ret_data, struct bkeymap *ret_keymap)
{
	size_t size;
	int r = file_read(path, KEYMAP_SIZE_MAX, ret_data, &size);

	return r < 0 ? r : bkeymap_parse(*ret_data, size, ret_keymap);
}

int worker_set_keyboard(const struct worker_message *request, struct worker_message *reply)
{
	struct keyboard keyboard = { .is_unicode = request->number };
	const char *path = worker_message_get(request, 0);
	_cleanup_free_ char *data = NULL;
	struct bkeymap keymap;
	int r = 0;

	if (*path) {
		keyboard.keymap = &keymap;
		r = read_keymap(path, &data, &keymap);
	}
	if (r < 0)
		return worker_message_fail(reply, r, "cannot read it");
	r = terminals_visit(worker_message_get(request, 1), set_keyboard, &keyboard);
	return r < 0 ? worker_message_fail(reply, r, "cannot set it") : 0;
}
