/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first line of a script, read as the kernel does (fs/binfmt_script.c), and its second half as
 * env(1) does: options and assignments come before the program's name.
 */
#include "image/elf/shebang.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"

#define BLANKS " \t"

/* The next word of *@rest, which moves on behind it, as a copy; "" at the end, NULL for no memory.
 */
static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, BLANKS);
	size_t size = strcspn(word, BLANKS);

	*rest = word + size;
	return strndup(word, size);
}

/* 0 and what env(1) with these arguments runs, NULL if nothing; or -ENOMEM. */
static int parse_env(char *arguments, char **ret_program)
{
	for (;;) {
		_cleanup_free_ char *word = next_word(&arguments);

		if (!word)
			return -ENOMEM;
		if (word[0] == '-' || strchr(word, '='))
			continue;
		*ret_program = word[0] ? TAKE_PTR(word) : NULL;
		return 0;
	}
}

int shebang_parse(const char *data, size_t size, struct shebang *ret_shebang)
{
	struct shebang shebang = { 0 };
	_cleanup_free_ char *line = NULL;
	char *rest;
	int r = 1;

	if (size < 2 || memcmp(data, "#!", 2) != 0)
		return 0;
	line = strndup(data + 2, MIN(size, SHEBANG_MAX) - 2);
	if (!line)
		return -ENOMEM;
	rest = line;
	rest[strcspn(rest, "\n")] = '\0';
	shebang.interpreter = next_word(&rest);
	if (!shebang.interpreter)
		return -ENOMEM;
	if (shebang.interpreter[0] != '/')
		r = 0;
	else if (str_equal(str_basename(shebang.interpreter), "env"))
		r = parse_env(rest, &shebang.program) < 0 ? -ENOMEM : 1;
	if (r > 0)
		*ret_shebang = shebang;
	else
		shebang_done(&shebang);
	return r;
}

void shebang_done(struct shebang *shebang)
{
	free(shebang->interpreter);
	free(shebang->program);
	*shebang = (struct shebang){ 0 };
}
