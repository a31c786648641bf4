/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "image/elf/library-search.h"
#include "loader-files.h"
#include "support.h"

#define LIBDIR "/usr/lib/x86_64-linux-gnu"

/* A sysroot with a merged /usr and a C library, and a program that is to be /init. */
struct fixture {
	struct sysroot sysroot;
	struct library_search search;
	struct elf_object *program;
};

/* Where @path of the sysroot really is. */
static const char *below(const char *path)
{
	return scratch_path(*path == '/' ? path + 1 : path);
}

static void write_library(const char *path, const struct elf_recipe *recipe)
{
	write_elf(below(path), recipe);
}

static void write_plain_library(const char *path)
{
	write_library(path, &(struct elf_recipe){ 0 });
}

static void make_link(const char *path, const char *target)
{
	assert_int_equal(symlink(target, below(path)), 0);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	write_plain_library(LIBDIR "/libc.so.6");
	make_link("/lib", "usr/lib");
	assert_int_equal(sysroot_open(scratch_directory(), &fixture->sysroot), 0);
	library_search_init(&fixture->search, &fixture->sysroot);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const made[] = { "usr", "opt", "etc", "lib", "lib64", "libexec" };
	struct fixture *fixture = *state;

	library_search_done(&fixture->search);
	elf_object_free(fixture->program);
	sysroot_close(&fixture->sysroot);
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		remove_tree(scratch_path(made[i]));
	free(fixture);
	return 0;
}

/* The program at @path, which is at @image_path in the image. */
static void make_program(struct fixture *fixture, const char *path, const char *image_path,
			 const struct elf_recipe *recipe)
{
	write_library(path, recipe);
	assert_int_equal(elf_object_new(path, below(path), &fixture->program), 0);
	fixture->program->image_path = strdup(image_path);
	assert_int_equal(library_search_set_machine(&fixture->search, &fixture->program->elf), 0);
}

static void make_init(struct fixture *fixture, const struct elf_recipe *recipe)
{
	make_program(fixture, "/libexec/init", "/init", recipe);
}

static const struct library *find_for(struct fixture *fixture, const struct elf_object *object,
				      const char *name)
{
	const struct library *library = NULL;
	int r = library_search_find(&fixture->search, object, name, &library);

	assert_int_equal(r, library ? 1 : 0);
	return library;
}

static const struct library *find(struct fixture *fixture, const char *name)
{
	return find_for(fixture, fixture->program, name);
}

static const char *path_of(const struct library *library, size_t index)
{
	assert_non_null(library);
	assert_true(index < library->objects.n_items);
	return ((struct elf_object *)library->objects.items[index])->path;
}

static void assert_found(struct fixture *fixture, const char *name, const char *path)
{
	assert_string_equal(path_of(find(fixture, name), 0), path);
}

/* The object at @path, as one that @parent brought in. */
static struct elf_object *open_below(struct fixture *fixture, const char *path,
				     const struct elf_object *parent)
{
	struct elf_object *object;

	assert_int_equal(library_search_open(&fixture->search, path, &object), 1);
	object->parent = parent;
	return object;
}

static void test_built_in(void **state)
{
	struct fixture *fixture = *state;

	write_plain_library(LIBDIR "/liba.so.1");
	write_plain_library("/usr/lib64/libb.so.1");
	make_init(fixture, &(struct elf_recipe){ 0 });
	assert_found(fixture, "liba.so.1", LIBDIR "/liba.so.1");
	assert_false(find(fixture, "liba.so.1")->needs_help);
	/* Whether this loader looks there depends on the distribution. */
	assert_found(fixture, "libb.so.1", "/usr/lib64/libb.so.1");
	assert_true(find(fixture, "libb.so.1")->needs_help);
	assert_null(find(fixture, "libabsent.so.1"));
	assert_null(fixture->search.rejected);
	assert_ptr_equal(find(fixture, "liba.so.1"), find(fixture, "liba.so.1"));
}

/* Which of several names of one directory the loader knows is for the cache to tell. */
static void test_all_directories_are_one(void **state)
{
	static const struct cache_row row = { "libc.so.6", "/usr/lib/libc.so.6", X86_64_FLAGS, 0 };
	struct fixture *fixture = *state;

	remove_tree(below(LIBDIR));
	make_link("/lib64", "usr/lib");
	make_link("/usr/lib64", "lib");
	write_plain_library("/usr/lib/libc.so.6");
	write_plain_library("/usr/lib/liba.so.1");
	write_ld_cache(below("/etc/ld.so.cache"), &row, 1);
	make_init(fixture, &(struct elf_recipe){ 0 });
	assert_found(fixture, "liba.so.1", "/usr/lib/liba.so.1");
	assert_false(find(fixture, "liba.so.1")->needs_help);
	assert_string_equal(fixture->search.c_library_dir, "/usr/lib");
}

static void test_without_glibc(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(unlink(below(LIBDIR "/libc.so.6")), 0);
	write_plain_library("/usr/lib/liba.so.1");
	write_plain_library("/opt/lib/libb.so.1");
	make_init(fixture, &(struct elf_recipe){ .rpath = "/opt/../opt/lib" });
	assert_false(find(fixture, "liba.so.1")->needs_help);
	assert_true(find(fixture, "libb.so.1")->needs_help);
	assert_string_equal(fixture->search.c_library_dir, "/usr/lib");
}

/* The search paths of a program at /usr/bin/tool, and what becomes of libx.so.1. */
static const struct search_path {
	const char *title, *rpath, *runpath, *path;
	bool needs_help;
} search_paths[] = {
	{ "none", NULL, NULL, LIBDIR "/libx.so.1", false },
	{ "rpath", "/opt/r", NULL, "/opt/r/libx.so.1", false },
	{ "runpath", NULL, "/opt/s", "/opt/s/libx.so.1", false },
	{ "runpath puts rpath out of force", "/opt/r", "/opt/s", "/opt/s/libx.so.1", false },
	{ "the first that has it", "/absent:/opt/empty::/opt/s:/opt/r", NULL, "/opt/s/libx.so.1",
	  false },
	{ "origin", NULL, "$ORIGIN/../../opt/r", "/opt/r/libx.so.1", false },
	{ "origin in braces", "${ORIGIN}/../../opt/r", NULL, "/opt/r/libx.so.1", false },
	{ "a link", "/opt/link", NULL, LIBDIR "/libx.so.1", false },
	{ "up from the root", NULL, "/../../../../opt/r", LIBDIR "/libx.so.1", false },
	{ "what depends on the loader", "/usr/$LIB/r:/opt/$PLATFORM", NULL, LIBDIR "/libx.so.1",
	  false },
	{ "relative", "opt/r", NULL, LIBDIR "/libx.so.1", false },
};

static void test_search_path(void **state)
{
	const struct search_path *row = *state;
	struct fixture *fixture;

	set_up((void **)&fixture);
	write_plain_library(LIBDIR "/libx.so.1");
	write_plain_library("/opt/r/libx.so.1");
	write_plain_library("/opt/s/libx.so.1");
	assert_int_equal(mkdir(below("/opt/empty"), 0755), 0);
	make_link("/opt/link", "/opt/r");
	make_program(fixture, "/usr/bin/tool", "/usr/bin/tool",
		     &(struct elf_recipe){ .rpath = row->rpath, .runpath = row->runpath });
	assert_found(fixture, "libx.so.1", row->path);
	assert_int_equal(find(fixture, "libx.so.1")->needs_help, row->needs_help);
	tear_down((void **)&fixture);
}

/* The same where no other directory has the library, so that there is no choice. */
static const struct search_path lonely_paths[] = {
	{ "alone at rpath", "/opt/r", NULL, "/opt/r/libx.so.1", false },
	{ "alone behind a link", "/opt/link", NULL, "/opt/r/libx.so.1", true },
	{ "alone up from the root", NULL, "/../../../../opt/r", "/opt/r/libx.so.1", true },
};

static void test_lonely_path(void **state)
{
	const struct search_path *row = *state;
	struct fixture *fixture;

	set_up((void **)&fixture);
	write_plain_library("/opt/r/libx.so.1");
	make_link("/opt/link", "/opt/r");
	make_program(fixture, "/usr/bin/tool", "/usr/bin/tool",
		     &(struct elf_recipe){ .rpath = row->rpath, .runpath = row->runpath });
	assert_found(fixture, "libx.so.1", row->path);
	assert_int_equal(find(fixture, "libx.so.1")->needs_help, row->needs_help);
	tear_down((void **)&fixture);
}

/* In the image /init has another directory, and no /proc to find it. */
static void test_origin_of_moved_program(void **state)
{
	struct fixture *fixture = *state;

	write_plain_library("/libexec/lib/libown.so.1");
	write_plain_library("/libexec/lib/libboth.so.1");
	write_plain_library(LIBDIR "/libboth.so.1");
	make_init(fixture, &(struct elf_recipe){ .runpath = "$ORIGIN/lib" });
	assert_found(fixture, "libown.so.1", "/libexec/lib/libown.so.1");
	assert_true(find(fixture, "libown.so.1")->needs_help);
	assert_found(fixture, "libboth.so.1", LIBDIR "/libboth.so.1");
}

static void test_rpath_of_parents(void **state)
{
	struct fixture *fixture = *state;
	struct elf_object *plain, *with_runpath, *child;

	write_library("/usr/lib/plain.so", &(struct elf_recipe){ .rpath = "/opt/p" });
	write_library("/usr/lib/runpath.so",
		      &(struct elf_recipe){ .rpath = "/opt/p", .runpath = "/opt/q" });
	write_plain_library("/usr/lib/child.so");
	write_plain_library("/opt/p/libp.so.1");
	write_plain_library("/opt/q/libq.so.1");
	write_plain_library("/opt/init/libi.so.1");
	make_init(fixture, &(struct elf_recipe){ .rpath = "/opt/init" });
	plain = open_below(fixture, "/usr/lib/plain.so", fixture->program);
	with_runpath = open_below(fixture, "/usr/lib/runpath.so", fixture->program);
	child = open_below(fixture, "/usr/lib/child.so", plain);

	assert_non_null(find_for(fixture, child, "libp.so.1"));
	assert_non_null(find_for(fixture, child, "libi.so.1"));
	assert_null(find_for(fixture, child, "libq.so.1"));
	/* A DT_RUNPATH is for its object alone, and ends the search of others. */
	assert_non_null(find_for(fixture, with_runpath, "libq.so.1"));
	assert_null(find_for(fixture, with_runpath, "libp.so.1"));
	assert_null(find_for(fixture, with_runpath, "libi.so.1"));
	child->parent = with_runpath;
	assert_null(find_for(fixture, child, "libp.so.1"));
	assert_null(find_for(fixture, child, "libq.so.1"));
	assert_non_null(find_for(fixture, child, "libi.so.1"));
}

static void test_origin_of_library(void **state)
{
	struct fixture *fixture = *state;
	struct elf_object *library;

	write_library("/opt/x/lib/libx.so", &(struct elf_recipe){ .runpath = "$ORIGIN/../own" });
	write_plain_library("/opt/x/own/libown.so.1");
	write_plain_library(LIBDIR "/libown.so.1");
	make_init(fixture, &(struct elf_recipe){ 0 });
	library = open_below(fixture, "/opt/x/lib/libx.so", fixture->program);
	assert_string_equal(path_of(find_for(fixture, library, "libown.so.1"), 0),
			    "/opt/x/own/libown.so.1");
	assert_false(find_for(fixture, library, "libown.so.1")->needs_help);
}

static void test_cache(void **state)
{
	static const struct cache_row rows[] = {
		{ "liba.so.1", "/opt/lib/liba.so.1", X86_64_FLAGS, 0 },
		{ "libb.so.1", LIBDIR "/libb.so.1", 0x0a03, 0 },
		{ "libc1.so.1", "/opt/lib/libgone.so.1", X86_64_FLAGS, 0 },
		{ "libd.so.1", LIBDIR "/libd-1.0.so", X86_64_FLAGS, 0 },
		{ "libe.so.1", "/libe.so.1", X86_64_FLAGS, 0 },
	};
	struct fixture *fixture = *state;

	write_ld_cache(below("/etc/ld.so.cache"), rows, ARRAY_SIZE(rows));
	write_plain_library("/opt/lib/liba.so.1");
	write_plain_library(LIBDIR "/liba.so.1");
	write_plain_library(LIBDIR "/libb.so.1");
	write_plain_library("/usr/lib64/libb.so.1");
	write_plain_library(LIBDIR "/libc1.so.1");
	write_plain_library(LIBDIR "/libd-1.0.so");
	make_init(fixture, &(struct elf_recipe){ 0 });
	/* Before the directories that are built in, and the image will lack the cache. */
	assert_found(fixture, "liba.so.1", "/opt/lib/liba.so.1");
	assert_true(find(fixture, "liba.so.1")->needs_help);
	/* One for another machine, and one that is gone. */
	assert_found(fixture, "libb.so.1", LIBDIR "/libb.so.1");
	assert_found(fixture, "libc1.so.1", LIBDIR "/libc1.so.1");
	/* Nothing but the cache knows it by that name. */
	assert_found(fixture, "libd.so.1", LIBDIR "/libd-1.0.so");
	assert_true(find(fixture, "libd.so.1")->needs_help);
	assert_null(find(fixture, "libe.so.1"));
}

static void test_own_paths_before_cache(void **state)
{
	static const struct cache_row row = { "liba.so.1", "/opt/lib/liba.so.1", X86_64_FLAGS, 0 };
	struct fixture *fixture = *state;

	write_ld_cache(below("/etc/ld.so.cache"), &row, 1);
	write_plain_library("/opt/lib/liba.so.1");
	write_plain_library("/opt/own/liba.so.1");
	make_init(fixture, &(struct elf_recipe){ .runpath = "/opt/own" });
	assert_found(fixture, "liba.so.1", "/opt/own/liba.so.1");
}

static void count_warning(void *userdata, const char *line)
{
	if (strstr(line, "/etc/ld.so.cache is no cache"))
		++*(unsigned int *)userdata;
}

static void test_broken_cache(void **state)
{
	struct fixture *fixture = *state;
	unsigned int n_warnings = 0;

	write_text(below("/etc/ld.so.cache"), "glibc-ld.so.cache1.1 but no more");
	write_plain_library(LIBDIR "/liba.so.1");
	make_init(fixture, &(struct elf_recipe){ 0 });
	assert_found(fixture, "liba.so.1", LIBDIR "/liba.so.1");
	log_for_each_recent(count_warning, &n_warnings);
	assert_int_equal(n_warnings, 1);
}

static void test_config(void **state)
{
	struct fixture *fixture = *state;

	write_text(below("/etc/ld.so.conf"), "# a comment\n"
					     "include /etc/ld.so.conf.d/*.conf\n"
					     "include\trelative.conf # another\n"
					     "include /etc/ld.so.conf\n" /* itself */
					     "include /etc/absent/*.conf\n"
					     "  /opt/direct/  \n"
					     "opt/relative\n");
	write_text(below("/etc/relative.conf"), "/opt/by-relative-include");
	write_text(below("/usr/share/a.conf"), "/opt/a\n");
	write_text(below("/usr/share/conf.d/b.conf"), "/opt/b\n");
	write_text(below("/usr/share/conf.d/c.other"), "/opt/c\n");
	write_text(below("/usr/share/conf.d/.d.conf"), "/opt/d\n");
	/* Links that lead elsewhere outside of the sysroot. */
	make_link("/etc/ld.so.conf.d", "/usr/share/conf.d");
	make_link("/usr/share/conf.d/a.conf", "/usr/share/a.conf");
	write_plain_library("/opt/direct/libdirect.so");
	write_plain_library("/opt/by-relative-include/librelative.so");
	write_plain_library("/opt/a/libboth.so");
	write_plain_library("/opt/b/libboth.so");
	write_plain_library("/opt/b/libb.so");
	write_plain_library("/opt/c/libc.so");
	write_plain_library("/opt/d/libd.so");
	write_plain_library(LIBDIR "/libb.so");
	make_init(fixture, &(struct elf_recipe){ 0 });
	assert_found(fixture, "libdirect.so", "/opt/direct/libdirect.so");
	assert_true(find(fixture, "libdirect.so")->needs_help);
	assert_found(fixture, "librelative.so", "/opt/by-relative-include/librelative.so");
	assert_found(fixture, "libboth.so", "/opt/a/libboth.so");
	assert_found(fixture, "libb.so", LIBDIR "/libb.so");
	assert_null(find(fixture, "libc.so"));
	assert_null(find(fixture, "libd.so"));
	/* Each once, however often it is included. */
	assert_int_equal(fixture->search.dirs.configured.n_items, 4);
}

/* In DIR and for better processors below it, in the order of names. */
static void test_hwcaps(void **state)
{
	static const struct cache_row rows[] = {
		{ "libcached.so.1", "/opt/lib/glibc-hwcaps/x86-64-v3/libcached.so.1", X86_64_FLAGS,
		  HWCAP_EXTENSION },
	};
	struct fixture *fixture = *state;
	const struct library *library;

	write_ld_cache(below("/etc/ld.so.cache"), rows, ARRAY_SIZE(rows));
	write_plain_library(LIBDIR "/liba.so.1");
	write_plain_library(LIBDIR "/glibc-hwcaps/x86-64-v3/liba.so.1");
	write_plain_library(LIBDIR "/glibc-hwcaps/x86-64-v2/liba.so.1");
	write_plain_library(LIBDIR "/glibc-hwcaps/x86-64-v2/libonly.so.1");
	write_library(LIBDIR "/glibc-hwcaps/power9/liba.so.1",
		      &(struct elf_recipe){ .machine = EM_PPC64 });
	write_plain_library("/opt/lib/glibc-hwcaps/x86-64-v3/libcached.so.1");
	write_plain_library("/opt/own/libown.so.1");
	write_plain_library("/opt/own/glibc-hwcaps/x86-64-v4/libown.so.1");
	make_init(fixture, &(struct elf_recipe){ .rpath = "/opt/own" });

	library = find(fixture, "liba.so.1");
	assert_int_equal(library->objects.n_items, 3);
	assert_string_equal(path_of(library, 0), LIBDIR "/liba.so.1");
	assert_string_equal(path_of(library, 1), LIBDIR "/glibc-hwcaps/x86-64-v2/liba.so.1");
	assert_string_equal(path_of(library, 2), LIBDIR "/glibc-hwcaps/x86-64-v3/liba.so.1");
	assert_found(fixture, "libonly.so.1", LIBDIR "/glibc-hwcaps/x86-64-v2/libonly.so.1");
	assert_false(find(fixture, "libonly.so.1")->needs_help);
	library = find(fixture, "libcached.so.1");
	assert_string_equal(path_of(library, 0), "/opt/lib/glibc-hwcaps/x86-64-v3/libcached.so.1");
	assert_string_equal(library->dir, "/opt/lib");
	assert_true(library->needs_help);
	assert_int_equal(find(fixture, "libown.so.1")->objects.n_items, 2);
}

static void test_names_with_slash(void **state)
{
	struct fixture *fixture = *state;
	struct elf_object *library;

	write_plain_library("/opt/x/liba.so");
	write_plain_library("/opt/x/lib/libb.so");
	make_init(fixture, &(struct elf_recipe){ 0 });
	assert_found(fixture, "/opt/x/liba.so", "/opt/x/liba.so");
	assert_found(fixture, "opt/x/liba.so", "/opt/x/liba.so");
	assert_null(find(fixture, "/opt/x/absent.so"));
	assert_null(find(fixture, "$LIB/liba.so"));
	library = open_below(fixture, "/opt/x/liba.so", fixture->program);
	assert_string_equal(path_of(find_for(fixture, library, "$ORIGIN/lib/libb.so"), 0),
			    "/opt/x/./lib/libb.so");
}

static void test_rejected(void **state)
{
	struct fixture *fixture = *state;

	write_library(LIBDIR "/liba.so.1", &(struct elf_recipe){ .machine = EM_AARCH64 });
	write_plain_library("/usr/lib/liba.so.1");
	write_library(LIBDIR "/libb.so.1", &(struct elf_recipe){ .is_big_endian = true });
	write_text(below(LIBDIR "/libc.so"), "GROUP ( libc.so.6 )\n");
	write_text(below(LIBDIR "/libd.so.1"), "\x7f"
					       "ELF");
	make_init(fixture, &(struct elf_recipe){ 0 });
	/* The loader passes over them and goes on. */
	assert_found(fixture, "liba.so.1", "/usr/lib/liba.so.1");
	assert_null(find(fixture, "libb.so.1"));
	assert_int_equal(fixture->search.rejected->error, 0);
	assert_null(find(fixture, "libc.so"));
	assert_int_equal(fixture->search.rejected->error, -ENOEXEC);
	assert_null(find(fixture, "libd.so.1"));
	assert_int_equal(fixture->search.rejected->error, -EBADMSG);
	assert_null(find(fixture, "libabsent.so.1"));
	assert_null(fixture->search.rejected);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_built_in);
	TEST(&list, test_all_directories_are_one);
	TEST(&list, test_without_glibc);
	TEST(&list, test_origin_of_moved_program);
	TEST(&list, test_rpath_of_parents);
	TEST(&list, test_origin_of_library);
	TEST(&list, test_cache);
	TEST(&list, test_own_paths_before_cache);
	TEST(&list, test_broken_cache);
	TEST(&list, test_config);
	TEST(&list, test_hwcaps);
	TEST(&list, test_names_with_slash);
	TEST(&list, test_rejected);
	test_list_set_fixtures(&list, set_up, tear_down);
	TEST_ROWS(&list, test_search_path, search_paths);
	TEST_ROWS(&list, test_lonely_path, lonely_paths);
	return test_list_run(&list);
}
