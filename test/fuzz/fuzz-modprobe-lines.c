/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of modprobe.d(5), modules.softdep and modules.weakdep. */
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "fuzz.h"
#include "image/modules/modprobe-lines.h"

static const char *text, *text_end;

static void check_inside(const char *string)
{
	FUZZ_CHECK(string >= text && string + strlen(string) <= text_end);
}

static int check_line(void *userdata, const struct modprobe_line *line)
{
	char *rest = line->rest, *word;

	check_inside(line->command);
	check_inside(line->name);
	check_inside(line->rest);
	FUZZ_CHECK(line->name[0] && !strpbrk(line->name, " \t\r\n"));
	FUZZ_CHECK(line->rest[0] || str_equal(line->command, "blacklist"));
	while ((word = modprobe_lines_next_word(&rest))) {
		check_inside(word);
		FUZZ_CHECK(word[0] && !strpbrk(word, " \t\r"));
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *copy = strndup((const char *)data, size);
	int r;

	FUZZ_CHECK(copy);
	text = copy;
	text_end = copy + strlen(copy);
	r = modprobe_lines_parse("fuzz.conf", copy, check_line, NULL);
	FUZZ_CHECK(r == 0);
	return 0;
}
