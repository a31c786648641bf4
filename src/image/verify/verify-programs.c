/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follows programs through the image as its own loader will: the interpreter, DT_NEEDED, and where
 * libraries are looked for. Nothing outside of the image counts.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/elf/elf-machine.h"
#include "image/elf/elf.h"
#include "image/verify/verify.h"
#include "kindling/image-layout.h"

#define LOADER_CACHE "/etc/ld.so.cache"
#define SCRIPT_MAGIC "#!"

struct walk {
	struct verification *verification;
	struct strmap seen; /* the paths of all that was met so far */
	struct vec pending; /* paths, borrowed from the entries */
};

static bool is_program(const struct contents_entry *entry)
{
	return entry && S_ISREG(entry->mode);
}

/* Adds what @path leads to, once. */
static int visit(struct walk *walk, const struct contents_entry *entry)
{
	int r;

	if (strmap_get(&walk->seen, entry->path))
		return 0;
	r = strmap_set(&walk->seen, entry->path, entry->path);
	return r < 0 ? r : vec_push(&walk->pending, entry->path);
}

/* The entry of @name in the directory that is the first @size bytes of @dir. */
static const struct contents_entry *look_in(const struct walk *walk, const char *dir, size_t size,
					    const char *name)
{
	_cleanup_free_ char *path = str_format("%.*s/%s", (int)size, dir, name);
	const struct contents_entry *entry =
		path ? contents_lookup(walk->verification->contents, path) : NULL;

	return is_program(entry) ? entry : NULL;
}

/* Looks in each directory of a DT_RPATH or DT_RUNPATH; $ORIGIN is the object's own directory. */
static const struct contents_entry *look_in_search_path(const struct walk *walk, const char *object,
							const char *search_path, const char *name)
{
	static const char *const origins[] = { "$ORIGIN", "${ORIGIN}" };

	while (search_path && *search_path) {
		size_t size = strcspn(search_path, ":");
		_cleanup_free_ char *dir = strndup(search_path, size);
		const struct contents_entry *found;

		for (size_t i = 0; dir && i < ARRAY_SIZE(origins); i++) {
			const char *rest = str_after_prefix(dir, origins[i]);
			char *expanded;

			if (!rest)
				continue;
			expanded = str_format("%.*s.%s", (int)(str_basename(object) - object),
					      object, rest);
			free(dir);
			dir = expanded;
		}
		found = dir ? look_in(walk, dir, strlen(dir), name) : NULL;
		if (found)
			return found;
		search_path += size + (search_path[size] == ':');
	}
	return NULL;
}

static const struct contents_entry *look_in_built_in(const struct walk *walk, const struct elf *elf,
						     const char *name)
{
	static const char *const common[] = { "/lib64", "/usr/lib64", "/lib", "/usr/lib" };
	const struct elf_machine *machine = elf_machine_find(elf);
	const struct contents_entry *found = NULL;

	if (machine && machine->multiarch) {
		_cleanup_free_ char *dir = str_format("/usr/lib/%s", machine->multiarch);

		found = dir ? look_in(walk, dir, strlen(dir), name) : NULL;
	}
	for (size_t i = 0; !found && i < ARRAY_SIZE(common); i++)
		found = look_in(walk, common[i], strlen(common[i]), name);
	return found;
}

/*
 * With a cache of its loader, as images of other tools have one, a library may be anywhere. So it
 * is enough then that there is one of that name.
 */
static const struct contents_entry *look_everywhere(const struct walk *walk, const char *name)
{
	const struct contents *contents = walk->verification->contents;
	const struct strmap_entry *slot;

	if (!contents_lookup(contents, LOADER_CACHE))
		return NULL;
	strmap_for_each(slot, &contents->entries) {
		const struct contents_entry *entry = slot->value;

		if (str_equal(str_basename(entry->path), name))
			return contents_lookup(contents, entry->path);
	}
	return NULL;
}

static const struct contents_entry *find_library(const struct walk *walk, const char *object,
						 const struct elf *elf, const char *name)
{
	const char *runpath = elf_get_string(elf, DT_RUNPATH);
	const char *search_path = runpath ? runpath : elf_get_string(elf, DT_RPATH);
	const struct contents_entry *found;

	if (strchr(name, '/'))
		return contents_lookup(walk->verification->contents, name);
	found = look_in_search_path(walk, object, search_path, name);
	if (!found)
		found = look_in_built_in(walk, elf, name);
	return found ? found : look_everywhere(walk, name);
}

static int need_library(struct walk *walk, const char *object, const struct elf *elf,
			const char *name)
{
	const struct contents_entry *found = find_library(walk, object, elf, name);

	if (is_program(found))
		return visit(walk, found);
	return verification_complain(walk->verification,
				     "the library %s is not in the image where its loader would "
				     "look; %s needs it",
				     name, object);
}

static int need_interpreter(struct walk *walk, const char *object, const char *path)
{
	const struct contents_entry *found = contents_lookup(walk->verification->contents, path);

	if (is_program(found))
		return visit(walk, found);
	return verification_complain(walk->verification,
				     "%s is not in the image; the kernel needs it to start %s",
				     path, object);
}

/* "#! /bin/sh -x": the program is up to white space. */
static int check_script(struct walk *walk, const char *object, const char *text, size_t size)
{
	size_t start = strlen(SCRIPT_MAGIC), end;
	_cleanup_free_ char *line = NULL;

	line = strndup(text, MIN(size, (size_t)256));
	if (!line)
		return -ENOMEM;
	start += strspn(line + start, " \t");
	end = start + strcspn(line + start, " \t\r\n");
	line[end] = '\0';
	return line[start] == '/' ? need_interpreter(walk, object, line + start) : 0;
}

static int check_program(struct walk *walk, const char *path)
{
	const struct contents_entry *entry = contents_get(walk->verification->contents, path);
	const char *data = entry->file->data, *interpreter, *name;
	size_t size = data ? (size_t)entry->file->size : 0, cursor = 0;
	struct elf elf;
	int r;

	if (size >= strlen(SCRIPT_MAGIC) && memcmp(data, SCRIPT_MAGIC, strlen(SCRIPT_MAGIC)) == 0)
		return check_script(walk, path, data, size);
	r = data ? elf_parse(data, size, &elf) : -ENOEXEC;
	if (r == -ENOEXEC)
		return verification_complain(walk->verification,
					     "%s is neither an ELF file nor a script, so it cannot "
					     "be run",
					     path);
	if (r < 0)
		return verification_complain(walk->verification, "%s is a broken ELF file", path);
	interpreter = elf_get_interpreter(&elf);
	r = interpreter ? need_interpreter(walk, path, interpreter) : 0;
	while (r >= 0 && (name = elf_next_needed(&elf, &cursor)))
		r = need_library(walk, path, &elf, name);
	return r;
}

/* What must be there under that very name. */
static int need_program(struct walk *walk, const char *path, const char *why)
{
	const struct contents_entry *found = contents_lookup(walk->verification->contents, path);

	if (!is_program(found))
		return verification_complain(walk->verification, "%s is not in the image; it %s",
					     path, why);
	if (!(found->mode & 0111))
		return verification_complain(walk->verification,
					     "%s cannot be run, as it is not executable; it %s",
					     path, why);
	return visit(walk, found);
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
static int need_unlocking(struct walk *walk)
{
	static const char *const others[] = {
		"/usr/lib/systemd/systemd-cryptsetup",
		"/usr/bin/systemd-cryptsetup",
		"/usr/sbin/cryptsetup",
		"/usr/bin/cryptsetup",
		"/sbin/cryptsetup",
	};
	const struct contents *contents = walk->verification->contents;
	bool is_ours = contents_lookup(contents, IMAGE_MANIFEST) ||
		       contents_lookup(contents, IMAGE_UNLOCK);

	for (size_t i = 0; !is_ours && i < ARRAY_SIZE(others); i++) {
		const struct contents_entry *found = contents_lookup(contents, others[i]);

		if (is_program(found))
			return visit(walk, found);
	}
	return need_program(walk, IMAGE_UNLOCK, "unlocks the volume that the root is on");
}

int verify_programs(struct verification *verification)
{
	struct walk walk = { .verification = verification };
	int r;

	r = need_program(&walk, IMAGE_INIT, "is what the kernel starts first");
	if (r >= 0 && needs_unlocking(verification->host))
		r = need_unlocking(&walk);
	while (r >= 0 && walk.pending.n_items > 0)
		r = check_program(&walk, walk.pending.items[--walk.pending.n_items]);
	vec_done(&walk.pending, NULL);
	strmap_done(&walk.seen, NULL);
	return r;
}
