/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/secret.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/utf8.h"

struct secret *secret_new(void)
{
	struct secret *secret = mmap(NULL, sizeof(*secret), PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (secret == MAP_FAILED)
		return NULL;
	(void)mlock(secret, sizeof(*secret));
	(void)madvise(secret, sizeof(*secret), MADV_DONTDUMP);
	(void)madvise(secret, sizeof(*secret), MADV_DONTFORK);
	return secret;
}

struct secret *secret_free(struct secret *secret)
{
	if (secret) {
		secret_clear(secret);
		(void)munmap(secret, sizeof(*secret));
	}
	return NULL;
}

int secret_append(struct secret *secret, char byte)
{
	if (secret->size == sizeof(secret->bytes))
		return -ENOBUFS;
	secret->bytes[secret->size++] = byte;
	return 0;
}

void secret_erase_last_character(struct secret *secret)
{
	char erased;

	do {
		if (secret->size == 0)
			return;
		secret->size--;
		erased = secret->bytes[secret->size];
		secret->bytes[secret->size] = '\0';
	} while (!utf8_is_first_byte(erased));
}

void secret_clear(struct secret *secret)
{
	explicit_bzero(secret->bytes, sizeof(secret->bytes));
	secret->size = 0;
}
