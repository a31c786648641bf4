/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/efi-variable.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define ATTRIBUTES_SIZE sizeof(uint32_t)

int efi_variable_decode(const void *content, size_t size, char **ret_text)
{
	const uint8_t *bytes = content;
	size_t n_characters = 0;
	char *text;

	if (size < ATTRIBUTES_SIZE || size % sizeof(uint16_t) != 0)
		return -EINVAL;
	text = malloc((size - ATTRIBUTES_SIZE) / sizeof(uint16_t) + 1);
	if (!text)
		return -ENOMEM;
	/* Little endian whatever the machine is, and ended by its size or a NUL. */
	for (size_t i = ATTRIBUTES_SIZE; i < size; i += sizeof(uint16_t)) {
		unsigned int character = bytes[i] | (unsigned int)bytes[i + 1] << 8;

		if (character == 0)
			break;
		text[n_characters++] = character < 0x80 ? (char)character : '?';
	}
	text[n_characters] = '\0';
	*ret_text = text;
	return 0;
}
