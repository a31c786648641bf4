/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/token-device.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/vec.h"
#include "config/crypt-options.h"

#define HIDRAW "/sys/class/hidraw"

/* How a report descriptor begins: Usage Page 0xf1d0, the FIDO Alliance's. */
static const unsigned char fido_page[] = { 0x06, 0xd0, 0xf1 };

static bool is_security_key(const char *name)
{
	_cleanup_free_ char *path = str_format(HIDRAW "/%s/device/report_descriptor", name);
	_cleanup_close_ int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	unsigned char bytes[sizeof(fido_page)];

	return fd >= 0 && file_read_fd(fd, bytes, sizeof(bytes)) == sizeof(bytes) &&
	       memcmp(bytes, fido_page, sizeof(bytes)) == 0;
}

static bool has_security_key(void)
{
	struct vec names = { 0 };
	bool has_one;

	if (file_list_directory(HIDRAW, is_security_key, &names) < 0)
		return false;
	has_one = names.n_items > 0;
	vec_done(&names, free);
	return has_one;
}

bool token_device_is_there(enum token_kind kind, const struct crypt_options *options)
{
	const char *device = kind == TOKEN_KIND_FIDO2  ? options->fido2_device
			     : kind == TOKEN_KIND_TPM2 ? options->tpm2_device
						       : NULL;

	if (device && device[0] == '/')
		return access(device, F_OK) == 0;
	return kind != TOKEN_KIND_FIDO2 || has_security_key();
}
