/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

#define WORKER_STRINGS_MAX 8000 /* all strings of one message, terminators included */

/* What a worker can be asked for; strings and number are those of struct worker_message. */
enum worker_op {
	/* [0] path of the module, [1] its options. */
	WORKER_LOAD_MODULE = 1,
	/*
	 * [0] device node; number: 0 or WORKER_PROBE_NAMES. Reply: KEY=value strings; TYPE begins
	 * another superblock.
	 */
	WORKER_PROBE,
	/*
	 * [0] source, with MS_BIND a directory of the root, [1] where, as the real init will see
	 * it: "/" for the root itself, [2] comma-separated file-system types, of which "auto" is
	 * all that the kernel knows now, [3] data; number: MS_* flags. What cannot be written to is
	 * mounted read-only. Reply: number: the flags that worked, [0] the type that worked; or on
	 * failure a sentence.
	 */
	WORKER_MOUNT,
	/*
	 * [0] compiled keymap or "" to leave that as it is, [1] names of terminals, separated by
	 * spaces; number: whether they give UTF-8. On failure reply [0] is what could not be done.
	 */
	WORKER_SET_KEYBOARD,
	/* The same for a font, and for whether the terminals take UTF-8. */
	WORKER_SET_SCREEN,
	/*
	 * [0] the directory where the root is. Reply: [0] the lines of its fstab that matter before
	 * the hand-over, then what there is to complain of in the others, a sentence each.
	 */
	WORKER_READ_FSTAB,
	/*
	 * [0] the directory where the root is, [1] the init to look for, or "" for the usual ones.
	 * Reply: [0] the one that was found; or on failure a sentence.
	 */
	WORKER_FIND_INIT,
	/* [0] device node; number: offset in pages. Reply: number, whether there is an image. */
	WORKER_FIND_IMAGE,
	/*
	 * [0] device node, [1] its number as "MAJOR:MINOR", [2] the kernel's directory of power
	 * management, [3] its log; number: offset in pages. There is a reply only if it failed: [0]
	 * a sentence.
	 */
	WORKER_RESUME,
	/* [0] name and GUID of a variable of the firmware. Reply: [0] its text. */
	WORKER_READ_EFI_VARIABLE,
	/* [0] name and GUID. */
	WORKER_REMOVE_EFI_VARIABLE,
};

/* Also the names that udev would give the device: BYID=, BYPATH=, SERIAL=. */
#define WORKER_PROBE_NAMES 1

/* One datagram on the socket between PID 1 and a worker, request or reply. */
struct worker_message {
	int32_t code; /* request: enum worker_op; reply: 0 or negative errno */
	uint32_t strings_size;
	uint64_t number;
	char strings[WORKER_STRINGS_MAX]; /* one after the other, each terminated */
};

/* The bytes of @message that need to be sent. */
size_t worker_message_size(const struct worker_message *message);

void worker_message_init(struct worker_message *message, int32_t code, uint64_t number);

/* Appends a string. 0 or -EMSGSIZE, and then the message is as it was. */
int worker_message_add(struct worker_message *message, const char *string);

/* Makes @message, a reply, one of a single sentence, cut if it is too long. Returns @error. */
int worker_message_fail(struct worker_message *message, int error, const char *format, ...)
	_printf_(3, 4);

/* The string with this index, "" when there are fewer; points into @message. */
const char *worker_message_get(const struct worker_message *message, unsigned int index);

/* Whether a datagram of @size bytes is a message whose strings may be read. 0 or -EBADMSG. */
int worker_message_validate(const struct worker_message *message, size_t size);
