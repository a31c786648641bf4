/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/*
 * The talk between /init and the unlock helper, one helper a volume, and a second one if its header
 * has tokens: a plug-in that crashes or waits for ever then keeps nobody from typing.
 *
 *	unlock DEVICE NAME OPTIONS
 *	unlock --tokens DEVICE NAME OPTIONS
 *
 * OPTIONS are those of crypttab(5) that say how a volume is activated, such as
 * "discard,key-slot=1". On fd 3, a SOCK_SEQPACKET socket, the helper sends struct unlock_message.
 * On standard input, a pipe, it reads requests: a struct unlock_request_header and that many bytes.
 *
 * The first helper reads the LUKS header and says what it needs; then each passphrase is answered
 * by one UNLOCK_RESULT. It ends after success, after an error that no other key would mend, and
 * when its input ends.
 *
 * The second one tries each token once, and then, as long as there is one that may still open the
 * volume, sends UNLOCK_TOKENS_TRIED and serves UNLOCK_TRY_TOKENS and UNLOCK_TRY_PIN. It ends after
 * success, when no token is left, and when its input ends.
 */

#define UNLOCK_BY_TOKENS "--tokens"

/* For the generator: prints where libcryptsetup loads plug-ins from; fails if it knows none. */
#define UNLOCK_TELL_PLUG_INS "--plug-ins"

enum unlock_message_type {
	/* Before UNLOCK_HEADER_READ, if the header has tokens. text: their types, with commas. */
	UNLOCK_TOKENS_FOUND = 1,
	/*
	 * The header was read and is trusted. text: space-separated aliases of the modules that it
	 * calls for.
	 */
	UNLOCK_HEADER_READ,
	/*
	 * result 0: the volume is open as /dev/mapper/NAME. -EPERM: no keyslot takes this key,
	 * send another. Else: it cannot be opened, and text says why.
	 */
	UNLOCK_RESULT,
	/* The user should know; text is a sentence. It may come at any time. */
	UNLOCK_REMARK,
	/* Somebody may have to touch the hardware of a token. text: its type. */
	UNLOCK_TOUCH_WANTED,
	/*
	 * A token wants its PIN. text: its type. result: -EPERM if the PIN before this was wrong,
	 * else 0.
	 */
	UNLOCK_PIN_WANTED,
	/* A token will not open the volume, others may. text: a sentence that says why. */
	UNLOCK_TOKEN_REFUSED,
	/* The answer to UNLOCK_TRY_TOKENS. text: the types of those whose hardware is absent, with
	 * commas.
	 */
	UNLOCK_TOKENS_TRIED,
};

struct unlock_message {
	uint32_t type; /* enum unlock_message_type */
	int32_t result;
	uint64_t memory_kib; /* of UNLOCK_HEADER_READ: what trying a key takes at the most */
	char text[1024];     /* terminated */
};

enum unlock_request_type {
	/* The content is a passphrase. */
	UNLOCK_TRY_PASSPHRASE = 1,
	/* Hardware may have come: tokens whose hardware was not there are tried again. */
	UNLOCK_TRY_TOKENS,
	/* The content is the PIN that was wanted; without content the token is done without. */
	UNLOCK_TRY_PIN,
};

struct unlock_request_header {
	uint32_t type; /* enum unlock_request_type */
	uint32_t size; /* in bytes, of the content that follows */
};
