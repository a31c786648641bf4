/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How `why`, `diff`, `size` and `verify` begin and end: an image is loaded, an output is complete.
 */
#include "image/inspect.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "image/build/default-image.h"

enum exit_code inspect_load(const char *path, const char *kver, contents_wants_cb wants_data,
			    struct loaded_image *ret_image)
{
	_cleanup_free_ char *found = NULL;
	int r = path ? 0 : default_image_find(kver, &found);

	if (r >= 0)
		r = loaded_image_read(path ? path : found, wants_data, ret_image);
	return exit_code_of_image(r);
}

enum exit_code inspect_finish(FILE *stream, const char *name)
{
	if (fflush(stream) == 0 && !ferror(stream))
		return EXIT_CODE_OK;
	log_err_errno(-errno, "cannot write all of the output to %s", name);
	return EXIT_CODE_OUTPUT;
}
