/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the kernel and its modules, as far as the command line leaves that open. */
#include "image/modules/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/vec.h"

#define MODULES_DIR "/lib/modules"

/* 1 if the directory directly holds modules, 0 if not, -ENOMEM. */
static int holds_modules(const char *dir)
{
	_cleanup_free_ char *path = str_format("%s/modules.dep.bin", dir);

	return path ? access(path, F_OK) == 0 : -ENOMEM;
}

static bool is_visible(const char *name)
{
	return name[0] != '.';
}

/* The kernels whose modules are below @dir, as words; NULL if there are none. */
static int list_kernels(const char *dir, char **ret_text)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct vec names;
	const char *name;
	int r;

	*ret_text = NULL;
	r = file_list_directory(dir, is_visible, &names);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	vec_for_each(name, &names) {
		_cleanup_free_ char *path = str_format("%s/%s", dir, name);

		r = path ? holds_modules(path) : -ENOMEM;
		if (r < 0)
			break;
		if (r > 0)
			strbuf_printf(&text, "%s%s", text.size ? ", " : "", name);
	}
	vec_done(&names, free);
	if (r >= 0 && text.size > 0)
		*ret_text = strbuf_steal(&text);
	return r < 0 || text.failed ? -ENOMEM : 0;
}

/* @above is the directory that those of kernels are in. */
static int log_no_modules(const char *kver, const char *above)
{
	_cleanup_free_ char *others = NULL;
	int r = list_kernels(above, &others);

	if (r < 0)
		return r;
	if (access(above, F_OK) < 0)
		log_err("there are no modules of kernel %s, as %s is not there; install that "
			"kernel's package, or say with --modules-dir where its modules are; for a "
			"kernel that has none, kindling(8) tells at --modules-dir what to do",
			kver, above);
	else
		log_err("there are no modules of kernel %s: %s/%s has no modules.dep.bin; if the "
			"modules are there, run depmod, else name another kernel with --kver or "
			"--modules-dir; those with modules here: %s",
			kver, above, kver, others ? others : "none");
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

static int log_several(const char *dir)
{
	_cleanup_free_ char *kernels = NULL;

	if (list_kernels(dir, &kernels) < 0)
		return -ENOMEM;
	log_err("%s has the modules of several kernels; say which with --kver: %s", dir, kernels);
	return -EINVAL;
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
			return log_several(dir);
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

static int take_only(const char *above, struct kernel *ret_kernel)
{
	_cleanup_free_ char *dir = NULL;
	int r = find_only_kernel(above, &dir);

	return r < 0 ? r : take_dir(NULL, dir, ret_kernel);
}

static int take_version(const char *kver, const char *above, struct kernel *ret_kernel)
{
	_cleanup_free_ char *dir = str_format("%s/%s", above, kver);
	int r = dir ? holds_modules(dir) : -ENOMEM;

	if (r < 0)
		return r;
	return r ? take_dir(kver, dir, ret_kernel) : log_no_modules(kver, above);
}

/* Below the sysroot's own directory of modules; its running kernel is ours, unless it is another.
 */
static int locate_in_sysroot(const char *kver, const struct sysroot *sysroot,
			     struct kernel *ret_kernel)
{
	_cleanup_free_ char *modules = NULL;
	struct utsname running;
	int r;

	if (!kver && sysroot_is_machine(sysroot)) {
		(void)uname(&running);
		kver = running.release;
	}
	r = sysroot_resolve(sysroot, MODULES_DIR, &modules);
	if (r == -ENOENT) {
		modules = str_format("%s%s", sysroot->path, MODULES_DIR);
		r = modules ? 0 : -ENOMEM;
	}
	if (r < 0)
		return r == -ENOMEM
			       ? r
			       : log_err_errno(r,
					       "cannot read the modules directory %s%s, giving up",
					       sysroot->path, MODULES_DIR);
	return kver ? take_version(kver, modules, ret_kernel) : take_only(modules, ret_kernel);
}

int kernel_locate(const char *kver, const char *modules_dir, const struct sysroot *sysroot,
		  struct kernel *ret_kernel)
{
	int r;

	if (!modules_dir)
		return locate_in_sysroot(kver, sysroot, ret_kernel);
	r = holds_modules(modules_dir);
	if (r < 0)
		return r;
	if (r > 0)
		return take_dir(kver, modules_dir, ret_kernel);
	return kver ? take_version(kver, modules_dir, ret_kernel)
		    : take_only(modules_dir, ret_kernel);
}

void kernel_done(struct kernel *kernel)
{
	free(kernel->kver);
	free(kernel->modules_dir);
	*kernel = (struct kernel){ 0 };
}
