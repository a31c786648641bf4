/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernels differ in what they have, so that most of what is wanted may be missing, and is no loss.
 */
#include "image/modules/optional-modules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"

int optional_modules_add(struct kmod_closure *closure, const char *name, const char *why,
			 const char *cause)
{
	int r = cause ? kmod_closure_add_for(closure, name, why, cause)
		      : kmod_closure_add(closure, name, why);

	if (r == -ENOENT) {
		log_debug("%s (%s%s%s) is not in this kernel, going on without it", name, why,
			  cause ? " " : "", cause ? cause : "");
		return 0;
	}
	/* A damaged table has been complained of. */
	if (r < 0 && r != -ENOMEM && r != -EBADMSG)
		log_err_errno(r, "cannot look up %s, giving up", name);
	return r < 0 ? r : 1;
}

int optional_modules_add_all(struct kmod_closure *closure, const char *names, const char *why,
			     const char *cause)
{
	_cleanup_free_ char *copy = strdup(names);
	char *rest = copy, *name;
	int r = copy ? 0 : -ENOMEM;

	while (r >= 0 && (name = strsep(&rest, " ")))
		r = optional_modules_add(closure, name, why, cause);
	return r < 0 ? r : 0;
}
