/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the kernel and its modules, as far as the command line leaves that open. */
#include "image/modules/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"

#define MODULES_DIR "/lib/modules"

/* 1 if the directory directly holds modules, 0 if not, -ENOMEM. */
static int holds_modules(const char *dir)
{
	_cleanup_free_ char *path = str_format("%s/modules.dep.bin", dir);

	return path ? access(path, F_OK) == 0 : -ENOMEM;
}

static int log_no_modules(const char *kver, const char *dir)
{
	log_err("there are no modules of kernel %s: %s has no modules.dep.bin; if the modules "
		"are there, run depmod, else name another kernel with --kver or --modules-dir",
		kver, dir);
	return -ENOENT;
}

/* The kernel whose modules are in @dir itself. */
static int take_dir(const char *kver, const char *dir, struct kernel *ret_kernel)
{
	struct kernel kernel = { .modules_dir = realpath(dir, NULL) };

	if (!kernel.modules_dir)
		return errno == ENOMEM ? -ENOMEM
				       : log_err_errno(-errno, "cannot use %s, giving up", dir);
	if (kver && !str_equal(kver, str_basename(kernel.modules_dir))) {
		log_err("%s is for another kernel than --kver %s, not building an image that could "
			"not find its modules",
			kernel.modules_dir, kver);
		kernel_done(&kernel);
		return -EINVAL;
	}
	kernel.kver = strdup(str_basename(kernel.modules_dir));
	if (!kernel.kver) {
		kernel_done(&kernel);
		return -ENOMEM;
	}
	*ret_kernel = kernel;
	return 0;
}

/* The one directory below @dir that holds modules, or why there is no telling. */
static int find_only_kernel(const char *dir, char **ret_path)
{
	_cleanup_closedir_ DIR *stream = opendir(dir);
	_cleanup_free_ char *found = NULL;
	const struct dirent *entry;

	if (!stream)
		return log_err_errno(-errno, "cannot read the modules directory %s, giving up",
				     dir);
	while ((entry = readdir(stream))) {
		_cleanup_free_ char *path = NULL;
		int r;

		if (entry->d_name[0] == '.')
			continue;
		path = str_format("%s/%s", dir, entry->d_name);
		if (!path)
			return -ENOMEM;
		r = holds_modules(path);
		if (r < 0)
			return r;
		if (r > 0 && found) {
			log_err("%s has the modules of several kernels; say which with --kver",
				dir);
			return -EINVAL;
		}
		if (r > 0)
			found = TAKE_PTR(path);
	}
	if (!found) {
		log_err("neither %s nor a directory in it has a modules.dep.bin; if the modules "
			"are there, run depmod",
			dir);
		return -ENOENT;
	}
	*ret_path = TAKE_PTR(found);
	return 0;
}

/* Below the sysroot's own directory of modules; its running kernel is ours, unless it is another.
 */
static int locate_in_sysroot(const char *kver, const struct sysroot *sysroot,
			     struct kernel *ret_kernel)
{
	_cleanup_free_ char *modules = NULL, *dir = NULL;
	struct utsname running;
	int r;

	r = sysroot_resolve(sysroot, MODULES_DIR, &modules);
	if (r < 0)
		return r == -ENOMEM
			       ? r
			       : log_err_errno(r,
					       "cannot read the modules directory %s%s, giving up",
					       sysroot->path, MODULES_DIR);
	if (!kver && !sysroot_is_machine(sysroot)) {
		r = find_only_kernel(modules, &dir);
		return r < 0 ? r : take_dir(NULL, dir, ret_kernel);
	}
	if (!kver) {
		(void)uname(&running);
		kver = running.release;
	}
	dir = str_format("%s/%s", modules, kver);
	if (!dir)
		return -ENOMEM;
	r = holds_modules(dir);
	if (r < 0)
		return r;
	return r ? take_dir(kver, dir, ret_kernel) : log_no_modules(kver, dir);
}

int kernel_locate(const char *kver, const char *modules_dir, const struct sysroot *sysroot,
		  struct kernel *ret_kernel)
{
	_cleanup_free_ char *below = NULL;
	int r;

	if (!modules_dir)
		return locate_in_sysroot(kver, sysroot, ret_kernel);
	r = holds_modules(modules_dir);
	if (r < 0)
		return r;
	if (r > 0)
		return take_dir(kver, modules_dir, ret_kernel);
	if (!kver) {
		r = find_only_kernel(modules_dir, &below);
		return r < 0 ? r : take_dir(NULL, below, ret_kernel);
	}
	below = str_format("%s/%s", modules_dir, kver);
	if (!below)
		return -ENOMEM;
	r = holds_modules(below);
	if (r < 0)
		return r;
	return r ? take_dir(kver, below, ret_kernel) : log_no_modules(kver, below);
}

void kernel_done(struct kernel *kernel)
{
	free(kernel->kver);
	free(kernel->modules_dir);
	*kernel = (struct kernel){ 0 };
}
