/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files a program needs to start, found by the rules of ld.so(8) without running anything:
 * DT_RPATH of the object and of those that load it, DT_RUNPATH of the object, the directories of
 * ld.so.conf, the built-in ones.
 *
 * The image has no ld.so.cache. A library that the host's loader finds only with its help gets a
 * link where the image's loader looks by itself: beside the C library.
 */
#include "image/elf-closure.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "image/elf.h"
#include "image/library-dirs.h"

#define LOADER_CONFIG "/etc/ld.so.conf"
#define C_LIBRARY     "libc.so.6"
#define MUSL_LIBRARY  "/usr/lib" /* has no library of that name; this is where it looks first */

/* An ELF file of the image whose needs are to be met. */
struct object {
	char *path;                  /* on the host */
	const struct object *parent; /* that needs this one, for DT_RPATH */
	char *rpath, *runpath;
	uint16_t machine;
	bool is_64bit;
};

struct elf_closure {
	struct tree *tree;
	const struct sysroot *sysroot;
	struct strmap objects; /* by path */
	struct vec pending;    /* borrowed from objects */
	struct library_dirs dirs;
	bool has_dirs; /* since the first object, which says for which machine */
};

/*
 * What is loaded by dlopen(3), so that no DT_NEEDED tells: if an object has that name (or any, if
 * NULL) and imports that symbol, then the library belongs to it. A name with a slash is relative
 * to the object's directory. Missing ones are noted and no more.
 */
static const struct hidden_need {
	const char *object, *imports, *library;
} hidden_needs[] = {
	/* Both unwind the thread with it; argon2 in libcryptsetup ends its threads like this. */
	{ NULL, "pthread_cancel", "libgcc_s.so.1" },
	{ NULL, "pthread_exit", "libgcc_s.so.1" },
	/* Since version 34 its decompressors are loaded when the first such module is. */
	{ "libkmod.so.2", "dlopen", "libzstd.so.1" },
	{ "libkmod.so.2", "dlopen", "liblzma.so.5" },
	{ "libkmod.so.2", "dlopen", "libz.so.1" },
	/* whirlpool and ripemd160, which LUKS headers may name. */
	{ "libcrypto.so.3", "dlopen", "ossl-modules/legacy.so" },
};

static void object_free(void *item)
{
	struct object *object = item;

	free(object->path);
	free(object->rpath);
	free(object->runpath);
	free(object);
}

int elf_closure_new(struct tree *tree, const struct sysroot *sysroot,
		    struct elf_closure **ret_closure)
{
	struct elf_closure *closure = calloc(1, sizeof(*closure));

	if (!closure)
		return -ENOMEM;
	closure->tree = tree;
	closure->sysroot = sysroot;
	*ret_closure = closure;
	return 0;
}

struct elf_closure *elf_closure_free(struct elf_closure *closure)
{
	if (closure) {
		vec_done(&closure->pending, NULL);
		strmap_done(&closure->objects, object_free);
		library_dirs_done(&closure->dirs);
		free(closure);
	}
	return NULL;
}

static int copy_string(const char *string, char **ret_copy)
{
	*ret_copy = string ? strdup(string) : NULL;
	return string && !*ret_copy ? -ENOMEM : 0;
}

static int object_new(const char *path, const struct object *parent, const struct elf *elf,
		      struct object **ret_object)
{
	struct object *object = calloc(1, sizeof(*object));
	int r;

	if (!object)
		return -ENOMEM;
	object->parent = parent;
	object->machine = elf->machine;
	object->is_64bit = elf->is_64bit;
	r = copy_string(path, &object->path);
	if (r >= 0)
		r = copy_string(elf_get_string(elf, DT_RPATH), &object->rpath);
	if (r >= 0)
		r = copy_string(elf_get_string(elf, DT_RUNPATH), &object->runpath);
	if (r < 0)
		object_free(object);
	else
		*ret_object = object;
	return r;
}

/* Whether the loader would take the file for a library of @object. */
static bool is_library_for(const struct object *object, const char *path)
{
	_cleanup_elf_ struct elf elf = { 0 };

	return elf_open(path, &elf) >= 0 && elf.machine == object->machine &&
	       elf.is_64bit == object->is_64bit;
}

/* 1 and the path if @dir has the library, 0 if not, -ENOMEM. */
static int try_dir(const struct object *object, const char *dir, const char *name, char **ret_path)
{
	_cleanup_free_ char *path = NULL;

	path = str_format("%s/%s", dir, name);
	if (!path)
		return -ENOMEM;
	if (!is_library_for(object, path))
		return 0;
	*ret_path = TAKE_PTR(path);
	return 1;
}

static int try_dirs(const struct object *object, const struct vec *dirs, const char *name,
		    char **ret_path)
{
	const char *dir;
	int r = 0;

	vec_for_each(dir, dirs) {
		r = try_dir(object, dir, name, ret_path);
		if (r != 0)
			break;
	}
	return r;
}

/* The length of what stands for the object's own directory at the beginning of @text, or 0. */
static size_t origin_size(const char *text)
{
	static const char *const forms[] = { "$ORIGIN", "${ORIGIN}" };

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (str_after_prefix(text, forms[i]))
			return strlen(forms[i]);
	return 0;
}

/*
 * Expands one directory of a search path, without links and "..", which may lead nowhere in the
 * image. NULL if it is to be passed over: it is not there, or relative ones depend on where the
 * program is started, and $LIB and $PLATFORM on how the loader was built.
 */
static char *expand_dir(const struct object *owner, const char *dir, size_t size)
{
	_cleanup_strbuf_ struct strbuf expanded = { 0 };

	for (size_t i = 0; i < size;) {
		size_t n = origin_size(dir + i);

		if (n > 0) {
			strbuf_append_bytes(&expanded, owner->path,
					    (size_t)(str_basename(owner->path) - owner->path));
			strbuf_append(&expanded, ".");
		} else if (dir[i] == '$') {
			return NULL;
		} else {
			n = 1;
			strbuf_append_bytes(&expanded, dir + i, n);
		}
		i += n;
	}
	return strbuf_string(&expanded)[0] == '/' ? realpath(strbuf_string(&expanded), NULL) : NULL;
}

/* Looks through a DT_RPATH or DT_RUNPATH of @owner, which may be NULL. */
static int try_search_path(const struct object *object, const struct object *owner,
			   const char *search_path, const char *name, char **ret_path)
{
	int r = 0;

	while (r == 0 && search_path && *search_path) {
		size_t size = strcspn(search_path, ":");
		_cleanup_free_ char *dir = expand_dir(owner, search_path, size);

		if (dir)
			r = try_dir(object, dir, name, ret_path);
		search_path += size;
		search_path += *search_path == ':';
	}
	return r;
}

/* 1 and the host's path of the library that @object knows as @name, 0 if it is nowhere, -ENOMEM. */
static int find_library(struct elf_closure *closure, const struct object *object, const char *name,
			char **ret_path)
{
	int r = 0;

	if (name[0] == '/')
		return try_dir(object, "", name + 1, ret_path);
	for (const struct object *owner = object; r == 0 && !object->runpath && owner;
	     owner = owner->parent)
		r = try_search_path(object, owner, owner->rpath, name, ret_path);
	if (r == 0)
		r = try_search_path(object, object, object->runpath, name, ret_path);
	if (r == 0)
		r = try_dirs(object, &closure->dirs.configured, name, ret_path);
	if (r == 0)
		r = try_dirs(object, &closure->dirs.built_in, name, ret_path);
	return r;
}

static int log_cannot_add(int error, const char *host_path, const char *why)
{
	if (error == -EEXIST)
		log_err("cannot put %s (%s) into the image: another file has its place, "
			"giving up",
			host_path, why);
	else if (error < 0 && error != -ENOMEM)
		log_err_errno(error, "cannot put %s (%s) into the image, giving up", host_path,
			      why);
	return error;
}

/* Remembers the object at @path, unless it is known, so that its needs are met later. */
static int remember(struct elf_closure *closure, const char *path, const struct object *parent)
{
	_cleanup_elf_ struct elf elf = { 0 };
	struct object *object;
	int r;

	if (strmap_get(&closure->objects, path))
		return 0;
	r = elf_open(path, &elf);
	if (r == -ENOEXEC)
		return 0;
	if (r < 0)
		return log_err_errno(r, "cannot read the ELF file %s, giving up", path);
	if (!closure->has_dirs) {
		r = library_dirs_init(&closure->dirs, elf.machine, LOADER_CONFIG);
		if (r < 0)
			return r;
		closure->has_dirs = true;
	}
	r = object_new(path, parent, &elf, &object);
	if (r < 0)
		return r;
	r = strmap_set(&closure->objects, path, object);
	if (r < 0)
		object_free(object);
	return r < 0 ? r : vec_push(&closure->pending, object);
}

/* Makes the library at @path found as @name without the host's ld.so.cache. */
static int link_for_loader(struct elf_closure *closure, const struct object *object,
			   const char *name, const char *path)
{
	_cleanup_free_ char *c_library = NULL, *link = NULL;
	int size, r;

	if (library_dirs_has_built_in(&closure->dirs, path))
		return 0;
	r = try_dirs(object, &closure->dirs.built_in, C_LIBRARY, &c_library);
	if (r < 0)
		return r;
	size = r ? (int)(strlen(c_library) - strlen("/" C_LIBRARY)) : (int)strlen(MUSL_LIBRARY);
	link = str_format("%.*s/%s", size, r ? c_library : MUSL_LIBRARY, name);
	if (!link)
		return -ENOMEM;
	/* Another spelling of a built-in directory: the library is there itself. */
	if (tree_get(closure->tree, link))
		return 0;
	return log_cannot_add(
		tree_add_symlink(closure->tree, link, path,
				 "leads the loader, which has no cache, to a library"),
		path, link);
}

/* Adds the library that @object knows as @name. 0 as well if an @optional one is missing. */
static int add_library(struct elf_closure *closure, const struct object *object, const char *name,
		       bool optional)
{
	_cleanup_free_ char *path = NULL, *why = NULL;
	int r;

	r = find_library(closure, object, name, &path);
	if (r < 0)
		return r;
	if (r == 0 && optional) {
		log_debug("%s may load %s, which is not here, going on without it", object->path,
			  name);
		return 0;
	}
	if (r == 0) {
		log_err("%s needs the library %s, which is neither in its own search path nor in "
			"the directories of %s, giving up",
			object->path, name, LOADER_CONFIG);
		return -ENOENT;
	}
	why = str_format("needed by %s", object->path);
	if (!why)
		return -ENOMEM;
	r = log_cannot_add(tree_add_host_file(closure->tree, closure->sysroot, path, why), path,
			   why);
	if (r >= 0 && !strchr(name, '/'))
		r = link_for_loader(closure, object, name, path);
	return r < 0 ? r : remember(closure, path, object);
}

static int add_interpreter(struct elf_closure *closure, const struct object *object,
			   const char *interpreter)
{
	_cleanup_free_ char *why = str_format("loads %s", object->path);

	if (!why)
		return -ENOMEM;
	return log_cannot_add(tree_add_host_file(closure->tree, closure->sysroot, interpreter, why),
			      interpreter, why);
}

static int add_hidden_needs(struct elf_closure *closure, const struct object *object,
			    const struct elf *elf)
{
	const char *soname = elf_get_string(elf, DT_SONAME);
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(hidden_needs); i++) {
		const struct hidden_need *need = &hidden_needs[i];
		_cleanup_free_ char *path = NULL;

		if ((need->object && (!soname || !str_equal(soname, need->object))) ||
		    !elf_has_import(elf, need->imports))
			continue;
		if (!strchr(need->library, '/')) {
			r = add_library(closure, object, need->library, true);
			continue;
		}
		path = str_format("%.*s%s", (int)(str_basename(object->path) - object->path),
				  object->path, need->library);
		if (!path)
			return -ENOMEM;
		r = add_library(closure, object, path, true);
	}
	return r;
}

static int meet_needs(struct elf_closure *closure, const struct object *object)
{
	_cleanup_elf_ struct elf elf = { 0 };
	const char *interpreter, *name;
	size_t cursor = 0;
	int r;

	r = elf_open(object->path, &elf);
	if (r < 0)
		return log_err_errno(r, "cannot read the ELF file %s, giving up", object->path);
	interpreter = elf_get_interpreter(&elf);
	if (interpreter)
		r = add_interpreter(closure, object, interpreter);
	while (r >= 0 && (name = elf_next_needed(&elf, &cursor)))
		r = add_library(closure, object, name, false);
	return r < 0 ? r : add_hidden_needs(closure, object, &elf);
}

int elf_closure_add(struct elf_closure *closure, const char *host_path, const char *path,
		    const char *why)
{
	int r;

	r = log_cannot_add(tree_add_file(closure->tree, path, host_path, why), host_path, why);
	if (r >= 0)
		r = remember(closure, host_path, NULL);
	while (r >= 0 && closure->pending.n_items > 0) {
		const struct object *object = closure->pending.items[--closure->pending.n_items];

		r = meet_needs(closure, object);
	}
	return r;
}
