/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recent-log.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "support.h"

#define START "(a test begins)"

static char messages[32 * LOG_MESSAGE_MAX];

void recent_log_start(void)
{
	log_note(START);
}

static void append_line(void *userdata, const char *line)
{
	size_t size = strlen(messages);

	if (str_equal(line, START))
		messages[0] = '\0';
	else
		(void)snprintf(messages + size, sizeof(messages) - size, "%s\n", line);
}

const char *recent_log(void)
{
	messages[0] = '\0';
	log_for_each_recent(append_line, NULL);
	return messages;
}

void expect_message(const char *part)
{
	const char *end = strchr(recent_log(), '\n');

	if (!strstr(messages, part))
		fail_msg("\"%s\" is not in \"%s\"", part, messages);
	if (end[1])
		fail_msg("more than one message: %s", messages);
}

void expect_no_message(void)
{
	assert_string_equal(recent_log(), "");
}
