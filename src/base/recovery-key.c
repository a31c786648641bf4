/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/recovery-key.h"

#include <ctype.h>
#include <string.h>

#include "base/secret.h"

#define MODHEX  "cbdefghijklnrtuv"
#define LETTERS 64
#define GROUP   8
#define SIZE    (LETTERS + LETTERS / GROUP - 1)

static bool is_separator(char byte)
{
	return byte == '-' || byte == ' ';
}

static bool is_recovery_key(const struct secret *secret)
{
	unsigned int n_letters = 0;

	for (size_t i = 0; i < secret->size; i++) {
		char byte = secret->bytes[i];

		if (is_separator(byte))
			continue;
		if (!byte || !strchr(MODHEX, tolower((unsigned char)byte)))
			return false;
		n_letters++;
	}
	return n_letters == LETTERS;
}

static bool is_normal(const struct secret *secret)
{
	for (size_t i = 0; i < secret->size; i++) {
		char byte = secret->bytes[i];

		if (i % (GROUP + 1) == GROUP ? byte != '-' : !islower((unsigned char)byte))
			return false;
	}
	return secret->size == SIZE;
}

bool recovery_key_normalise(struct secret *secret)
{
	char *bytes = secret->bytes;
	size_t n_letters = 0;

	if (!is_recovery_key(secret) || is_normal(secret))
		return false;
	for (size_t i = 0; i < secret->size; i++)
		if (!is_separator(bytes[i]))
			bytes[n_letters++] = (char)tolower((unsigned char)bytes[i]);
	/* From the end on, so that nothing is written over before it has moved. */
	for (size_t i = LETTERS - 1; i > 0; i--) {
		bytes[i + i / GROUP] = bytes[i];
		if (i % GROUP == 0)
			bytes[i + i / GROUP - 1] = '-';
	}
	explicit_bzero(bytes + SIZE, sizeof(secret->bytes) - SIZE);
	secret->size = SIZE;
	return true;
}
