/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of work of `kindling build`: which kernel, then everything into one tree (layout, our
 * programs and their libraries, modules, the user's own files), then the tree into a file. Nothing
 * is written before the tree is complete.
 */
#include "image/build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/elf-closure.h"
#include "image/generic-modules.h"
#include "image/image.h"
#include "image/kmod-closure.h"
#include "image/locate.h"
#include "image/modprobe-config.h"
#include "image/tree.h"
#include "kindling/image-layout.h"

#define DEFAULT_OUTPUT "/boot/initrd.img-%s"
#define OS_RELEASE     "/etc/os-release"

/* What is built, and what it takes. */
struct build {
	const struct build_options *options;
	struct sysroot sysroot;
	struct kernel kernel;
	struct tree tree;
	struct elf_closure *programs;
	struct kmod_closure *modules;
};

static void build_done(struct build *build)
{
	build->modules = kmod_closure_free(build->modules);
	build->programs = elf_closure_free(build->programs);
	tree_done(&build->tree);
	kernel_done(&build->kernel);
	sysroot_close(&build->sysroot);
}

/* With /usr merged, as the C library and libkmod of any host are built for. */
static int add_directories(struct tree *tree)
{
	static const struct {
		const char *link, *target;
	} merged[] = {
		{ "/bin", "usr/bin" },
		{ "/lib", "usr/lib" },
		{ "/lib64", "usr/lib64" },
		{ "/sbin", "usr/sbin" },
	};
	static const char *const directories[] = {
		"/dev",        "/etc",     "/proc",    "/run",       "/sys",
		IMAGE_SYSROOT, "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/sbin",
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(directories); i++)
		r = tree_add_directory(tree, directories[i], 0755, "layout of the image");
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(merged); i++)
		r = tree_add_symlink(tree, merged[i].link, merged[i].target, "layout of the image");
	return r < 0 ? r : tree_add_directory(tree, "/tmp", 01777, "layout of the image");
}

/* The host's systemd recognises an initramfs by this file. */
static int add_release(struct tree *tree)
{
	static const char release[] = "NAME=Kindling\n"
				      "ID=kindling\n"
				      "VERSION=\"" KINDLING_VERSION "\"\n"
				      "VERSION_ID=\"" KINDLING_VERSION "\"\n"
				      "PRETTY_NAME=\"Kindling " KINDLING_VERSION " (initramfs)\"\n";
	int r;

	r = tree_add_data(tree, IMAGE_INITRD_RELEASE, 0644, release, strlen(release),
			  "says that this is an initramfs");
	if (r < 0)
		return r;
	return tree_add_symlink(tree, OS_RELEASE, str_basename(IMAGE_INITRD_RELEASE),
				"says that this is an initramfs");
}

static int add_layout(struct tree *tree)
{
	int r;

	r = add_directories(tree);
	if (r >= 0)
		r = add_release(tree);
	/* Before devtmpfs is mounted: the kernel opens the first for init's standard streams. */
	if (r >= 0)
		r = tree_add_node(tree, "/dev/console", S_IFCHR | 0600, makedev(5, 1),
				  "standard streams of /init");
	if (r >= 0)
		r = tree_add_node(tree, "/dev/null", S_IFCHR | 0666, makedev(1, 3),
				  "standard streams of /init");
	if (r >= 0)
		r = tree_add_symlink(tree, IMAGE_MODPROBE, IMAGE_INIT,
				     "serves the kernel's requests for modules");
	return r < 0 && r != -ENOMEM ? log_err_errno(r, "cannot lay out the image, giving up") : r;
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

static int add_programs(struct build *build)
{
	_cleanup_free_ char *init = NULL, *unlock = NULL;
	int r;

	r = find_init(build->options->init, &init);
	if (r >= 0)
		r = elf_closure_add(build->programs, init, IMAGE_INIT, "the init program");
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
	return elf_closure_add(build->programs, unlock, IMAGE_UNLOCK, "unlocks LUKS volumes");
}

static int add_modules(struct build *build)
{
	const char *name;
	int r;

	r = generic_modules_add(build->modules, build->kernel.modules_dir);
	if (r < 0)
		return r;
	vec_for_each(name, &build->options->add_modules) {
		r = kmod_closure_add(build->modules, name, "asked for with --add-module");
		if (r == -ENOENT)
			log_err("kernel %s has no module %s, giving up", build->kernel.kver, name);
		else if (r < 0 && r != -ENOMEM && r != -EBADMSG)
			log_err_errno(r, "cannot look up the module %s, giving up", name);
		if (r < 0)
			return r;
	}
	r = modprobe_config_add_to_tree(&build->sysroot, &build->tree);
	if (r < 0)
		return r;
	return kmod_closure_add_to_tree(build->modules, &build->tree, MODULE_STORAGE_AS_IS);
}

/* @argument is SRC or SRC:DST, where DST is absolute and SRC may contain colons. */
static int add_file(struct build *build, const char *argument)
{
	_cleanup_free_ char *source = strdup(argument), *path = NULL;
	char *colon = NULL;

	if (!source)
		return -ENOMEM;
	for (char *next = source; (next = strstr(next, ":/")); next++)
		colon = next;
	if (colon)
		*colon = '\0';
	path = realpath(source, NULL);
	if (!path)
		return errno == ENOMEM ? -ENOMEM
				       : log_err_errno(-errno, "cannot use %s, giving up", source);
	if (!colon && source[0] != '/') {
		log_err("%s is no absolute path; say where it goes, as in --add-file %s:/etc/%s",
			source, source, str_basename(source));
		return -EINVAL;
	}
	return elf_closure_add(build->programs, path, colon ? colon + 1 : source,
			       "asked for with --add-file");
}

static int add_everything(struct build *build)
{
	const char *argument;
	int r;

	r = add_layout(&build->tree);
	if (r >= 0)
		r = elf_closure_new(&build->tree, &build->sysroot, &build->programs);
	if (r >= 0)
		r = add_programs(build);
	if (r >= 0)
		r = kmod_closure_new(build->kernel.modules_dir, build->kernel.kver, &build->sysroot,
				     &build->modules);
	if (r >= 0)
		r = add_modules(build);
	vec_for_each(argument, &build->options->add_files) {
		if (r < 0)
			break;
		r = add_file(build, argument);
	}
	return r;
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

static int write_image(struct build *build, uint64_t start_usec)
{
	const char *given = build->options->output;
	_cleanup_free_ char *output =
		given ? strdup(given) : str_format(DEFAULT_OUTPUT, build->kernel.kver);
	uint32_t mtime;
	uint64_t size;
	int r;

	if (!output)
		return -ENOMEM;
	r = read_source_date(&mtime);
	if (r < 0)
		return r;
	r = image_write(&build->tree, output, mtime, &size);
	if (r < 0)
		return r;
	log_info("wrote %s for kernel %s: %.1f MB with %zu modules, in %.2f s", output,
		 build->kernel.kver, (double)size / 1e6, kmod_closure_count(build->modules),
		 (double)(clock_now_usec() - start_usec) / (double)USEC_PER_SEC);
	return 0;
}

int build_image(const struct build_options *options)
{
	_cleanup_(build_done) struct build build = { .options = options, .sysroot = SYSROOT_NONE };
	uint64_t start_usec = clock_now_usec();
	int r;

	r = sysroot_open(NULL, &build.sysroot);
	if (r >= 0)
		r = kernel_locate(options->kver, options->modules_dir, &build.kernel);
	if (r >= 0)
		r = add_everything(&build);
	return r < 0 ? r : write_image(&build, start_usec);
}
