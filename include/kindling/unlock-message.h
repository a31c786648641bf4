/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/*
 * The talk between /init and the unlock helper, one helper a volume.
 *
 *	unlock DEVICE NAME OPTIONS
 *
 * OPTIONS are those of crypttab(5) that say how a volume is activated, such as
 * "discard,key-slot=1". On fd 3, a SOCK_SEQPACKET socket, the helper sends struct unlock_message.
 * On standard input, a pipe, it reads requests: a struct unlock_request_header and that many bytes.
 * The helper first reads the LUKS header and says what it needs; then each request is answered by
 * one UNLOCK_RESULT. It ends after success, after an error that no other key would mend, and when
 * its input ends.
 */

enum unlock_message_type {
	/*
	 * The header was read and is trusted. text: space-separated aliases of the modules that it
	 * calls for.
	 */
	UNLOCK_HEADER_READ = 1,
	/*
	 * result 0: the volume is open as /dev/mapper/NAME. -EPERM: no keyslot takes this key,
	 * send another. Else: it cannot be opened, and text says why.
	 */
	UNLOCK_RESULT,
	/* The user should know; text is a sentence. It may come at any time. */
	UNLOCK_REMARK,
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
};

struct unlock_request_header {
	uint32_t type; /* enum unlock_request_type */
	uint32_t size; /* in bytes, of the content that follows */
};
