/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/vec.h"
#include "config/crypt-volume.h"
#include "config/token-kind.h"
#include "init/unlock-helper.h"

/*
 * One volume and its way from the device to the mapping. Only the files unlock*.c know what is in
 * here; the others ask unlock.h.
 */

struct loop_timer;
struct patience;
struct secret;

#define VOLUME_DISK_MAX 384

enum volume_state {
	VOLUME_AWAITED,
	VOLUME_LOCKED,
	VOLUME_OPENING,
	VOLUME_REFUSED,
	VOLUME_OPENED,
	VOLUME_OPEN,
	VOLUME_FAILED,
};

/* What the tokens of a header do for it, while its device is there and not open. */
struct volume_tokens {
	struct unlock_helper helper; /* the second one */
	struct loop_timer *patience; /* with the helper */
	bool were_tried;             /* since the device came */
	bool holds_question;         /* the passphrase's: there may be no need for it */
	bool is_idle;                /* the helper waits for a request */
	bool hardware_came;          /* since the helper was told to look for it */
	unsigned int absent;         /* a bit for each token_kind whose hardware is not there */
	enum token_kind wants_pin;   /* N_TOKEN_KINDS: none */
	bool asks_for_pin;           /* the question is open */
	unsigned int pin_tries_left; /* unless wanted->options.tries is 0 */
};

/* How long a helper that has opened a volume may take to end. */
#define VOLUME_END_TIMEOUT_USEC (10 * USEC_PER_SEC)

struct unlock {
	struct loop *loop;
	struct children *children;
	struct consoles *consoles;
	struct prompt *prompt;
	struct module_loader *modules;
	struct list volumes;
	struct volume *asking;    /* whose question is open, or whose typed answer is being tried */
	struct vec known;         /* of struct secret: those that opened something */
	struct loop_timer *delay; /* after a wrong answer */
	bool is_delaying;         /* nobody is asked */
	unsigned int n_wrong;     /* answers since one was right */
	bool has_plug_ins;        /* for tokens, in this image */
};

struct volume {
	struct unlock *unlock;
	struct list link;
	struct crypt_volume *wanted; /* what it is, and how it is to be opened */
	char *name;                  /* NULL until its header is seen, if nobody gave it one */
	char *title;                 /* for messages: "root (UUID=…)" */
	enum volume_state state;
	char *node;              /* NULL until a device was seen */
	char *disk;              /* what a person calls that; or NULL */
	char *reason;            /* of a refusal or failure */
	char *other_node;        /* of a device that is meant and holds no LUKS volume, or NULL */
	char *other_content;     /* what that holds instead; NULL: nothing known */
	unsigned int tries_left; /* unless wanted->options.tries is 0 */
	bool lost_helper;        /* once is an accident */

	struct patience *device_patience; /* while it is awaited; NULL: the boot's alone counts */

	/* The helper, while the device is there and not open. */
	struct unlock_helper helper;
	struct loop_timer *patience; /* with the helper */
	bool header_read;
	uint64_t memory_kib; /* what trying a key takes at the most, once the header is read */
	struct vec modules;  /* of char *: aliases that must be settled before the key is useful */

	struct volume_tokens tokens;

	/* The passphrase to try next or being tried. */
	struct loop_timer *question; /* how long it stays open */
	struct secret *typed;        /* NULL: none */
	bool empty_refused;          /* try-empty-password came to nothing */
	size_t n_known_tried;        /* how many of unlock.known this volume has refused */
};

/* Takes over @wanted, and adds the volume to those of @unlock. 0 or -ENOMEM. */
int volume_new(struct unlock *unlock, struct crypt_volume *wanted, struct volume **ret_volume);
void volume_free(struct volume *volume);

/* The names that it has from now on: of the mapping, which may be NULL. 0 or -ENOMEM. */
int volume_set_name(struct volume *volume, const char *name);

/* It is on the device @node from now on, and is called "luks-@uuid" if nobody gave it a name. */
void volume_take_device(struct volume *volume, const char *node, const char *uuid);

/* "Samsung SSD 980 (cryptroot) on /", for questions; as systemd has it. */
void volume_describe_disk(const struct volume *volume, char ret_text[static VOLUME_DISK_MAX]);

/* Its device is gone: it is awaited again. */
void volume_lose_device(struct volume *volume);

/* Says so; the reason is copied. */
void volume_fail(struct volume *volume, const char *reason);

void volume_set_state(struct volume *volume, enum volume_state state, const char *why);

/* The helper for tokens has opened it, and is about to end. */
void volume_opened_by_token(struct volume *volume);

/* Kills the helpers, if there are any. */
void volume_end_helpers(struct volume *volume);

/* Open, failed, or neither there nor needed: one of nofail is not waited for, but opened if seen.
 */
bool volume_is_settled(const struct volume *volume);
