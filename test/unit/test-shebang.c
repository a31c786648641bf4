/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "image/elf/shebang.h"
#include "support.h"

static const struct row {
	const char *name, *text, *interpreter, *program;
} rows[] = {
	{ "with a script", "#!/bin/sh\necho\n", "/bin/sh", NULL },
	{ "blanks and an option", "#! \t/bin/sh -e\n", "/bin/sh", NULL },
	{ "without an end", "#!/bin/sh", "/bin/sh", NULL },
	{ "env", "#!/usr/bin/env python3\n", "/usr/bin/env", "python3" },
	{ "env with options", "#!/usr/bin/env -S -i LANG=C python3 -u\n", "/usr/bin/env",
	  "python3" },
	{ "env of nothing", "#!/usr/bin/env\n", "/usr/bin/env", NULL },
	{ "a name that begins like env", "#!/usr/bin/environment x\n", "/usr/bin/environment",
	  NULL },
	{ "no absolute path", "#!sh\n", NULL, NULL },
	{ "on the next line", "#!\n/bin/sh\n", NULL, NULL },
	{ "no more", "#!", NULL, NULL },
	{ "one byte", "#", NULL, NULL },
	{ "nothing", "", NULL, NULL },
	{ "a blank before it", " #!/bin/sh\n", NULL, NULL },
	{ "a program",
	  "\x7f"
	  "ELF",
	  NULL, NULL },
};

static void test_shebang(void **state)
{
	const struct row *row = *state;
	struct shebang shebang;
	size_t size = strlen(row->text);
	/* Not terminated, so that reading beyond it is noticed. */
	char *data = malloc(size ? size : 1);
	int r;

	assert_non_null(data);
	memcpy(data, row->text, size);
	r = shebang_parse(data, size, &shebang);
	free(data);
	assert_int_equal(r, row->interpreter ? 1 : 0);
	if (!r)
		return;
	assert_string_equal(shebang.interpreter, row->interpreter);
	if (row->program)
		assert_string_equal(shebang.program, row->program);
	else
		assert_null(shebang.program);
	shebang_done(&shebang);
}

/* The kernel looks at no more, so an interpreter that goes on is another one. */
static void test_long_line(void **state)
{
	char text[2 * SHEBANG_MAX];
	struct shebang shebang;

	memset(text, 'x', sizeof(text));
	memcpy(text, "#!/", 3);
	assert_int_equal(shebang_parse(text, sizeof(text), &shebang), 1);
	assert_int_equal(strlen(shebang.interpreter), SHEBANG_MAX - 2);
	shebang_done(&shebang);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_shebang, rows);
	TEST(&list, test_long_line);
	return test_list_run(&list);
}
