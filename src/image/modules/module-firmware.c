/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/modules/module-firmware.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "image/modules/firmware.h"
#include "image/modules/module-info.h"

static int add_names(struct firmware *firmware, const struct vec *names, const char *why)
{
	const char *name;
	int r = why ? 0 : -ENOMEM;

	vec_for_each(name, names) {
		if (r >= 0)
			r = firmware_add(firmware, name, why);
	}
	return r;
}

static int add_of_builtin(struct firmware *firmware, const struct builtin_modinfo *builtins,
			  const char *name)
{
	_cleanup_module_info_ struct module_info info = { 0 };
	_cleanup_free_ char *why = str_format("firmware for %s, which is built in", name);
	int r = builtin_modinfo_read(builtins, name, &info);

	return r < 0 ? r : add_names(firmware, &info.firmware, why);
}

/* The reason ends in the module's own place in the image, so that it leads on to the next one. */
static int add_of_module(struct firmware *firmware, const struct kmod_closure *closure,
			 const char *name, enum module_storage storage, const struct vec *names)
{
	_cleanup_free_ char *path = NULL, *why = NULL;
	int r = kmod_closure_get_image_path(closure, name, storage, &path);

	if (r < 0)
		return r;
	why = str_format("firmware for %s", path);
	return add_names(firmware, names, why);
}

static int add_of_all(struct firmware *firmware, const struct kmod_closure *closure,
		      const struct vec *modules, enum module_storage storage,
		      const struct module_facts *facts, const struct builtin_modinfo *builtins)
{
	const struct kmod_closure_module *module;
	int r = 0;

	vec_for_each(module, modules) {
		if (r >= 0 && module->host_path)
			r = add_of_module(firmware, closure, module->name, storage,
					  &module_facts_get(facts, module->host_path)->firmware);
		else if (r >= 0)
			r = add_of_builtin(firmware, builtins, module->name);
	}
	return r;
}

static int open_builtins(const struct kernel *kernel, struct builtin_modinfo *ret_builtins)
{
	int r = builtin_modinfo_open(kernel->modules_dir, ret_builtins);

	if (r == -EBADMSG) {
		log_err("%s/modules.builtin.modinfo is cut off; install the kernel's package "
			"again, "
			"giving up",
			kernel->modules_dir);
		return -ESTALE;
	}
	return r < 0 && r != -ENOMEM
		       ? log_err_errno(r, "cannot read %s/modules.builtin.modinfo, giving up",
				       kernel->modules_dir)
		       : r;
}

static void tell_missing(const struct firmware *firmware)
{
	size_t n = firmware_count_missing(firmware);

	if (n > 0)
		log_debug("%zu firmware files that drivers may ask for are not installed; most "
			  "machines need none of them",
			  n);
}

int module_firmware_add(const struct kmod_closure *closure, struct tree *tree,
			const struct module_firmware_options *options)
{
	struct builtin_modinfo builtins = { 0 };
	struct firmware *firmware = NULL;
	struct vec modules;
	int r;

	r = kmod_closure_list(closure, &modules);
	if (r < 0)
		return r;
	r = open_builtins(options->kernel, &builtins);
	if (r >= 0)
		r = firmware_new(tree, options->sysroot, options->kernel->kver, options->config,
				 options->is_compressing, &firmware);
	if (r >= 0)
		r = add_of_all(firmware, closure, &modules, options->module_storage, options->facts,
			       &builtins);
	if (r >= 0)
		tell_missing(firmware);
	firmware_free(firmware);
	builtin_modinfo_close(&builtins);
	vec_done(&modules, NULL);
	return r;
}
