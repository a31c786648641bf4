/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/build/module-choice.h"

#include <errno.h>

#include "base/log.h"
#include "image/modules/generic-modules.h"
#include "image/modules/host-modules.h"
#include "image/modules/runtime-needs.h"

static int omit(struct kmod_closure *closure, const struct kernel *kernel, const char *name)
{
	int r = kmod_closure_omit(closure, name);

	if (r == -EBUSY) {
		log_warn("%s is built into kernel %s, so it cannot be left out, going on", name,
			 kernel->kver);
		return 0;
	}
	if (r == -ENOENT) {
		log_warn("kernel %s has no module %s that could be left out, going on",
			 kernel->kver, name);
		return 0;
	}
	return r;
}

static int add(struct kmod_closure *closure, const struct kernel *kernel, const char *name)
{
	int r = kmod_closure_add(closure, name, "asked for with --add-module");

	if (r == -ENOENT)
		log_err("kernel %s has no module %s, giving up", kernel->kver, name);
	return r;
}

int module_choice_make(struct kmod_closure *closure, const struct build_options *options,
		       const struct kernel *kernel, const struct host *host, struct cache *cache)
{
	const char *name;
	int r = 0;

	vec_for_each(name, &options->omit_modules) {
		if (r >= 0)
			r = omit(closure, kernel, name);
	}
	if (r >= 0)
		r = options->mode == BUILD_MODE_HOST
			    ? host_modules_add(closure, host)
			    : generic_modules_add(closure, kernel->modules_dir, cache);
	vec_for_each(name, &options->add_modules) {
		if (r >= 0)
			r = add(closure, kernel, name);
	}
	return r < 0 ? r : runtime_needs_add(closure);
}
