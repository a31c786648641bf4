/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/* As much of a file as the kernel looks at (BINPRM_BUF_SIZE since Linux 5.1). */
#define SHEBANG_MAX 256

/* What a script says of who runs it. */
struct shebang {
	char *interpreter; /* absolute */
	char *program;     /* what env(1) as the interpreter will look for in $PATH, or NULL */
};

/*
 * Reads "#!INTERPRETER [ARGUMENTS]" from the first @size bytes of a file. 1, 0 if it is no such
 * script, -ENOMEM.
 */
int shebang_parse(const char *data, size_t size, struct shebang *ret_shebang);

void shebang_done(struct shebang *shebang);
