/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of work of `kindling build`: which kernel, then everything into one tree (layout, our
 * programs and their libraries, modules with their firmware, configuration, the user's own files),
 * then the tree into a new file, which is read back and verified, and only then takes the place of
 * the old one. Nothing is written before the tree is complete.
 */
#include "image/build/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/log.h"
#include "base/str.h"
#include "image/build/checkers.h"
#include "image/build/default-image.h"
#include "image/build/early-files.h"
#include "image/build/extra-files.h"
#include "image/build/host-files.h"
#include "image/build/image-format.h"
#include "image/build/layout.h"
#include "image/build/module-choice.h"
#include "image/build/programs.h"
#include "image/build/token-plug-ins.h"
#include "image/console/console.h"
#include "image/elf/elf-closure.h"
#include "image/host/host.h"
#include "image/modules/depmod-proof.h"
#include "image/modules/kernel-config.h"
#include "image/modules/kernel.h"
#include "image/modules/kmod-closure.h"
#include "image/modules/modprobe-config.h"
#include "image/modules/module-facts.h"
#include "image/modules/module-firmware.h"
#include "image/modules/module-lists.h"
#include "image/reader/contents.h"
#include "image/tree/manifest.h"
#include "image/tree/tree.h"
#include "image/verify/verify.h"
#include "image/writer/cache.h"
#include "image/writer/image.h"
#include "image/writer/readback.h"
#include "image/writer/replacement.h"

/* What is built, and what it takes. */
struct build {
	const struct build_options *options;
	const struct sysroot *sysroot;
	uint64_t start_usec;
	char *output;
	struct kernel kernel;
	struct kernel_config config;
	struct cache *cache;
	struct tree tree;
	struct tree early; /* for the kernel before it looks at the tree: microcode */
	struct host host;
	struct kmod_closure *modules;
	struct vec module_lists; /* of struct module_list */
	struct image_format format;
	unsigned int jobs;
	uint32_t mtime;      /* of all files, in seconds since 1970 */
	uint64_t size;       /* of the image */
	bool is_unchanged;   /* it has the bytes of the one that is in place */
	struct strbuf proof; /* what is known of it, the end of a sentence that begins with "it" */
};

static void build_done(struct build *build)
{
	module_lists_done(&build->module_lists);
	build->modules = kmod_closure_free(build->modules);
	tree_done(&build->early);
	tree_done(&build->tree);
	build->cache = cache_close(build->cache);
	host_done(&build->host);
	kernel_config_done(&build->config);
	kernel_done(&build->kernel);
	strbuf_done(&build->proof);
	free(build->output);
}

/* Answers for `kindling`: what a negative errno of a phase comes to. */
static enum exit_code fail(int error, enum exit_code code)
{
	if (error != -ENOMEM)
		return code;
	log_err("there is not enough memory to build the image, giving up");
	return EXIT_CODE_FAILED;
}

static int find_kernel(struct build *build)
{
	const struct build_options *options = build->options;
	int r;

	r = kernel_locate(options->kver, options->modules_dir, build->sysroot, &build->kernel);
	if (r >= 0)
		r = kernel_config_read(build->sysroot, build->kernel.modules_dir,
				       build->kernel.kver, &build->config);
	return r < 0 ? r
		     : kmod_closure_new(build->kernel.modules_dir, build->kernel.kver,
					build->sysroot, &build->modules);
}

/* That it cannot be written is better known before the work than after it. */
static int find_output(struct build *build)
{
	int r;

	if (build->options->output) {
		build->output = strdup(build->options->output);
		r = build->output ? 0 : -ENOMEM;
	} else {
		r = default_image_name(build->sysroot, build->kernel.kver, &build->output);
	}
	return r < 0 ? r : replacement_check_target(build->output, build->options->is_forced);
}

/* Our own programs are this machine's, even if the image is for the system in a sysroot. */
static int add_programs(struct build *build)
{
	struct sysroot machine = SYSROOT_NONE;
	struct elf_closure *programs = NULL;
	int r;

	r = sysroot_open(NULL, &machine);
	if (r >= 0)
		r = elf_closure_new(&build->tree, &machine, &programs);
	if (r >= 0)
		r = programs_add(programs, build->options->init);
	if (r >= 0)
		r = token_plug_ins_add(&build->tree, programs, &machine, build->options,
				       &build->host);
	elf_closure_free(programs);
	sysroot_close(&machine);
	return r;
}

/* What is the target's own: the checkers of its file systems, and what the user wants besides. */
static int add_files_of_sysroot(struct build *build)
{
	struct elf_closure *programs;
	int r;

	r = elf_closure_new(&build->tree, build->sysroot, &programs);
	if (r < 0)
		return r;
	r = checkers_add(&build->tree, programs, build->sysroot, build->options, &build->host);
	if (r >= 0)
		r = extra_files_add(&build->tree, programs, build->sysroot, build->options);
	elf_closure_free(programs);
	return r;
}

/* What modules say of themselves: which firmware they want, and whether depmod saw the same. */
static int add_firmware(struct build *build)
{
	struct module_facts facts;
	int r;

	r = module_facts_read_closure(build->kernel.modules_dir, build->modules, build->cache,
				      build->jobs, &facts);
	if (r >= 0)
		r = depmod_proof_rules(build->modules, build->kernel.modules_dir, &facts);
	if (r >= 0)
		r = module_firmware_add(build->modules, &build->tree,
					&(struct module_firmware_options){
						.kernel = &build->kernel,
						.config = &build->config,
						.sysroot = build->sysroot,
						.facts = &facts,
						.module_storage = build->format.module_storage,
						.is_compressing = build->format.is_file_by_file,
					});
	module_facts_done(&facts);
	return r;
}

/* Those of the machine that the image is for, if there is one. */
static int add_listed_modules(struct build *build)
{
	int r;

	if (build->options->mode != BUILD_MODE_HOST)
		return 0;
	r = module_lists_read(build->sysroot, &build->module_lists);
	return r < 0 ? r : module_lists_add_modules(&build->module_lists, build->modules);
}

static int add_modules(struct build *build)
{
	const struct build_options *options = build->options;
	int r;

	r = depmod_proof_aliases(kmod_closure_get_tables(build->modules),
				 build->kernel.modules_dir);
	if (r >= 0)
		r = module_choice_make(build->modules, options, &build->kernel, &build->host,
				       build->cache);
	if (r >= 0)
		r = add_listed_modules(build);
	if (r >= 0)
		r = image_format_choose(options, &build->kernel, &build->config, &build->tree,
					&build->format);
	if (r >= 0)
		r = kmod_closure_add_to_tree(build->modules, &build->tree,
					     build->format.module_storage);
	if (r >= 0)
		r = add_firmware(build);
	return r < 0 ? r : modprobe_config_add_to_tree(build->sysroot, &build->tree);
}

static int fill_tree(struct build *build)
{
	int r;

	r = host_read(build->sysroot, &build->host);
	if (r >= 0)
		r = layout_add(&build->tree);
	if (r >= 0)
		r = add_programs(build);
	if (r >= 0)
		r = add_modules(build);
	if (r >= 0)
		r = console_add(&build->tree, build->sysroot, &build->options->keymaps,
				&build->options->fonts);
	if (r >= 0)
		r = add_files_of_sysroot(build);
	if (r >= 0)
		r = module_lists_add_to_tree(&build->module_lists, &build->tree);
	if (r >= 0)
		r = host_files_add(&build->tree, build->options, &build->host);
	if (r >= 0)
		r = early_files_add(&build->early, build->sysroot, build->options);
	return r < 0 ? r : manifest_add(&build->tree);
}

/* https://reproducible-builds.org/specs/source-date-epoch/ */
static int read_source_date(uint32_t *ret_mtime)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t seconds = 0;

	if (text && (str_parse_uint64(text, &seconds) < 0 || seconds > UINT32_MAX)) {
		log_err("SOURCE_DATE_EPOCH=%s is not a number of seconds that an archive can "
			"hold, giving up",
			text);
		return -EINVAL;
	}
	*ret_mtime = (uint32_t)seconds;
	return 0;
}

/*
 * What the image will need at least, to give up early rather than late: compressed modules are a
 * fourth of what they were, and hardly ever less than a fifth.
 */
static uint64_t estimate_size(const struct tree *tree)
{
	const struct strmap_entry *slot;
	uint64_t size = 0;

	strmap_for_each(slot, &tree->entries) {
		const struct tree_entry *entry = slot->value;

		size += entry->is_to_be_compressed ? entry->size / 5 : entry->size;
	}
	return size;
}

static enum exit_code write_image(struct build *build, struct replacement *replacement,
				  struct readback *readback)
{
	const struct image_options options = {
		.mtime = build->mtime,
		.compression = build->format.compression,
		.level = build->format.level,
		.jobs = build->jobs,
		.cache = build->cache,
		.early = &build->early,
	};
	enum image_fault fault = IMAGE_FAULT_OUTPUT;
	int r;

	r = replacement_begin(build->output, replacement);
	if (r >= 0 && options.compression == COMPRESSION_NONE)
		r = replacement_reserve(replacement,
					estimate_size(&build->early) + estimate_size(&build->tree));
	if (r >= 0)
		r = image_write(&build->tree, &options, replacement->fd, readback, &build->size,
				&fault);
	if (r < 0)
		return fail(r, fault == IMAGE_FAULT_INPUT ? EXIT_CODE_INPUT : EXIT_CODE_OUTPUT);
	return EXIT_CODE_OK;
}

/* What is said of it besides, if it takes the place of the old one. */
static enum exit_code conclude(struct build *build, const struct verification *verification)
{
	switch (verification_get_verdict(verification)) {
	case VERDICT_PROVEN:
		verification_describe(verification, &build->proof);
		return EXIT_CODE_OK;
	case VERDICT_UNPROVEN:
		strbuf_append(&build->proof,
			      "could not be proven to bring this machine to its root, "
			      "for the reasons above");
		return EXIT_CODE_OK;
	case VERDICT_REFUTED:
		break;
	}
	log_err("so the new image would not boot this machine, keeping %s as it is; --no-verify "
		"builds it nevertheless, as for another machine",
		build->output);
	return EXIT_CODE_UNVERIFIED;
}

static enum exit_code verify(struct build *build, const struct contents *contents)
{
	struct verification verification;
	enum exit_code code;
	int r;

	r = verify_image(contents, &build->host, build->sysroot, build->kernel.modules_dir,
			 build->kernel.kver, &verification);
	verification_tell(&verification, LOG_DEBUG);
	code = r < 0 ? fail(r, EXIT_CODE_FAILED) : conclude(build, &verification);
	verification_done(&verification);
	return code;
}

/* Reads the new image once, for both. */
static enum exit_code check_image(struct build *build, const struct replacement *replacement,
				  const struct readback *readback)
{
	_cleanup_contents_ struct contents contents = { 0 };
	_cleanup_free_ char *path = replacement_get_path(replacement);
	int r;

	r = path ? contents_load(path, verify_wants_data, &contents) : -ENOMEM;
	if (r >= 0)
		r = readback_check(readback, &contents, build->output);
	if (r < 0)
		return fail(r, EXIT_CODE_OUTPUT);
	if (!build->options->is_unverified)
		return verify(build, &contents);
	strbuf_append(&build->proof, "was not proven to bring this machine to its root, as "
				     "--no-verify says");
	return EXIT_CODE_OK;
}

static enum exit_code replace_image(struct build *build)
{
	struct replacement replacement = REPLACEMENT_NONE;
	struct readback readback = { 0 };
	enum exit_code code;
	int r;

	code = write_image(build, &replacement, &readback);
	if (code == EXIT_CODE_OK)
		code = check_image(build, &replacement, &readback);
	if (code == EXIT_CODE_OK && replacement_is_same(&replacement)) {
		build->is_unchanged = true;
	} else if (code == EXIT_CODE_OK) {
		r = replacement_commit(&replacement, build->size);
		if (r < 0)
			code = fail(r, EXIT_CODE_OUTPUT);
	}
	readback_done(&readback);
	replacement_done(&replacement);
	return code;
}

static void announce(const struct build *build)
{
	log_info("%s %s for kernel %s%s: %.1f MB with %zu modules, in %.2f s; it %s",
		 build->is_unchanged ? "left" : "wrote", build->output, build->kernel.kver,
		 build->is_unchanged ? " as it was, as it is up to date" : "",
		 (double)build->size / 1e6, kmod_closure_count(build->modules),
		 (double)(clock_now_usec() - build->start_usec) / (double)USEC_PER_SEC,
		 strbuf_string(&build->proof));
	if (!build->cache)
		log_info("there is no cache that you can write to, so the next build takes as long "
			 "again; --verbose tells where it would be");
}

static enum exit_code run(struct build *build)
{
	enum exit_code code;
	int r;

	r = read_source_date(&build->mtime);
	if (r < 0)
		return EXIT_CODE_USAGE;
	r = find_kernel(build);
	if (r < 0)
		return fail(r, EXIT_CODE_KERNEL);
	r = find_output(build);
	if (r < 0)
		return fail(r, EXIT_CODE_OUTPUT);
	r = cache_open(&build->cache);
	if (r >= 0)
		r = fill_tree(build);
	if (r < 0)
		return fail(r, r == -ESTALE ? EXIT_CODE_KERNEL : EXIT_CODE_INPUT);
	code = replace_image(build);
	if (code == EXIT_CODE_OK)
		announce(build);
	return code;
}

enum exit_code build_image(const struct build_options *options, const struct sysroot *sysroot)
{
	_cleanup_(build_done) struct build build = {
		.options = options,
		.sysroot = sysroot,
		.start_usec = clock_now_usec(),
		.jobs = options->jobs ? options->jobs : cpu_count(),
	};

	return run(&build);
}
