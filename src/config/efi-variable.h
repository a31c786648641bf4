/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/*
 * The text in a variable of the firmware that holds one, @content as efivarfs gives it: attributes,
 * then UTF-16. Characters beyond ASCII, which are in none that is read here, become '?'. 0, -EINVAL
 * if it holds no text, or -ENOMEM.
 */
int efi_variable_decode(const void *content, size_t size, char **ret_text);
