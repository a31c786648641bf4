/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files a program needs to start, found without running anything: its loader, its libraries,
 * what these load on demand, and the interpreter of a script. Where each of them is, is the matter
 * of library-search.
 *
 * The image has no ld.so.cache. A library that the loader would find only with its help gets a
 * link where the image's loader looks by itself: beside the C library.
 */
#include "image/elf/elf-closure.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/elf/elf-machine.h"
#include "image/elf/elf-notes.h"
#include "image/elf/library-search.h"
#include "image/elf/shebang.h"

struct elf_closure {
	struct tree *tree;
	const struct sysroot *sysroot;
	struct library_search search;
	struct vec programs; /* struct elf_object; the others are the search's */
	struct vec pending;  /* the same, borrowed: in the image, but not yet what they need */
};

/*
 * What is loaded by dlopen(3), so that no DT_NEEDED tells: if an object has that name (or any, if
 * NULL) and imports that symbol, then the library belongs to it. What an object with a name loads
 * is for its own notes to tell, if it has any. A name with a slash is relative to the object's
 * directory. Missing ones are noted and no more.
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

int elf_closure_new(struct tree *tree, const struct sysroot *sysroot,
		    struct elf_closure **ret_closure)
{
	struct elf_closure *closure = calloc(1, sizeof(*closure));

	if (!closure)
		return -ENOMEM;
	closure->tree = tree;
	closure->sysroot = sysroot;
	library_search_init(&closure->search, sysroot);
	*ret_closure = closure;
	return 0;
}

struct elf_closure *elf_closure_free(struct elf_closure *closure)
{
	if (closure) {
		vec_done(&closure->pending, NULL);
		vec_done(&closure->programs, elf_object_free);
		library_search_done(&closure->search);
		free(closure);
	}
	return NULL;
}

static int log_cannot_add(int error, const char *path, const char *why)
{
	if (error == -EEXIST)
		log_err("cannot put %s (%s) into the image: another file has its place, "
			"giving up",
			path, why);
	else if (error < 0 && error != -ENOMEM)
		log_err_errno(error, "cannot put %s (%s) into the image, giving up", path, why);
	return error;
}

/* After the object's file was put at @path: its needs are to be met. */
static int enqueue(struct elf_closure *closure, struct elf_object *object, const char *path,
		   const struct elf_object *parent)
{
	object->parent = parent;
	object->image_path = strdup(tree_get(closure->tree, path)->path);
	return object->image_path ? vec_push(&closure->pending, object) : -ENOMEM;
}

/* Puts a file of the sysroot into the image, once. */
static int add_object(struct elf_closure *closure, struct elf_object *object,
		      const struct elf_object *parent, const char *why)
{
	int r;

	if (object->image_path)
		return 0;
	r = log_cannot_add(tree_add_host_file(closure->tree, closure->sysroot, object->path, why),
			   object->path, why);
	return r < 0 ? r : enqueue(closure, object, object->path, parent);
}

/* Makes the object, a library or a variant of one, found as @name without a cache. */
static int link_for_loader(struct elf_closure *closure, const struct library *library,
			   const struct elf_object *object, const char *name)
{
	const char *below = object->path + strlen(library->dir);
	_cleanup_free_ char *link = NULL, *why = NULL;

	link = str_format("%s%.*s%s", closure->search.c_library_dir,
			  (int)(str_basename(below) - below), below, name);
	why = str_format("leads the loader, which has no cache, to %s", object->image_path);
	if (!link || !why)
		return -ENOMEM;
	/* Another spelling of a built-in directory: the library is there itself. */
	if (tree_get(closure->tree, link))
		return 0;
	return log_cannot_add(tree_add_symlink(closure->tree, link, object->path, why), link, why);
}

/* Adds what @parent knows as @name, with all variants. */
static int add_library(struct elf_closure *closure, const struct library *library, const char *name,
		       const struct elf_object *parent, const char *reason)
{
	_cleanup_free_ char *why = str_format("%s %s", reason, parent->image_path);
	struct elf_object *object;

	if (!why)
		return -ENOMEM;
	vec_for_each(object, &library->objects) {
		int r = add_object(closure, object, parent, why);

		if (r >= 0 && library->needs_help)
			r = link_for_loader(closure, library, object, name);
		if (r < 0)
			return r;
	}
	return 0;
}

static int log_missing(const struct elf_closure *closure, const struct elf_object *object,
		       const char *name)
{
	const struct elf_object *rejected = closure->search.rejected;

	if (!rejected) {
		log_err("%s needs the library %s, which is neither in its own search path nor in "
			"the directories of %s, giving up",
			object->image_path, name, LOADER_CONFIG);
		return -ENOENT;
	}
	if (rejected->error == -EBADMSG)
		log_err("%s needs the library %s, but %s is a broken ELF file: %s, giving up",
			object->image_path, name, rejected->path, rejected->elf.damage);
	else if (rejected->error == -ENOEXEC)
		log_err("%s needs the library %s, but %s is no ELF file, giving up",
			object->image_path, name, rejected->path);
	else if (rejected->error < 0)
		log_err_errno(rejected->error,
			      "%s needs the library %s, but %s cannot be read, giving up",
			      object->image_path, name, rejected->path);
	else
		log_err("%s needs the library %s, but %s is for another machine (%s), giving up",
			object->image_path, name, rejected->path, elf_machine_name(&rejected->elf));
	return rejected->error < 0 ? rejected->error : -ENOENT;
}

static int add_needed(struct elf_closure *closure, const struct elf_object *object,
		      const char *name)
{
	const struct library *library;
	int r;

	r = library_search_find(&closure->search, object, name, &library);
	if (r < 0)
		return r;
	if (r == 0)
		return log_missing(closure, object, name);
	return add_library(closure, library, name, object, "needed by");
}

/* Whether there was a file that may have been the one, but for a disk that does not give it away.
 */
static bool was_unreadable(const struct elf_closure *closure)
{
	const struct elf_object *rejected = closure->search.rejected;

	return rejected && rejected->error < 0 && rejected->error != -ENOEXEC &&
	       rejected->error != -EBADMSG;
}

/* Adds what is loaded on demand. 1, 0 if it is not there, or a negative errno. */
static int add_optional(struct elf_closure *closure, const struct elf_object *object,
			const char *name)
{
	const struct library *library;
	int r;

	r = library_search_find(&closure->search, object, name, &library);
	if (r == 0 && was_unreadable(closure))
		return log_missing(closure, object, name);
	if (r <= 0)
		return r;
	r = add_library(closure, library, name, object, "loaded on demand by");
	return r < 0 ? r : 1;
}

static int add_optional_or_note(struct elf_closure *closure, const struct elf_object *object,
				const char *name)
{
	int r = add_optional(closure, object, name);

	if (r == 0)
		log_debug("%s may load %s, which is not here, going on without it",
			  object->image_path, name);
	return r;
}

static int add_hidden_needs(struct elf_closure *closure, const struct elf_object *object,
			    bool has_notes)
{
	const char *soname = elf_get_string(&object->elf, DT_SONAME);
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(hidden_needs); i++) {
		const struct hidden_need *need = &hidden_needs[i];
		_cleanup_free_ char *path = NULL;

		if (need->object && (has_notes || !soname || !str_equal(soname, need->object)))
			continue;
		if (!elf_has_import(&object->elf, need->imports))
			continue;
		if (!strchr(need->library, '/')) {
			r = add_optional_or_note(closure, object, need->library);
			continue;
		}
		path = str_format("%.*s%s", (int)(str_basename(object->path) - object->path),
				  object->path, need->library);
		r = path ? add_optional_or_note(closure, object, path) : -ENOMEM;
	}
	return r;
}

/* Adds the first of the alternatives that is there. */
static int add_noted(struct elf_closure *closure, const struct elf_object *object,
		     const struct dlopen_note *note)
{
	const char *soname, *first = note->sonames.items[0];

	if (note->priority == DLOPEN_SUGGESTED) {
		log_debug("%s suggests %s, leaving it out", object->image_path, first);
		return 0;
	}
	vec_for_each(soname, &note->sonames) {
		int r = add_optional(closure, object, soname);

		if (r != 0)
			return r;
	}
	log_message(note->priority == DLOPEN_REQUIRED ? LOG_INFO : LOG_DEBUG,
		    "%s says that it loads %s, which is not here, going on without it",
		    object->image_path, first);
	return 0;
}

static int add_dlopened(struct elf_closure *closure, const struct elf_object *object)
{
	struct vec notes = { 0 };
	const struct dlopen_note *note;
	bool has_notes;
	int r;

	r = elf_notes_read_dlopen(&object->elf, &notes);
	if (r < 0)
		return r;
	if (r > 0)
		log_warn("%s has notes on libraries that make no sense, ignoring those",
			 object->image_path);
	r = 0;
	vec_for_each(note, &notes) {
		if (r >= 0)
			r = add_noted(closure, object, note);
	}
	has_notes = notes.n_items > 0;
	vec_done(&notes, dlopen_note_free);
	return r < 0 ? r : add_hidden_needs(closure, object, has_notes);
}

static int add_interpreter(struct elf_closure *closure, const struct elf_object *object,
			   const char *interpreter)
{
	_cleanup_free_ char *why = str_format("loads %s", object->image_path);

	if (!why)
		return -ENOMEM;
	return log_cannot_add(tree_add_host_file(closure->tree, closure->sysroot, interpreter, why),
			      interpreter, why);
}

/* Libraries that watch the loader. It goes on if one cannot be loaded. */
static int add_auditors(struct elf_closure *closure, const struct elf_object *object, uint64_t tag)
{
	const char *list = elf_get_string(&object->elf, tag);
	int r = 0;

	while (r >= 0 && list && *list) {
		size_t size = strcspn(list, ":");
		_cleanup_free_ char *name = strndup(list, size);

		if (!name)
			return -ENOMEM;
		if (*name)
			r = add_optional_or_note(closure, object, name);
		list += size;
		list += *list == ':';
	}
	return r;
}

static int meet_needs(struct elf_closure *closure, const struct elf_object *object)
{
	const char *interpreter = elf_get_interpreter(&object->elf), *name;
	size_t needed = 0, filtered = 0, auxiliary = 0;
	int r = 0;

	if (interpreter)
		r = add_interpreter(closure, object, interpreter);
	while (r >= 0 && (name = elf_next_needed(&object->elf, &needed)))
		r = add_needed(closure, object, name);
	while (r >= 0 && (name = elf_next_string(&object->elf, DT_FILTER, &filtered)))
		r = add_needed(closure, object, name);
	while (r >= 0 && (name = elf_next_string(&object->elf, DT_AUXILIARY, &auxiliary)))
		r = add_optional_or_note(closure, object, name);
	if (r >= 0)
		r = add_auditors(closure, object, DT_AUDIT);
	if (r >= 0)
		r = add_auditors(closure, object, DT_DEPAUDIT);
	return r < 0 ? r : add_dlopened(closure, object);
}

/* Adds the program at @path that runs a script. 1, 0 if it is not there, or a negative errno. */
static int add_runner(struct elf_closure *closure, const struct elf_object *script,
		      const char *path)
{
	_cleanup_free_ char *why = str_format("runs %s", script->image_path);
	struct elf_object *runner;
	int r;

	if (!why)
		return -ENOMEM;
	r = library_search_open(&closure->search, path, &runner);
	if (r <= 0)
		return r;
	r = add_object(closure, runner, script, why);
	return r < 0 ? r : 1;
}

/* The same for a name that env(1) looks up. */
static int add_runner_by_name(struct elf_closure *closure, const struct elf_object *script,
			      const char *name)
{
	static const char *const dirs[] = { "/usr/bin", "/bin", "/usr/sbin", "/sbin" };
	int r = 0;

	if (strchr(name, '/'))
		return add_runner(closure, script, name);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(dirs); i++) {
		_cleanup_free_ char *path = str_format("%s/%s", dirs[i], name);

		r = path ? add_runner(closure, script, path) : -ENOMEM;
	}
	return r;
}

/* 1 if the file is a script, 0 if not, or a negative errno. */
static int read_shebang(const struct elf_object *object, struct shebang *ret_shebang)
{
	_cleanup_close_ int fd = open(object->host_path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char line[SHEBANG_MAX];
	ssize_t size;

	size = fd >= 0 ? read(fd, line, sizeof(line)) : -1;
	return size < 0 ? -errno : shebang_parse(line, (size_t)size, ret_shebang);
}

/* Not a program perhaps, but a file that looks like one: its interpreter may well be missing. */
static int meet_script_needs(struct elf_closure *closure, const struct elf_object *script)
{
	struct shebang shebang;
	const char *missing;
	int r;

	r = read_shebang(script, &shebang);
	if (r < 0 && r != -ENOMEM)
		return log_err_errno(r, "cannot read %s, giving up", script->image_path);
	if (r <= 0)
		return r;
	missing = shebang.interpreter;
	r = add_runner(closure, script, missing);
	if (r > 0 && shebang.program) {
		missing = shebang.program;
		r = add_runner_by_name(closure, script, missing);
	}
	if (r == 0)
		log_warn("%s is a script for %s, which is not here: it will not run in the image",
			 script->image_path, missing);
	shebang_done(&shebang);
	return r;
}

/* The first ELF file says for which machine the image is. */
static int meet_program_needs(struct elf_closure *closure, const struct elf_object *object)
{
	struct library_search *search = &closure->search;
	int r = 0;

	if (!search->has_machine)
		r = library_search_set_machine(search, &object->elf);
	if (r < 0)
		return r;
	if (elf_is_same_machine(&object->elf, &search->machine))
		return meet_needs(closure, object);
	log_warn("%s is for another machine (%s, not %s), putting it into the image without its "
		 "libraries",
		 object->image_path, elf_machine_name(&object->elf),
		 elf_machine_name(&search->machine));
	return 0;
}

static int meet_needs_of_any(struct elf_closure *closure, const struct elf_object *object)
{
	switch (object->error) {
	case 0:
		return meet_program_needs(closure, object);
	case -ENOEXEC:
		return meet_script_needs(closure, object);
	case -EBADMSG:
		log_err("%s is a broken ELF file: %s, giving up", object->host_path,
			object->elf.damage);
		return -EBADMSG;
	default:
		return log_err_errno(object->error, "cannot read %s, giving up", object->host_path);
	}
}

/* What the program's path is in the sysroot; one from elsewhere is as if it lay at @path. */
static const char *path_in_sysroot(const struct elf_closure *closure, const char *host_path,
				   const char *path)
{
	const char *below = str_after_prefix(host_path, closure->sysroot->path);

	return below && below[0] == '/' ? below : path;
}

static int meet_pending_needs(struct elf_closure *closure)
{
	int r = 0;

	while (r >= 0 && closure->pending.n_items > 0)
		r = meet_needs_of_any(closure, closure->pending.items[--closure->pending.n_items]);
	return r < 0 ? r : 0;
}

static const struct elf_object *find_program(const struct elf_closure *closure, const char *path)
{
	const struct tree_entry *entry = tree_get(closure->tree, path);
	const struct elf_object *program;

	vec_for_each(program, &closure->programs) {
		if (entry && str_equal(program->image_path, entry->path))
			return program;
	}
	return NULL;
}

int elf_closure_has_library(struct elf_closure *closure, const char *path, const char *name)
{
	const struct elf_object *program = find_program(closure, path);
	const struct library *library;

	return program ? library_search_find(&closure->search, program, name, &library) : 0;
}

int elf_closure_add_library(struct elf_closure *closure, const char *path, const char *name)
{
	const struct elf_object *program = find_program(closure, path);
	int r = program ? add_optional_or_note(closure, program, name) : 0;

	return r < 0 ? r : meet_pending_needs(closure);
}

int elf_closure_add_needs(struct elf_closure *closure, const char *host_path, const char *path)
{
	struct elf_object *program;
	int r;

	r = elf_object_new(path_in_sysroot(closure, host_path, path), host_path, &program);
	if (r < 0)
		return r;
	r = vec_push(&closure->programs, program);
	if (r < 0) {
		elf_object_free(program);
		return r;
	}
	r = enqueue(closure, program, path, NULL);
	return r < 0 ? r : meet_pending_needs(closure);
}

int elf_closure_add(struct elf_closure *closure, const char *host_path, const char *path,
		    const char *why)
{
	int r = log_cannot_add(tree_add_file(closure->tree, path, host_path, why), host_path, why);

	return r < 0 ? r : elf_closure_add_needs(closure, host_path, path);
}
