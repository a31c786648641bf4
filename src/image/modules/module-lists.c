/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the administrator has written, for the whole system or for Debian's images. What packages
 * list in /usr/lib/modules-load.d is left to the host's systemd, which loads it a moment later: it
 * is printers and graphics, and /init would wait for it.
 */
#include "image/modules/module-lists.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/module-list.h"

#define DROP_INS      "/etc/modules-load.d"
#define OF_DEBIAN     "/etc/initramfs-tools/modules"
#define OF_IMAGE      "/conf/modules" /* as Debian's images have it */
#define LIST_SIZE_MAX ((size_t)1 << 20)

static void list_free(void *item)
{
	struct module_list *list = item;

	free(list->path);
	free(list->image_path);
	vec_done(&list->entries, module_entry_free);
	free(list);
}

void module_lists_done(struct vec *lists)
{
	vec_done(lists, list_free);
}

static int parse(struct module_list *list, const char *text)
{
	struct vec warnings = { 0 };
	const char *warning;
	int r = module_list_parse(text, list->path, &list->entries, &warnings);

	vec_for_each(warning, &warnings)
		log_warn("%s", warning);
	vec_done(&warnings, free);
	return r;
}

static int add_list(struct vec *lists, const char *path, const char *image_path, const char *text)
{
	struct module_list *list = calloc(1, sizeof(*list));
	int r;

	if (!list)
		return -ENOMEM;
	list->path = strdup(path);
	list->image_path = strdup(image_path);
	r = list->path && list->image_path ? parse(list, text) : -ENOMEM;
	if (r >= 0)
		r = vec_push(lists, list);
	if (r < 0)
		list_free(list);
	return r;
}

static int read_list(const struct sysroot *sysroot, const char *path, const char *image_path,
		     struct vec *lists)
{
	_cleanup_free_ char *real = NULL, *text = NULL;
	size_t size;
	int r = sysroot_resolve(sysroot, path, &real);

	if (r >= 0)
		r = file_read(real, LIST_SIZE_MAX, &text, &size);
	if (r < 0) {
		if (r != -ENOMEM && r != -ENOENT)
			log_info("cannot read %s (%s), going on without it", path, strerror(-r));
		return r == -ENOMEM ? r : 0;
	}
	(void)str_replace_nuls(text, size);
	return add_list(lists, path, image_path, text);
}

static int read_drop_ins(const struct sysroot *sysroot, struct vec *lists)
{
	_cleanup_free_ char *real = NULL;
	struct vec names;
	const char *name;
	int r = sysroot_resolve(sysroot, DROP_INS, &real);

	if (r >= 0)
		r = file_list_directory(real, file_is_drop_in, &names);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	vec_for_each(name, &names) {
		_cleanup_free_ char *path = str_format(DROP_INS "/%s", name);

		if (r >= 0)
			r = path ? read_list(sysroot, path, path, lists) : -ENOMEM;
	}
	vec_done(&names, free);
	return r;
}

int module_lists_read(const struct sysroot *sysroot, struct vec *ret_lists)
{
	int r;

	*ret_lists = (struct vec){ 0 };
	r = read_list(sysroot, OF_DEBIAN, OF_IMAGE, ret_lists);
	return r < 0 ? r : read_drop_ins(sysroot, ret_lists);
}

/* 1 if the closure has it as a file by now, 0 or a negative errno. */
static int add_module(struct kmod_closure *closure, const struct module_list *list,
		      const struct module_entry *entry)
{
	_cleanup_free_ char *why = str_format("named in %s", list->image_path);
	int r = why ? kmod_closure_add(closure, entry->name, why) : -ENOMEM;

	if (r == -ENOENT) {
		log_info("%s names the module %s, which this kernel does not have, going on "
			 "without it",
			 list->path, entry->name);
		return 0;
	}
	/* A damaged table has been complained of. */
	if (r < 0 && r != -ENOMEM && r != -EBADMSG)
		log_err_errno(r, "cannot look up %s, giving up", entry->name);
	return r < 0 ? r : kmod_closure_has_file(closure, entry->name);
}

/* Keeps the order, which is that of loading. */
static int add_modules(struct kmod_closure *closure, struct module_list *list)
{
	struct module_entry *entry;
	struct vec kept = { 0 };
	int r = 0;

	vec_for_each(entry, &list->entries) {
		int has_file = r < 0 ? 0 : add_module(closure, list, entry);

		r = MIN(r, has_file);
		if (has_file > 0)
			r = vec_push(&kept, entry);
		if (has_file <= 0 || r < 0)
			module_entry_free(entry);
	}
	vec_done(&list->entries, NULL);
	list->entries = kept;
	return r;
}

int module_lists_add_modules(struct vec *lists, struct kmod_closure *closure)
{
	struct module_list *list;
	int r = 0;

	vec_for_each(list, lists) {
		if (r >= 0)
			r = add_modules(closure, list);
	}
	return r;
}

static int add_to_tree(const struct module_list *list, struct tree *tree)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const struct module_entry *entry;
	int r;

	vec_for_each(entry, &list->entries)
		strbuf_printf(&text, "%s%s%s\n", entry->name, *entry->options ? " " : "",
			      entry->options);
	if (text.failed)
		return -ENOMEM;
	if (text.size == 0 || tree_get(tree, list->image_path))
		return 0;
	r = tree_add_data(tree, list->image_path, 0644, text.data, text.size,
			  "this machine's list of modules to load, as far as the kernel has them");
	return r < 0 && r != -ENOMEM ? log_err_errno(r, "cannot put %s into the image, giving up",
						     list->image_path)
				     : r;
}

int module_lists_add_to_tree(const struct vec *lists, struct tree *tree)
{
	const struct module_list *list;
	int r = 0;

	vec_for_each(list, lists) {
		if (r >= 0)
			r = add_to_tree(list, tree);
	}
	return r;
}
