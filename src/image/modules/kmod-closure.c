/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From wanted modules to all modules: hard dependencies, which the tables list in full, and soft
 * and weak dependencies, which lead to aliases and so to further modules. A list of what is still
 * to be looked at takes the place of recursion, so neither cycles nor depth matter.
 *
 * What a name stands for is decided as libkmod does at boot: aliases of modprobe.d, modules,
 * aliases of modules, what is built in, its aliases; the first of these that has something. Only an
 * alias to what does not exist, "off" by custom, is passed over here: it keeps a module from being
 * loaded, not from being there.
 *
 * Why a module is there is put into words late, as that names files of the image, and their names
 * depend on how they are stored.
 */
#include "image/modules/kmod-closure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/modules/kmod-trim.h"
#include "kindling/image-layout.h"

struct member {
	const struct kmod_listed_module *listed; /* NULL: built in */
	const struct member *cause;              /* what led to it, or NULL */
	char *name;
	char *why;      /* the reason, or the relation to the cause */
	char *sentence; /* both together */
	struct kmod_closure_module public;
};

struct kmod_closure {
	const struct sysroot *sysroot;
	char *modules_dir, *image_dir;
	struct kmod_tables tables;
	struct modprobe_rules *rules;
	struct strmap members; /* struct member by name */
	struct strmap omitted; /* names */
	struct strmap blocked; /* names of what needs something omitted, for one note each */
	struct vec pending;    /* struct member */
	size_t n_files;
};

/* What a soft dependency is resolved for. */
struct soft_visit {
	struct kmod_closure *closure;
	const struct member *cause;
};

static void free_member(void *item)
{
	struct member *member = item;

	free((char *)member->public.host_path);
	free(member->sentence);
	free(member->why);
	free(member->name);
	free(member);
}

struct kmod_closure *kmod_closure_free(struct kmod_closure *closure)
{
	if (closure) {
		vec_done(&closure->pending, NULL);
		strmap_done(&closure->members, free_member);
		strmap_done(&closure->omitted, NULL);
		strmap_done(&closure->blocked, NULL);
		(void)modprobe_rules_free(closure->rules);
		kmod_tables_close(&closure->tables);
		free(closure->image_dir);
		free(closure->modules_dir);
		free(closure);
	}
	return NULL;
}

static void cleanup_kmod_closure(struct kmod_closure **closure)
{
	(void)kmod_closure_free(*closure);
}

int kmod_closure_new(const char *modules_dir, const char *kver, const struct sysroot *sysroot,
		     struct kmod_closure **ret_closure)
{
	_cleanup_(cleanup_kmod_closure) struct kmod_closure *closure = calloc(1, sizeof(*closure));
	int r;

	if (!closure)
		return -ENOMEM;
	closure->sysroot = sysroot;
	closure->modules_dir = strdup(modules_dir);
	if (!closure->modules_dir)
		return -ENOMEM;
	closure->image_dir = str_format(IMAGE_MODULES "/%s", kver);
	if (!closure->image_dir)
		return -ENOMEM;
	r = kmod_tables_open(modules_dir, &closure->tables);
	if (r >= 0)
		r = modprobe_rules_new(modules_dir, sysroot, &closure->rules);
	if (r >= 0)
		*ret_closure = TAKE_PTR(closure);
	return r;
}

size_t kmod_closure_count(const struct kmod_closure *closure)
{
	return closure->n_files;
}

const struct kmod_tables *kmod_closure_get_tables(const struct kmod_closure *closure)
{
	return &closure->tables;
}

const struct modprobe_rules *kmod_closure_get_rules(const struct kmod_closure *closure)
{
	return closure->rules;
}

int kmod_closure_omit(struct kmod_closure *closure, const char *name)
{
	_cleanup_free_ char *normal = strdup(name);

	if (!normal)
		return -ENOMEM;
	if (kmod_alias_normalise(normal) < 0)
		return -ENOENT;
	if (!kmod_tables_find(&closure->tables, normal))
		return strmap_get(&closure->tables.builtins, normal) ? -EBUSY : -ENOENT;
	return strmap_set(&closure->omitted, normal, closure);
}

/* The first thing that is to be omitted and that @module needs, or NULL. */
static const char *find_omitted_need(const struct kmod_closure *closure,
				     const struct kmod_listed_module *module)
{
	const struct kmod_listed_module *need;
	const char *needs = module->needs;

	if (closure->omitted.n_entries == 0)
		return NULL;
	while (kmod_tables_next_need(&closure->tables, &needs, &need))
		if (need && strmap_get(&closure->omitted, need->name))
			return need->name;
	return NULL;
}

/* 1 if the module may be taken, 0 if not; that is said once. */
static int check_omitted(struct kmod_closure *closure, const struct kmod_listed_module *module)
{
	const char *need;

	if (strmap_get(&closure->omitted, module->name))
		return 0;
	need = find_omitted_need(closure, module);
	if (!need)
		return 1;
	if (strmap_get(&closure->blocked, module->name))
		return 0;
	log_info("leaving out %s as well, as it needs %s", module->name, need);
	return strmap_set(&closure->blocked, module->name, closure);
}

/*
 * Where the file of a module is. In another root an absolute link, such as those that weak-modules
 * makes from one kernel to another, leads elsewhere than the system believes. What leads nowhere
 * will be reported when the file is wanted.
 */
static char *make_host_path(const struct kmod_closure *closure,
			    const struct kmod_listed_module *module)
{
	const struct sysroot *sysroot = closure->sysroot;
	bool is_absolute = module->path[0] == '/';
	_cleanup_free_ char *path =
		is_absolute ? str_format("%s%s", sysroot->path, module->path)
			    : str_format("%s/%s", closure->modules_dir, module->path);
	const char *rest = path ? str_after_prefix(path, sysroot->path) : NULL;
	char *real;

	if (!rest || rest[0] != '/' || sysroot_is_machine(sysroot) ||
	    sysroot_resolve(sysroot, rest, &real) < 0)
		return TAKE_PTR(path);
	return real;
}

static int new_member(const struct kmod_closure *closure, const char *name, const char *why,
		      const struct member *cause, struct member **ret_member)
{
	struct member *member = calloc(1, sizeof(*member));

	if (!member)
		return -ENOMEM;
	member->listed = kmod_tables_find(&closure->tables, name);
	member->cause = cause;
	member->name = strdup(name);
	member->why = strdup(why);
	member->sentence = cause ? str_format("%s %s", why, cause->name) : strdup(why);
	if (member->listed)
		member->public.host_path = make_host_path(closure, member->listed);
	if (!member->name || !member->why || !member->sentence ||
	    (member->listed && !member->public.host_path)) {
		free_member(member);
		return -ENOMEM;
	}
	member->public.name = member->name;
	member->public.why = member->sentence;
	*ret_member = member;
	return 0;
}

/* Notes one module or builtin, to look at its needs later. @cause is NULL if it was asked for. */
static int note_module(struct kmod_closure *closure, const char *name, const char *why,
		       const struct member *cause)
{
	struct member *member;
	int r;

	if (strmap_get(&closure->members, name))
		return 0;
	r = new_member(closure, name, why, cause, &member);
	if (r < 0)
		return r;
	if (member->listed) {
		r = check_omitted(closure, member->listed);
		if (r <= 0) {
			free_member(member);
			return r;
		}
	}
	r = strmap_set(&closure->members, name, member);
	if (r < 0) {
		free_member(member);
		return r;
	}
	closure->n_files += member->listed != NULL;
	log_debug("%s%s: %s", name, member->listed ? "" : ", built into the kernel",
		  member->sentence);
	return vec_push(&closure->pending, member);
}

static bool is_known(const struct kmod_closure *closure, const char *name)
{
	return kmod_tables_find(&closure->tables, name) ||
	       strmap_get(&closure->tables.builtins, name);
}

/* Appends the names that exist among those that @alias stands for. */
static int match(struct kmod_closure *closure, struct kmod_aliases *aliases, const char *alias,
		 struct vec *ret_names)
{
	struct vec names = { 0 };
	const char *name;
	int r = kmod_aliases_match(aliases, alias, &names);

	vec_for_each(name, &names) {
		if (r < 0)
			break;
		if (is_known(closure, name))
			r = vec_push(ret_names, (void *)name);
	}
	vec_done(&names, NULL);
	return r;
}

/* Finds what @name, which must stay, stands for; nothing if it is unknown. */
static int look_up(struct kmod_closure *closure, const char *name, struct vec *ret_names)
{
	struct kmod_tables *tables = &closure->tables;
	int r = match(closure, modprobe_rules_aliases(closure->rules), name, ret_names);

	if (r >= 0 && ret_names->n_items == 0 && kmod_tables_find(tables, name))
		return vec_push(ret_names, (void *)name);
	if (r >= 0 && ret_names->n_items == 0)
		r = match(closure, &tables->aliases, name, ret_names);
	if (r >= 0 && ret_names->n_items == 0 && strmap_get(&tables->builtins, name))
		return vec_push(ret_names, (void *)name);
	if (r >= 0 && ret_names->n_items == 0)
		r = match(closure, &tables->builtin_aliases, name, ret_names);
	return r;
}

/* Notes what @name stands for, without what that needs. */
static int note_lookup(struct kmod_closure *closure, const char *name, const char *why,
		       const struct member *cause)
{
	_cleanup_free_ char *normal = strdup(name);
	struct vec names = { 0 };
	const char *found;
	int r;

	if (!normal)
		return -ENOMEM;
	if (kmod_alias_normalise(normal) < 0)
		return -ENOENT;
	r = look_up(closure, normal, &names);
	if (r >= 0 && names.n_items == 0)
		r = -ENOENT;
	vec_for_each(found, &names) {
		if (r < 0)
			break;
		r = note_module(closure, found, why, cause);
	}
	vec_done(&names, NULL);
	return r < 0 ? r : 0;
}

static int note_soft_dependency(void *userdata, const char *word, bool is_weak)
{
	struct soft_visit *visit = userdata;
	int r = note_lookup(visit->closure, word,
			    is_weak ? "weak dependency of" : "soft dependency of", visit->cause);

	if (r != -ENOENT)
		return r;
	log_debug("%s of %s is not in this kernel, going on without it", word, visit->cause->name);
	return 0;
}

static int note_needs(struct kmod_closure *closure, const struct member *member)
{
	const char *needs = member->listed ? member->listed->needs : "";
	struct soft_visit visit = { closure, member };
	const struct kmod_listed_module *need;

	while (kmod_tables_next_need(&closure->tables, &needs, &need)) {
		int r;

		if (!need) {
			log_err("%s/modules.dep is damaged: %s needs a file that no module has; "
				"run "
				"depmod for this kernel and try again",
				closure->modules_dir, member->name);
			return -EBADMSG;
		}
		r = note_module(closure, need->name, "needed by", member);
		if (r < 0)
			return r;
	}
	return modprobe_rules_visit(closure->rules, member->name, note_soft_dependency, &visit);
}

static int add(struct kmod_closure *closure, const char *name, const char *why,
	       const struct member *cause)
{
	int r = note_lookup(closure, name, why, cause);

	while (r >= 0 && closure->pending.n_items > 0)
		r = note_needs(closure, closure->pending.items[--closure->pending.n_items]);
	return r;
}

int kmod_closure_add(struct kmod_closure *closure, const char *name, const char *why)
{
	return add(closure, name, why, NULL);
}

int kmod_closure_add_for(struct kmod_closure *closure, const char *name, const char *why,
			 const char *cause)
{
	return add(closure, name, why, strmap_get(&closure->members, cause));
}

int kmod_closure_has_file(struct kmod_closure *closure, const char *name)
{
	_cleanup_free_ char *normal = strdup(name);
	struct vec names = { 0 };
	bool has_file = false;
	const char *found;
	int r = normal ? kmod_alias_normalise(normal) : -ENOMEM;

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = look_up(closure, normal, &names);
	vec_for_each(found, &names) {
		const struct member *member = strmap_get(&closure->members, found);

		has_file |= member && member->listed;
	}
	vec_done(&names, NULL);
	return r < 0 ? r : has_file;
}

int kmod_closure_search_needs(struct kmod_closure *closure, const char *name,
			      const char *(*find)(const char *path), const char **ret_found)
{
	_cleanup_free_ char *normal = strdup(name);
	const struct kmod_listed_module *module, *need;
	const char *found = NULL, *needs;

	if (!normal)
		return -ENOMEM;
	module = kmod_alias_normalise(normal) < 0 ? NULL
						  : kmod_tables_find(&closure->tables, normal);
	needs = module ? module->needs : "";
	while (!found && kmod_tables_next_need(&closure->tables, &needs, &need))
		if (need && need->path[0] != '/')
			found = find(need->path);
	*ret_found = found;
	return 0;
}

static int compare_members(const void *a, const void *b)
{
	const struct member *const *member_a = a, *const *member_b = b;

	return strcmp((*member_a)->name, (*member_b)->name);
}

static int sort_members(const struct kmod_closure *closure, struct vec *ret_members)
{
	const struct strmap_entry *entry;
	struct vec members = { 0 };

	strmap_for_each(entry, &closure->members) {
		if (vec_push(&members, entry->value) < 0) {
			vec_done(&members, NULL);
			return -ENOMEM;
		}
	}
	if (members.n_items > 1)
		qsort(members.items, members.n_items, sizeof(*members.items), compare_members);
	*ret_members = members;
	return 0;
}

int kmod_closure_list(const struct kmod_closure *closure, struct vec *ret_modules)
{
	int r = sort_members(closure, ret_modules);

	for (size_t i = 0; r >= 0 && i < ret_modules->n_items; i++)
		ret_modules->items[i] = &((struct member *)ret_modules->items[i])->public;
	return r;
}

/* Whether the image holds the module's file in another form than the host. */
static bool is_to_be_compressed(const struct kmod_listed_module *module,
				enum module_storage storage)
{
	return storage == MODULE_STORAGE_ZSTD && str_has_suffix(module->path, ".ko");
}

static int make_image_path(const struct kmod_closure *closure,
			   const struct kmod_listed_module *module, enum module_storage storage,
			   char **ret_path)
{
	bool is_elsewhere = module->path[0] == '/';

	*ret_path = str_format("%s%s%s%s", is_elsewhere ? "" : closure->image_dir,
			       is_elsewhere ? "" : "/", module->path,
			       is_to_be_compressed(module, storage) ? ".zst" : "");
	return *ret_path ? 0 : -ENOMEM;
}

int kmod_closure_get_image_path(const struct kmod_closure *closure, const char *name,
				enum module_storage storage, char **ret_path)
{
	const struct member *member = strmap_get(&closure->members, name);

	if (!member || !member->listed)
		return -ENOENT;
	return make_image_path(closure, member->listed, storage, ret_path);
}

/* The reason with the file of the cause, so that it leads on to the reason for that. */
static int make_reason(const struct kmod_closure *closure, const struct member *member,
		       enum module_storage storage, char **ret_reason)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (!member->cause || !member->cause->listed) {
		*ret_reason = strdup(member->sentence);
		return *ret_reason ? 0 : -ENOMEM;
	}
	r = make_image_path(closure, member->cause->listed, storage, &path);
	if (r < 0)
		return r;
	*ret_reason = str_format("%s %s", member->why, path);
	return *ret_reason ? 0 : -ENOMEM;
}

static int log_cannot_add(const char *host_path, int error)
{
	if (error == -ENOMEM)
		return error;
	if (error != -ENOENT)
		return log_err_errno(error, "cannot put the module %s into the image, giving up",
				     host_path);
	log_err("%s is listed in modules.dep, but is not there; run depmod for this kernel and try "
		"again",
		host_path);
	return error;
}

/* @ret_file is where it is in the image, relative to the modules directory. */
static int add_module_to_tree(const struct kmod_closure *closure, const struct member *member,
			      enum module_storage storage, struct tree *tree, char **ret_file)
{
	const char *host_path = member->public.host_path;
	_cleanup_free_ char *path = NULL, *reason = NULL;
	int r;

	r = make_image_path(closure, member->listed, storage, &path);
	if (r >= 0)
		r = make_reason(closure, member, storage, &reason);
	if (r < 0)
		return r;
	if (is_to_be_compressed(member->listed, storage))
		r = tree_add_compressed_file(tree, path, host_path, reason);
	else
		r = tree_add_file(tree, path, host_path, reason);
	if (r < 0)
		return log_cannot_add(host_path, r);
	if (tree_get(tree, path)->size == 0) {
		log_err("the module %s is empty; install this kernel's package again", host_path);
		return -ENODATA;
	}
	*ret_file = strdup(member->listed->path[0] == '/' ? path
							  : path + strlen(closure->image_dir) + 1);
	return *ret_file ? 0 : -ENOMEM;
}

int kmod_closure_add_to_tree(struct kmod_closure *closure, struct tree *tree,
			     enum module_storage storage)
{
	size_t n_files = closure->tables.n_modules;
	char **files = calloc(n_files + 1, sizeof(*files));
	struct vec members = { 0 };
	const struct member *member;
	int r = files ? sort_members(closure, &members) : -ENOMEM;

	vec_for_each(member, &members) {
		if (r < 0)
			break;
		if (member->listed)
			r = add_module_to_tree(closure, member, storage, tree,
					       &files[member->listed->position]);
	}
	if (r >= 0)
		r = kmod_trim_add_to_tree(&closure->tables, files, closure->modules_dir,
					  closure->image_dir, tree);
	for (size_t i = 0; files && i < n_files; i++)
		free(files[i]);
	free(files);
	vec_done(&members, NULL);
	return r;
}
