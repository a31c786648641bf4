/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/complaint.h"

#include <libcryptsetup.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

static char last[512];

static void on_log(int level, const char *text, void *userdata)
{
	size_t size = strcspn(text, "\n");

	if (level == CRYPT_LOG_ERROR)
		(void)snprintf(last, sizeof(last), "%.*s", (int)size, text);
	/* Its debug messages stay out: nobody promises that they hold nothing secret. */
	if (level == CRYPT_LOG_ERROR || level == CRYPT_LOG_VERBOSE || level == CRYPT_LOG_NORMAL)
		log_debug("libcryptsetup: %.*s", (int)size, text);
}

void complaint_listen(struct crypt_device *device)
{
	crypt_set_log_callback(device, on_log, NULL);
}

const char *complaint_last(void)
{
	return last[0] ? last : NULL;
}

void complaint_forget(void)
{
	last[0] = '\0';
}
