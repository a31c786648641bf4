/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of `kindling why`: what is meant by a name, and the reasons that the image's own
 * manifest gives for it.
 */
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "image/command-line.h"
#include "image/commands.h"
#include "image/elf/elf.h"
#include "image/inspect.h"
#include "image/modules/image-indexes.h"
#include "image/modules/kmod-tables.h"
#include "image/reader/image-file.h"
#include "image/report/cost-group.h"
#include "image/report/json.h"
#include "image/report/module-name.h"
#include "image/report/terminal-text.h"
#include "image/tree/manifest.h"
#include "kindling/image-layout.h"

static const char help[] =
	"Usage: kindling why [OPTION]... FILE|MODULE [IMAGE]\n"
	"\n"
	"Shows why something is in an image that kindling has built: the reason for it, the\n"
	"reason for what needs it, and so on.\n"
	"\n"
	"FILE is a path in the image, a file's name or a library's soname. MODULE is a kernel\n"
	"module, with dashes or underscores, with or without .ko and what follows it. IMAGE\n"
	"is the running kernel's by default.\n"
	"\n"
	"      --kver VERSION    the image of that kernel, unless IMAGE is named\n"
	"      --json            a JSON object: each match with its chain of paths and reasons\n"
	"  -h, --help            show this text\n"
	"\n"
	"Exit status: 0 shown, 1 not in the image, or the image does not say why, 2 wrong\n"
	"usage, 6 not an image, or a damaged one, 7 the output cannot be written.\n";

/* What was asked for, and what was found. */
struct question {
	const char *name, *path; /* of the image; NULL for that of the kernel @kver */
	const char *kver;        /* NULL for the running one */
	bool is_json;
	struct loaded_image image;
	struct manifest manifest;
	struct vec matches; /* struct contents_entry, by path */
};

static void question_done(struct question *question)
{
	loaded_image_done(&question->image);
	manifest_done(&question->manifest);
	vec_done(&question->matches, NULL);
}

/* The manifest itself; libraries, as they know what they are called; and indexes of modules. */
static bool wants_data(const char *path)
{
	if (str_after_prefix(path, IMAGE_MODULES "/") &&
	    str_after_prefix(str_basename(path), "modules."))
		return true;
	return str_equal(str_basename(path), str_basename(IMAGE_MANIFEST)) || cost_is_library(path);
}

static bool has_soname(const struct contents_entry *entry, const char *name)
{
	const struct contents_file *file = entry->file;
	_cleanup_elf_ struct elf elf = { 0 };
	const char *soname;

	if (!file || !file->data || elf_parse(file->data, file->size, &elf) < 0)
		return false;
	soname = elf_get_string(&elf, DT_SONAME);
	return soname && str_equal(soname, name);
}

/* A directory by the name of a module is not what is asked for. */
static bool is_meant(const struct contents_entry *entry, const char *name)
{
	if (S_ISDIR(entry->mode))
		return false;
	return str_equal(str_basename(entry->path), name) ||
	       module_name_matches(entry->path, name) || has_soname(entry, name);
}

static int add_match(struct question *question, const struct contents_entry *entry)
{
	const struct contents_entry *known;

	vec_for_each(known, &question->matches)
		if (known == entry)
			return 0;
	return vec_push(&question->matches, (void *)entry);
}

/* A link, and then also what it leads to, as that has reasons of its own. */
static int add_match_followed(struct question *question, const struct contents_entry *entry)
{
	const struct contents_entry *real = contents_lookup(&question->image.contents, entry->path);
	int r = add_match(question, entry);

	return r >= 0 && real ? add_match(question, real) : r;
}

static int find_path(struct question *question)
{
	_cleanup_free_ char *path = str_format("/%s", question->name);
	const struct contents_entry *entry;

	if (!path)
		return -ENOMEM;
	entry = contents_get(&question->image.contents, path);
	return entry ? add_match_followed(question, entry) : 0;
}

static int find_name(struct question *question)
{
	const struct contents_entry *entry;
	struct vec entries;
	int r;

	r = contents_sort(&question->image.contents, &entries);
	if (r < 0)
		return r;
	vec_for_each(entry, &entries) {
		if (is_meant(entry, question->name))
			r = add_match_followed(question, entry);
		if (r < 0)
			break;
	}
	vec_done(&entries, NULL);
	return r;
}

static bool has_table(const struct question *question, const char *kver, const char *name)
{
	_cleanup_free_ char *text = str_format(IMAGE_MODULES "/%s/%s", kver, name);
	_cleanup_free_ char *index = str_format(IMAGE_MODULES "/%s/%s.bin", kver, name);
	const struct contents *contents = &question->image.contents;

	return text && index &&
	       (contents_lookup(contents, text) || contents_lookup(contents, index));
}

/*
 * Whether a kernel that the image is for has the module @name built in. 1, 0 also if the image
 * lacks the tables that tell, or an errno.
 */
static int is_builtin_of(const struct question *question, const char *kver, const char *name)
{
	static const char *const needed[] = { "modules.dep", "modules.alias", "modules.builtin" };
	struct kmod_tables tables = { 0 };
	char *dir;
	bool found;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!has_table(question, kver, needed[i]))
			return 0;
	r = image_indexes_unpack(&question->image.contents, kver, &dir);
	if (r < 0)
		return r;
	r = kmod_tables_open(dir, &tables);
	found = r >= 0 && strmap_get(&tables.builtins, name);
	kmod_tables_close(&tables);
	image_indexes_remove(dir);
	return r < 0 ? r : found;
}

/* Of an image without indexes nothing is known. */
static bool is_builtin(const struct question *question)
{
	_cleanup_free_ char *name = module_name_normalise(question->name);
	struct vec kvers;
	const char *kver;
	bool found = false;

	if (!name || contents_list_kernels(&question->image.contents, &kvers) < 0)
		return false;
	vec_for_each(kver, &kvers) {
		found = found || is_builtin_of(question, kver, name) > 0;
	}
	vec_done(&kvers, free);
	return found;
}

static enum exit_code find_matches(struct question *question)
{
	int r = strchr(question->name, '/') ? find_path(question) : find_name(question);

	if (r < 0)
		return exit_code_of_image(-ENOMEM);
	if (question->matches.n_items > 0)
		return EXIT_CODE_OK;
	if (!strchr(question->name, '/') && is_builtin(question)) {
		log_err("%s is built into the kernel, so there is no file of it in %s",
			question->name, question->image.path);
		return EXIT_CODE_FAILED;
	}
	log_err("%s is not in %s; `kindling ls %s` lists what is", question->name,
		question->image.path, question->image.path);
	return EXIT_CODE_FAILED;
}

static enum exit_code load_manifest(struct question *question)
{
	const struct contents_entry *entry =
		contents_lookup(&question->image.contents, IMAGE_MANIFEST);
	int r;

	if (!entry || !entry->file) {
		log_err("%s does not say why anything is in it: it has no %s, so another tool has "
			"built it",
			question->image.path, IMAGE_MANIFEST);
		return EXIT_CODE_FAILED;
	}
	r = manifest_parse(entry->file->data, entry->file->size, &question->manifest);
	if (r == -ENOMEM)
		return exit_code_of_image(-ENOMEM);
	if (r < 0) {
		log_err("%s in %s is damaged; build the image anew", IMAGE_MANIFEST,
			question->image.path);
		return EXIT_CODE_IMAGE;
	}
	return EXIT_CODE_OK;
}

/* A line of that depth in the chain. */
static void print_line(int depth, const char *text)
{
	(void)printf("%*s", depth * 2, "");
	terminal_write_text(stdout, text);
	(void)putchar('\n');
}

static void print_chain(const struct contents_entry *entry, const struct vec *chain,
			bool is_circular)
{
	const struct manifest_link *link;
	int depth = 0;

	terminal_write_text(stdout, entry->path);
	if (entry->target) {
		(void)printf(", a link to ");
		terminal_write_text(stdout, entry->target);
	}
	(void)putchar('\n');
	vec_for_each(link, chain)
		print_line(++depth, link->reason);
	if (is_circular)
		print_line(++depth, "and so on: the reasons lead back to one above");
	if (depth == 0)
		print_line(1, "not in the manifest: added after the image was built");
}

static void print_chain_json(const struct contents_entry *entry, const struct vec *chain,
			     bool is_circular)
{
	const struct manifest_link *link;

	(void)printf("{");
	json_write_member(stdout, "path", entry->path);
	if (entry->target) {
		(void)printf(", ");
		json_write_member(stdout, "target", entry->target);
	}
	(void)printf(", \"circular\": %s, \"chain\": [", is_circular ? "true" : "false");
	vec_for_each(link, chain) {
		(void)printf("%s{", link_index ? ", " : "");
		json_write_member(stdout, "path", link->path);
		(void)printf(", ");
		json_write_member(stdout, "reason", link->reason);
		(void)printf("}");
	}
	(void)printf("]}");
}

/* A reason may name a program as it was asked for, /bin/x, and the image have it as /usr/bin/x. */
static const char *resolve(const void *userdata, const char *path)
{
	const struct contents_entry *entry = contents_get(userdata, path);

	return entry ? entry->path : NULL;
}

static int answer(const struct question *question)
{
	const struct contents_entry *entry;

	if (question->is_json) {
		(void)printf("{");
		json_write_member(stdout, "image", question->image.path);
		(void)printf(", \"matches\": [");
	}
	vec_for_each(entry, &question->matches) {
		struct vec chain;
		bool is_circular;
		int r;

		r = manifest_get_chain(&question->manifest, entry->path, resolve,
				       &question->image.contents, &chain, &is_circular);
		if (r < 0)
			return r;
		if (question->is_json) {
			(void)printf(entry_index ? ",\n  " : "\n  ");
			print_chain_json(entry, &chain, is_circular);
		} else {
			print_chain(entry, &chain, is_circular);
		}
		vec_done(&chain, free);
	}
	if (question->is_json)
		(void)printf("\n]}\n");
	return 0;
}

/* The image was said first, and then what is looked for. */
static bool is_swapped(const struct question *question)
{
	return question->path && access(question->path, F_OK) < 0 &&
	       image_file_is_image(question->name);
}

static enum exit_code run(struct question *question)
{
	enum exit_code code;

	if (is_swapped(question)) {
		log_err("the image comes last: kindling why %s %s", question->path, question->name);
		return command_line_refuse("why");
	}
	code = inspect_load(question->path, question->kver, wants_data, &question->image);
	if (code == EXIT_CODE_OK)
		code = load_manifest(question);
	if (code == EXIT_CODE_OK)
		code = find_matches(question);
	if (code != EXIT_CODE_OK)
		return code;
	if (answer(question) < 0)
		return exit_code_of_image(-ENOMEM);
	return inspect_finish(stdout, "standard output");
}

int command_why(int argc, char **argv)
{
	_cleanup_(question_done) struct question question = { 0 };
	const struct command_option options[] = {
		{ "json", .is_given = &question.is_json },
		{ "kver", .value = &question.kver },
		{ 0 },
	};
	const struct command_line line = {
		.name = "why",
		.help = help,
		.options = options,
		.n_arguments_min = 1,
		.n_arguments_max = 2,
		.expectation = "say which file or module to look for, and at most one image",
	};
	enum exit_code code;

	if (!command_line_read(&line, argc, argv, &code))
		return (int)code;
	question.name = argv[optind];
	question.path = argv[optind + 1];
	return (int)run(&question);
}
