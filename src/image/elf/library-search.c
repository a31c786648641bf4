/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which file the loader takes for a name, by the rules of ld.so(8): DT_RPATH of the object and of
 * those that brought it in, or DT_RUNPATH of the object; ld.so.cache; the directories that are
 * built in. Those of ld.so.conf come last, for trees whose cache is missing or stale.
 *
 * In each directory DIR the loader prefers DIR/glibc-hwcaps/LEVEL, by what the processor can do.
 * The image may boot on another one, so all of them count.
 *
 * Nothing is added to the image here. Each file is opened once, and each name that no search path
 * of an object's own is in the way of is looked for once.
 */
#include "image/elf/library-search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "image/elf/search-path.h"

#define C_LIBRARY    "libc.so.6"
#define MUSL_LIBRARY "/usr/lib" /* has no library of that name; looks there among others */
#define HWCAPS       "/glibc-hwcaps"
#define CACHE_MAX    (64 * 1024 * 1024)

void elf_object_free(void *item)
{
	struct elf_object *object = item;

	if (!object)
		return;
	free(object->path);
	free(object->host_path);
	free(object->image_path);
	elf_done(&object->elf);
	free(object);
}

int elf_object_new(const char *path, const char *host_path, struct elf_object **ret_object)
{
	struct elf_object *object = calloc(1, sizeof(*object));

	if (!object)
		return -ENOMEM;
	object->path = strdup(path);
	object->host_path = strdup(host_path);
	if (!object->path || !object->host_path) {
		elf_object_free(object);
		return -ENOMEM;
	}
	object->error = elf_open(host_path, &object->elf);
	*ret_object = object;
	return 0;
}

static void library_free(void *item)
{
	struct library *library = item;

	free(library->dir);
	vec_done(&library->objects, NULL);
	free(library);
}

static void free_names(void *item)
{
	vec_done(item, free);
	free(item);
}

void library_search_init(struct library_search *search, const struct sysroot *sysroot)
{
	*search = (struct library_search){ .sysroot = sysroot };
}

void library_search_done(struct library_search *search)
{
	vec_done(&search->libraries, library_free);
	strmap_done(&search->by_name, NULL);
	strmap_done(&search->hwcaps, free_names);
	strmap_done(&search->objects, elf_object_free);
	library_dirs_done(&search->dirs);
	free(search->cache_data);
	free(search->c_library_dir);
	*search = (struct library_search){ 0 };
}

int library_search_open(struct library_search *search, const char *path,
			struct elf_object **ret_object)
{
	struct elf_object *object = strmap_get(&search->objects, path);
	_cleanup_free_ char *host_path = NULL;
	int r;

	if (object) {
		*ret_object = object;
		return 1;
	}
	r = sysroot_resolve(search->sysroot, path, &host_path);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = elf_object_new(path, host_path, &object);
	if (r < 0)
		return r;
	r = strmap_set(&search->objects, path, object);
	if (r < 0) {
		elf_object_free(object);
		return r;
	}
	*ret_object = object;
	return 1;
}

/* The names in DIR/glibc-hwcaps, which is seldom there. */
static int list_hwcaps(struct library_search *search, const char *dir, const struct vec **ret_names)
{
	struct vec *names = strmap_get(&search->hwcaps, dir);
	_cleanup_free_ char *path = NULL;
	int r;

	if (names) {
		*ret_names = names;
		return 0;
	}
	path = str_format("%s" HWCAPS, dir);
	names = calloc(1, sizeof(*names));
	r = path && names ? library_dirs_list(search->sysroot, path, names) : -ENOMEM;
	if (r >= 0)
		r = strmap_set(&search->hwcaps, dir, names);
	if (r < 0) {
		if (names)
			free_names(names);
		return r;
	}
	*ret_names = names;
	return 0;
}

/* Takes the file for a library of the machine, if it is one. 0 or -ENOMEM. */
static int consider(struct library_search *search, const char *path, struct vec *objects)
{
	struct elf_object *object;
	int r;

	if (!path)
		return -ENOMEM;
	r = library_search_open(search, path, &object);
	if (r <= 0)
		return r;
	if (object->error == 0 && elf_is_same_machine(&object->elf, &search->machine))
		return vec_push(objects, object);
	if (!search->rejected)
		search->rejected = object;
	return 0;
}

static int library_new(struct library_search *search, const char *dir, const struct vec *objects,
		       struct library **ret_library)
{
	struct library *library = calloc(1, sizeof(*library));
	int r;

	if (!library)
		return -ENOMEM;
	library->dir = strdup(dir);
	r = library->dir ? vec_push(&search->libraries, library) : -ENOMEM;
	if (r < 0) {
		library_free(library);
		return r;
	}
	library->objects = *objects;
	*ret_library = library;
	return 1;
}

/* 1 if @dir has the library or variants of it, 0 if not, -ENOMEM. "" is the root. */
static int try_dir(struct library_search *search, const char *dir, const char *name,
		   struct library **ret_library)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir, name);
	struct vec objects = { 0 };
	const struct vec *hwcaps;
	const char *level;
	int r;

	r = consider(search, path, &objects);
	if (r >= 0)
		r = list_hwcaps(search, dir, &hwcaps);
	if (r >= 0) {
		vec_for_each(level, hwcaps) {
			_cleanup_free_ char *variant =
				str_format("%s" HWCAPS "/%s/%s", dir, level, name);

			if (r >= 0)
				r = consider(search, variant, &objects);
		}
	}
	if (r >= 0)
		r = objects.n_items > 0 ? library_new(search, dir, &objects, ret_library) : 0;
	if (r <= 0)
		vec_done(&objects, NULL);
	return r;
}

static int try_dirs(struct library_search *search, const struct vec *dirs, const char *name,
		    struct library **ret_library)
{
	const char *dir;
	int r = 0;

	vec_for_each(dir, dirs) {
		r = try_dir(search, dir, name, ret_library);
		if (r != 0)
			break;
	}
	return r;
}

/*
 * One directory of a search path as a path of the sysroot without links and "..", which may lead
 * nowhere in the image. 1, 0 if it is not there, -ENOMEM.
 */
static int expand_dir(const struct library_search *search, const struct elf_object *owner,
		      const char *text, size_t size, char **ret_dir)
{
	_cleanup_free_ char *expanded = search_path_expand(text, size, owner->path), *real = NULL;
	const char *below;
	int r;

	if (!expanded)
		return 0;
	r = sysroot_resolve(search->sysroot, expanded, &real);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	below = str_after_prefix(real, search->sysroot->path);
	if (!below)
		return 0;
	*ret_dir = strdup(str_equal(below, "/") ? "" : below);
	return *ret_dir ? 1 : -ENOMEM;
}

/* Whether the program lies in another directory in the image, which $ORIGIN will then be. */
static bool is_moved(const struct elf_object *program)
{
	size_t size = (size_t)(str_basename(program->path) - program->path);

	return !program->image_path ||
	       size != (size_t)(str_basename(program->image_path) - program->image_path) ||
	       strncmp(program->path, program->image_path, size) != 0;
}

/*
 * Whether the loader of the image finds @dir by the same words. Other paths may lead through what
 * the image lacks. And a program's own directory is found through /proc, which is not mounted yet
 * when /init is started; but /init is always moved.
 */
static bool is_found_alike(const struct elf_object *owner, const char *dir, const char *text,
			   size_t size)
{
	if (search_path_has_origin(text))
		return owner->parent || !is_moved(owner);
	return str_item_is(text, size, dir);
}

/* Looks through a DT_RPATH or DT_RUNPATH of @owner. */
static int try_search_path(struct library_search *search, const struct elf_object *owner,
			   const char *search_path, const char *name, struct library **ret_library)
{
	const char *text;
	size_t size;
	int r = 0;

	while (r == 0 && (text = search_path_next(&search_path, &size))) {
		_cleanup_free_ char *dir = NULL;

		r = expand_dir(search, owner, text, size, &dir);
		if (r > 0)
			r = try_dir(search, dir, name, ret_library);
		if (r > 0)
			(*ret_library)->needs_help = !is_found_alike(owner, dir, text, size);
	}
	return r;
}

static int try_own_paths(struct library_search *search, const struct elf_object *object,
			 const char *name, struct library **ret_library)
{
	int r = 0;

	for (const struct elf_object *owner = object; r == 0 && owner; owner = owner->parent)
		r = try_search_path(search, owner, search_path_get(&object->elf, &owner->elf), name,
				    ret_library);
	return r;
}

/* The cache may name a file otherwise than programs do, and one in a hwcaps directory. */
static int try_cache(struct library_search *search, const char *name, struct library **ret_library)
{
	const char *path = ld_cache_find(&search->cache, name, search->cache_flags);
	const char *file = path ? str_basename(path) : NULL, *end;
	_cleanup_free_ char *dir = NULL;
	int r;

	if (!path)
		return 0;
	end = strstr(path, HWCAPS "/");
	dir = strndup(path, (size_t)((end ? end : file - 1) - path));
	if (!dir)
		return -ENOMEM;
	r = try_dir(search, dir, file, ret_library);
	if (r > 0)
		(*ret_library)->needs_help = !str_equal(file, name);
	else if (r == 0)
		log_debug("%s says that %s is at %s, where it is not, looking further",
			  LOADER_CACHE, name, path);
	return r;
}

static int try_configured(struct library_search *search, const char *name,
			  struct library **ret_library)
{
	int r;

	if (!search->has_config) {
		r = library_dirs_read_config(&search->dirs, search->sysroot, LOADER_CONFIG);
		if (r < 0)
			return r;
		search->has_config = true;
	}
	return try_dirs(search, &search->dirs.configured, name, ret_library);
}

/* "/usr/lib" and "/lib" are one, and the loader looks into both where they are not. */
static const char *without_usr(const char *dir)
{
	const char *below = str_after_prefix(dir, "/usr");

	return below && below[0] == '/' ? below : dir;
}

/*
 * Whether the loader looks there by itself. What was built in can only be guessed; but it is sure
 * to look where its C library is.
 */
static bool is_built_in(const struct library_search *search, const char *dir)
{
	const char *built_in;

	if (search->has_c_library)
		return str_equal(without_usr(dir), without_usr(search->c_library_dir));
	vec_for_each(built_in, &search->dirs.built_in) {
		if (str_equal(dir, built_in))
			return true;
	}
	return false;
}

/* Where all programs look. */
static int find_for_all(struct library_search *search, const char *name,
			struct library **ret_library)
{
	struct library *library = strmap_get(&search->by_name, name);
	int r;

	if (library) {
		*ret_library = library;
		return 1;
	}
	r = try_cache(search, name, &library);
	if (r == 0)
		r = try_dirs(search, &search->dirs.built_in, name, &library);
	if (r == 0)
		r = try_configured(search, name, &library);
	if (r <= 0)
		return r;
	library->needs_help |= !is_built_in(search, library->dir);
	*ret_library = library;
	r = strmap_set(&search->by_name, name, library);
	return r < 0 ? r : 1;
}

static int find_by_path(struct library_search *search, const struct elf_object *object,
			const char *name, struct library **ret_library)
{
	_cleanup_free_ char *path = search_path_expand_name(name, object->path);

	return path ? try_dir(search, "", path + 1, ret_library) : 0;
}

int library_search_find(struct library_search *search, const struct elf_object *object,
			const char *name, const struct library **ret_library)
{
	struct library *library = NULL;
	int r;

	search->rejected = NULL;
	if (strchr(name, '/')) {
		r = find_by_path(search, object, name, &library);
	} else {
		r = try_own_paths(search, object, name, &library);
		/* What it does not find in the image cannot be preferred there. */
		if (r == 0 || (r > 0 && library->needs_help)) {
			int r2 = find_for_all(search, name, &library);

			r = r2 != 0 ? r2 : r;
		}
	}
	if (r > 0)
		*ret_library = library;
	return r;
}

/* No cache is fine, as in a tree that was only unpacked. */
static int read_cache(struct library_search *search)
{
	_cleanup_free_ char *path = NULL;
	size_t size;
	int r;

	r = sysroot_resolve(search->sysroot, LOADER_CACHE, &path);
	if (r >= 0)
		r = file_read(path, CACHE_MAX, &search->cache_data, &size);
	if (r >= 0)
		r = ld_cache_parse(search->cache_data, size, &search->cache);
	if (r == -ENOMEM)
		return r;
	if (r == -ENOEXEC || r == -EBADMSG)
		log_warn("%s is no cache that this program understands, looking for libraries in "
			 "the directories of %s instead",
			 LOADER_CACHE, LOADER_CONFIG);
	else if (r < 0 && r != -ENOENT)
		log_warn_errno(r,
			       "cannot read %s, looking for libraries in the directories of %s "
			       "instead",
			       LOADER_CACHE, LOADER_CONFIG);
	return 0;
}

static int find_c_library(struct library_search *search)
{
	struct library *library;
	int r;

	r = try_cache(search, C_LIBRARY, &library);
	if (r == 0)
		r = try_dirs(search, &search->dirs.built_in, C_LIBRARY, &library);
	if (r < 0)
		return r;
	search->has_c_library = r > 0;
	search->c_library_dir = strdup(r > 0 ? library->dir : MUSL_LIBRARY);
	return search->c_library_dir ? 0 : -ENOMEM;
}

int library_search_set_machine(struct library_search *search, const struct elf *program)
{
	const struct elf_machine *machine = elf_machine_find(program);
	int r;

	search->machine = (struct elf){
		.machine = program->machine,
		.bytes = { .is_64bit = program->bytes.is_64bit,
			   .is_big_endian = program->bytes.is_big_endian },
	};
	search->cache_flags = machine ? machine->cache_flags : 0;
	r = library_dirs_init(&search->dirs, search->sysroot, machine);
	if (r >= 0)
		r = read_cache(search);
	if (r >= 0)
		r = find_c_library(search);
	search->has_machine = r >= 0;
	return r;
}
