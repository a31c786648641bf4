/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct blockdev;
struct children;
struct consoles;
struct crypt_volume;
struct loop;
struct module_loader;
struct prompt;
struct strbuf;
struct unlock;

/*
 * The LUKS volumes that are to be opened, from the parent's side: which is there, which question
 * is asked, what became of it. libcryptsetup itself runs in one helper process a volume. 0 or
 * -ENOMEM.
 */
int unlock_new(struct loop *loop, struct children *children, struct consoles *consoles,
	       struct prompt *prompt, struct module_loader *modules, struct unlock **ret_unlock);
struct unlock *unlock_free(struct unlock *unlock);

/*
 * @wanted is to be opened; it is taken over, also on errors. What of its options is of no use here
 * is told, and one that cannot be opened at all has failed from now on. 0 or -ENOMEM.
 */
int unlock_add_volume(struct unlock *unlock, struct crypt_volume *wanted);

/*
 * The name of the volume that is, or would be, on @device; NULL if it is not to be opened, or is
 * not named before it appears.
 */
const char *unlock_get_name(const struct unlock *unlock, const struct blockdev *device);

/*
 * The device was probed: a volume that means it is opened, if there is a LUKS header on it. A
 * volume that has a device keeps it.
 */
void unlock_device_appeared(struct unlock *unlock, const struct blockdev *device);

/* The device @node is gone: a question about it is taken back, the volume is awaited again. */
void unlock_device_removed(struct unlock *unlock, const char *node);

/* A device has come that a token may be in: a TPM, a security key. */
void unlock_hardware_came(struct unlock *unlock);

/* Does what can be done next: asks, or hands over a passphrase. After each batch of events. */
void unlock_step(struct unlock *unlock);

/*
 * Lets the time run, or stand still, that x-systemd.device-timeout= gives to the device of each
 * volume that is awaited; it stands still at first. After each batch of events.
 */
void unlock_let_time_run(struct unlock *unlock, bool is_running);

/*
 * Whether a passphrase is being tried, which takes as long as the header demands, or will be asked
 * for again in a moment.
 */
bool unlock_is_busy(const struct unlock *unlock);

/* Whether each volume is open, failed, or absent and marked as nofail. */
bool unlock_is_settled(const struct unlock *unlock);

/* Whether the volume called @name cannot be opened; or, if that is NULL, any that was seen. */
bool unlock_has_failed(const struct unlock *unlock, const char *name);

/* Appends which volumes are not open, and why; nothing if all are. */
void unlock_describe(const struct unlock *unlock, struct strbuf *buf);

/* Appends "the LUKS volume NAME", separated by commas, for each volume that is neither open nor
 * failed. */
void unlock_describe_awaited(const struct unlock *unlock, struct strbuf *buf);

/* Ends the helpers and wipes all passphrases: nothing more will be opened. */
void unlock_abandon(struct unlock *unlock);
