/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which programs of ours an image gets. */
#include "image/build/programs.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "config.h"
#include "kindling/image-layout.h"

/*
 * Where other programs are, as seen from ours: in the build folder, where meson puts them into
 * src/NAME/NAME, and in an installed tree that was moved as a whole.
 */
static int locate_beside(const char *name, char **ret_path)
{
	const char *const directories[] = { "..", "../libexec" };
	const char *const names[] = { name, "kindling" };
	char self[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (size < 0)
		return -ENOENT;
	self[size] = '\0';
	self[str_basename(self) - self] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_free_ char *path =
			str_format("%s%s/%s/%s", self, directories[i], names[i], name);

		if (!path)
			return -ENOMEM;
		*ret_path = realpath(path, NULL);
		if (*ret_path)
			return 0;
	}
	return -errno;
}

/*
 * The absolute path of the project's own program @name: beside this one while in the build folder
 * or in an installed tree that was moved, else where it was installed. -ENOENT if it is in neither
 * place, -ENOMEM.
 */
static int locate_program(const char *name, char **ret_path)
{
	_cleanup_free_ char *path = NULL;
	int r;

	r = locate_beside(name, ret_path);
	if (r >= 0 || r == -ENOMEM)
		return r;
	path = str_format("%s/%s", KINDLING_LIBEXECDIR, name);
	if (!path)
		return -ENOMEM;
	if (access(path, F_OK) < 0)
		return -ENOENT;
	*ret_path = TAKE_PTR(path);
	return 0;
}

static int find_init(const char *given, char **ret_path)
{
	int r;

	if (given) {
		*ret_path = realpath(given, NULL);
		if (*ret_path || errno == ENOMEM)
			return *ret_path ? 0 : -ENOMEM;
		return log_err_errno(-errno, "cannot use %s as /init, giving up", given);
	}
	r = locate_program("init", ret_path);
	if (r < 0 && r != -ENOMEM)
		return log_err_errno(r, "cannot find the init program of Kindling; say with --init "
					"where it is");
	return r;
}

/* The helper that goes with the init: the one that lies beside it, else the project's own. */
static int find_unlock(const char *init, char **ret_path)
{
	_cleanup_free_ char *beside = NULL;

	beside = str_format("%.*sunlock", (int)(str_basename(init) - init), init);
	if (!beside)
		return -ENOMEM;
	if (access(beside, X_OK) < 0)
		return locate_program("unlock", ret_path);
	*ret_path = TAKE_PTR(beside);
	return 0;
}

int programs_add(struct elf_closure *closure, const char *given)
{
	_cleanup_free_ char *init = NULL, *unlock = NULL;
	int r;

	r = find_init(given, &init);
	if (r >= 0)
		r = elf_closure_add(closure, init, IMAGE_INIT, "the init program");
	if (r < 0)
		return r;
	r = find_unlock(init, &unlock);
	if (r == -ENOENT) {
		log_info("there is no unlock helper here: this image will not open LUKS volumes");
		return 0;
	}
	if (r < 0)
		return r == -ENOMEM ? r
				    : log_err_errno(r, "cannot use the unlock helper, giving up");
	return elf_closure_add(closure, unlock, IMAGE_UNLOCK, "unlocks LUKS volumes");
}
