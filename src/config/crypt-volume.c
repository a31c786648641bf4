/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/crypt-volume.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define NAME_MAX_DM 127 /* DM_NAME_LEN - 1 */

bool crypt_volume_is_name(const char *text)
{
	return *text && strlen(text) <= NAME_MAX_DM && !strchr(text, '/') &&
	       !str_equal(text, ".") && !str_equal(text, "..") && !str_equal(text, "control");
}

void crypt_volume_free(void *item)
{
	struct crypt_volume *volume = item;

	free(volume->name);
	device_spec_done(&volume->device);
	key_source_done(&volume->key);
	free(volume->key_argument);
	crypt_options_done(&volume->options);
	free(volume);
}
