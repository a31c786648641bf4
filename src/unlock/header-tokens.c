/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/header-tokens.h"

#include <libcryptsetup.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config/token-kind.h"

static bool has_kind(struct crypt_device *device, enum token_kind kind)
{
	int n = crypt_token_max(CRYPT_LUKS2);

	for (int id = 0; id < n; id++) {
		const char *type = NULL;

		if (crypt_token_status(device, id, &type) > CRYPT_TOKEN_INACTIVE && type &&
		    token_kind_find(type) == kind)
			return true;
	}
	return false;
}

void header_tokens(struct crypt_device *device, char *buf, size_t size)
{
	buf[0] = '\0';
	for (unsigned int kind = 0; kind < N_TOKEN_KINDS; kind++) {
		size_t used = strlen(buf);

		if (has_kind(device, (enum token_kind)kind))
			(void)snprintf(buf + used, size - used, "%s%s", used > 0 ? "," : "",
				       token_kind_get_type((enum token_kind)kind));
	}
}
