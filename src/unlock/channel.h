/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"
#include "base/secret.h"
#include "kindling/unlock-message.h"

/* /init's end of the talk that kindling/unlock-message.h describes, which may block. */

/* Returns @result. That nobody listens any more will show at the next request. */
int channel_send(enum unlock_message_type type, int result, const char *text);

/* UNLOCK_HEADER_READ. */
void channel_send_header_read(const char *modules, uint64_t memory_kib);

/*
 * UNLOCK_RESULT with the text, and after a colon what libcryptsetup last complained of, or else
 * what the error @result means. Returns @result.
 */
int _printf_(2, 3) channel_send_failure(int result, const char *format, ...);

/* A request was read, and what it holds: 1; there will be no more: 0; or negative errno. */
int channel_read_request(enum unlock_request_type *ret_type, struct secret *ret_content);
