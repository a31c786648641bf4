/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How `why`, `diff`, `size` and `verify` begin and end: an image is loaded, an output is complete.
 */
#include "image/inspect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/build/default-image.h"
#include "image/reader/standard-input.h"

enum exit_code inspect_load(const char *path, const char *kver, contents_wants_cb wants_data,
			    char **ret_path, struct contents *ret_contents)
{
	_cleanup_free_ char *image = path ? strdup(path) : NULL;
	int r = 0;

	if (!path)
		r = default_image_find(kver, &image);
	else if (!image)
		r = -ENOMEM;
	if (r >= 0)
		r = contents_load(image, wants_data, ret_contents);
	if (r >= 0)
		*ret_path = TAKE_PTR(image);
	return exit_code_of_image(r);
}

uint64_t inspect_file_size(const char *path)
{
	struct stat st;
	int r = str_equal(path, STANDARD_INPUT) ? fstat(STDIN_FILENO, &st) : stat(path, &st);

	return r == 0 ? (uint64_t)st.st_size : 0;
}

void inspect_print(const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		if (*at < ' ' || *at == 0x7f || *at == '\\')
			(void)printf("\\%03o", *at);
		else
			(void)putchar(*at);
	}
}

enum exit_code inspect_finish(FILE *stream, const char *name)
{
	if (fflush(stream) == 0 && !ferror(stream))
		return EXIT_CODE_OK;
	log_err_errno(-errno, "cannot write all of the output to %s", name);
	return EXIT_CODE_OUTPUT;
}
