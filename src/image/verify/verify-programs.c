/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follows programs through the image as its own loader will: the interpreter, DT_NEEDED, and where
 * libraries are looked for. Nothing outside of the image counts.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/elf/elf-machine.h"
#include "image/elf/elf.h"
#include "image/elf/library-dirs.h"
#include "image/elf/library-search.h"
#include "image/elf/search-path.h"
#include "image/elf/shebang.h"
#include "image/verify/verify.h"
#include "kindling/image-layout.h"

/* A file that the kernel or the loader takes. */
struct object {
	const struct contents_entry *entry;
	char *path;                  /* by which it is known to the loader, for $ORIGIN */
	const struct object *parent; /* whose library it is; NULL for what the kernel starts */
	struct elf elf;              /* once it was checked, and found to be one */
};

/* What comes of the start of one program. */
struct walk {
	struct verification *verification;
	struct vec objects;  /* struct object *, in the order in which they are loaded */
	struct vec built_in; /* char *: where the loader looks by itself */
};

static void object_free(void *item)
{
	struct object *object = item;

	elf_done(&object->elf);
	free(object->path);
	free(object);
}

static void walk_done(struct walk *walk)
{
	vec_done(&walk->built_in, free);
	vec_done(&walk->objects, object_free);
}

/* The regular file that @path leads to, or NULL. */
static const struct contents_entry *find_file(const struct walk *walk, const char *path)
{
	const struct contents_entry *entry = contents_lookup(walk->verification->contents, path);

	return entry && S_ISREG(entry->mode) ? entry : NULL;
}

/* Adds the file that @path leads to, once. */
static int load(struct walk *walk, const char *path, const struct object *parent)
{
	const struct contents_entry *entry = find_file(walk, path);
	struct object *object;
	int r;

	vec_for_each(object, &walk->objects) {
		if (object->entry == entry)
			return 0;
	}
	object = calloc(1, sizeof(*object));
	if (!object)
		return -ENOMEM;
	object->entry = entry;
	object->parent = parent;
	object->path = strdup(path);
	r = object->path ? vec_push(&walk->objects, object) : -ENOMEM;
	if (r < 0)
		object_free(object);
	return r;
}

/* These return a path at which there is a file, for the caller to free, or NULL. */

static char *look_in(const struct walk *walk, const char *dir, const char *name)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir, name);

	return path && find_file(walk, path) ? TAKE_PTR(path) : NULL;
}

static char *look_in_search_path(const struct walk *walk, const struct object *owner,
				 const char *search_path, const char *name)
{
	char *found = NULL;
	const char *text;
	size_t size;

	while (!found && (text = search_path_next(&search_path, &size))) {
		_cleanup_free_ char *dir = search_path_expand(text, size, owner->path);

		found = dir ? look_in(walk, dir, name) : NULL;
	}
	return found;
}

static char *look_in_own_paths(const struct walk *walk, const struct object *object,
			       const char *name)
{
	char *found = NULL;

	for (const struct object *owner = object; !found && owner; owner = owner->parent)
		found = look_in_search_path(walk, owner, search_path_get(&object->elf, &owner->elf),
					    name);
	return found;
}

static char *look_in_built_in(const struct walk *walk, const char *name)
{
	char *found = NULL;
	const char *dir;

	vec_for_each(dir, &walk->built_in) {
		if (!found)
			found = look_in(walk, dir, name);
	}
	return found;
}

/*
 * With a cache of its loader, as images of other tools have one, a library may be anywhere. So it
 * is enough then that there is one of that name.
 */
static char *look_everywhere(const struct walk *walk, const char *name)
{
	const struct contents *contents = walk->verification->contents;
	const struct strmap_entry *slot;

	if (!contents_lookup(contents, LOADER_CACHE))
		return NULL;
	strmap_for_each(slot, &contents->entries) {
		const struct contents_entry *entry = slot->value;

		if (str_equal(str_basename(entry->path), name) && find_file(walk, entry->path))
			return strdup(entry->path);
	}
	return NULL;
}

static char *find_library(const struct walk *walk, const struct object *object, const char *name)
{
	char *found;

	if (strchr(name, '/')) {
		_cleanup_free_ char *path = search_path_expand_name(name, object->path);

		return path && find_file(walk, path) ? TAKE_PTR(path) : NULL;
	}
	found = look_in_own_paths(walk, object, name);
	if (!found)
		found = look_in_built_in(walk, name);
	return found ? found : look_everywhere(walk, name);
}

static int need_library(struct walk *walk, const struct object *object, const char *name)
{
	_cleanup_free_ char *path = find_library(walk, object, name);

	if (path)
		return load(walk, path, object);
	return verification_complain(walk->verification,
				     "the library %s is not in the image where its loader would "
				     "look; %s needs it",
				     name, object->entry->path);
}

static int need_interpreter(struct walk *walk, const struct object *object, const char *path)
{
	if (find_file(walk, path))
		return load(walk, path, NULL);
	return verification_complain(walk->verification,
				     "%s is not in the image; the kernel needs it to start %s",
				     path, object->entry->path);
}

/* 1 if the object is a script, 0 if not, -ENOMEM. */
static int check_script(struct walk *walk, const struct object *object, const char *data,
			size_t size)
{
	struct shebang shebang;
	int r = shebang_parse(data, size, &shebang);

	if (r <= 0)
		return r;
	r = need_interpreter(walk, object, shebang.interpreter);
	shebang_done(&shebang);
	return r < 0 ? r : 1;
}

static int check_elf(struct walk *walk, const struct object *object)
{
	const char *interpreter = elf_get_interpreter(&object->elf), *name;
	size_t cursor = 0;
	int r = 0;

	if (walk->built_in.n_items == 0)
		r = library_dirs_name_built_in(elf_machine_find(&object->elf), &walk->built_in);
	if (r >= 0 && interpreter)
		r = need_interpreter(walk, object, interpreter);
	while (r >= 0 && (name = elf_next_needed(&object->elf, &cursor)))
		r = need_library(walk, object, name);
	return r;
}

static int check_object(struct walk *walk, struct object *object)
{
	const struct contents_file *file = object->entry->file;
	const char *data = file->data;
	size_t size = data ? (size_t)file->size : 0;
	int r;

	r = check_script(walk, object, data, size);
	if (r != 0)
		return MIN(r, 0);
	r = data ? elf_parse(data, size, &object->elf) : -ENOEXEC;
	if (r == -ENOEXEC)
		return verification_complain(walk->verification,
					     "%s is neither an ELF file nor a script, so it cannot "
					     "be run",
					     object->entry->path);
	if (r < 0)
		return verification_complain(walk->verification, "%s is a broken ELF file",
					     object->entry->path);
	return check_elf(walk, object);
}

/* What must be there under that very name. */
static int need_program(struct walk *walk, const char *path, const char *why)
{
	const struct contents_entry *found = find_file(walk, path);

	if (!found)
		return verification_complain(walk->verification, "%s is not in the image; it %s",
					     path, why);
	if (!(found->mode & 0111))
		return verification_complain(walk->verification,
					     "%s cannot be run, as it is not executable; it %s",
					     path, why);
	return load(walk, found->path, NULL);
}

/* Each program has a walk of its own, as DT_RPATH of one says nothing to the other. */
static int verify_program(struct verification *verification, const char *path, const char *why)
{
	struct walk walk = { .verification = verification };
	int r;

	verification->n_programs++;
	r = need_program(&walk, path, why);
	for (size_t i = 0; r >= 0 && i < walk.objects.n_items; i++)
		r = check_object(&walk, walk.objects.items[i]);
	walk_done(&walk);
	return r;
}

static bool needs_unlocking(const struct host *host)
{
	const struct host_need *need;

	vec_for_each(need, &host->needs) {
		if (need->kind == HOST_NEED_DM_TARGET && need->is_essential &&
		    str_equal(need->name, "crypt"))
			return true;
	}
	return false;
}

/* Images of other tools unlock with programs of their own. */
static const char *find_unlocker(const struct verification *verification)
{
	const struct contents *contents = verification->contents;
	static const char *const others[] = {
		"/usr/lib/systemd/systemd-cryptsetup",
		"/usr/bin/systemd-cryptsetup",
		"/usr/sbin/cryptsetup",
		"/usr/bin/cryptsetup",
		"/sbin/cryptsetup",
	};

	if (verification_knows_init(verification))
		return IMAGE_UNLOCK;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (contents_lookup(contents, others[i]))
			return others[i];
	return IMAGE_UNLOCK;
}

int verify_programs(struct verification *verification)
{
	int r;

	r = verify_program(verification, IMAGE_INIT, "is what the kernel starts first");
	if (r < 0 || !needs_unlocking(verification->host))
		return r;
	return verify_program(verification, find_unlocker(verification),
			      "unlocks the volume that the root is on");
}
