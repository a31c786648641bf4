/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "image/elf/elf-closure.h"
#include "image/elf/elf.h"
#include "loader-files.h"
#include "support.h"

#define LIBDIR "/usr/lib/x86_64-linux-gnu"
#define LOADER "/lib64/ld-linux-x86-64.so.2"

/* A sysroot, a tree that begins as an image does, and our program, which is not in the sysroot. */
struct fixture {
	struct sysroot sysroot;
	struct tree tree;
	struct elf_closure *closure;
};

static unsigned int n_opened;

int __real_elf_open(const char *path, struct elf *ret_elf);
int __wrap_elf_open(const char *path, struct elf *ret_elf);

int __wrap_elf_open(const char *path, struct elf *ret_elf)
{
	n_opened++;
	return __real_elf_open(path, ret_elf);
}

/* Where @path of the sysroot really is. */
static const char *below(const char *path)
{
	static char name[4][256];
	static unsigned int n_used;
	char *used = name[n_used++ % 4];

	(void)snprintf(used, sizeof(name[0]), "root%s", path);
	return scratch_path(used);
}

static void make_link(const char *path, const char *target)
{
	assert_int_equal(symlink(target, below(path)), 0);
}

static void write_library(const char *path, const struct elf_recipe *recipe)
{
	write_elf(below(path), recipe);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	write_library(LIBDIR "/libc.so.6", &(struct elf_recipe){ 0 });
	write_library(LIBDIR "/ld-linux-x86-64.so.2", &(struct elf_recipe){ 0 });
	make_link("/lib", "usr/lib");
	make_link("/lib64", "usr/lib64");
	assert_int_equal(mkdir(below("/usr/lib64"), 0755), 0);
	make_link("/usr/lib64/ld-linux-x86-64.so.2", LIBDIR "/ld-linux-x86-64.so.2");
	assert_int_equal(sysroot_open(below(""), &fixture->sysroot), 0);
	assert_int_equal(tree_add_symlink(&fixture->tree, "/lib", "usr/lib", "layout"), 0);
	assert_int_equal(tree_add_symlink(&fixture->tree, "/lib64", "usr/lib64", "layout"), 0);
	assert_int_equal(elf_closure_new(&fixture->tree, &fixture->sysroot, &fixture->closure), 0);
	n_opened = 0;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	assert_null(elf_closure_free(fixture->closure));
	tree_done(&fixture->tree);
	sysroot_close(&fixture->sysroot);
	remove_tree(scratch_path("root"));
	remove_tree(scratch_path("build"));
	free(fixture);
	return 0;
}

static int add_init(struct fixture *fixture, const struct elf_recipe *recipe)
{
	const char *path = scratch_path("build/init");

	write_elf(path, recipe);
	return elf_closure_add(fixture->closure, path, "/init", "the init program");
}

static void assert_why(struct fixture *fixture, const char *path, const char *why)
{
	const struct tree_entry *entry = tree_get(&fixture->tree, path);

	assert_non_null(entry);
	assert_string_equal(entry->why, why);
}

static void assert_link(struct fixture *fixture, const char *path, const char *target)
{
	const struct tree_entry *entry = tree_get(&fixture->tree, path);

	assert_non_null(entry);
	assert_int_equal(entry->kind, TREE_SYMLINK);
	assert_string_equal(entry->source, target);
}

static void assert_absent(struct fixture *fixture, const char *path)
{
	assert_null(tree_get(&fixture->tree, path));
}

struct wanted {
	const char *text;
	bool is_there;
};

static void match_message(void *userdata, const char *line)
{
	struct wanted *wanted = userdata;

	wanted->is_there |= strstr(line, wanted->text) != NULL;
}

static void assert_message(const char *text)
{
	struct wanted wanted = { .text = text };

	log_for_each_recent(match_message, &wanted);
	assert_true(wanted.is_there);
}

static void test_libraries_and_reasons(void **state)
{
	struct fixture *fixture = *state;

	write_library(LIBDIR "/liba.so.1.2",
		      &(struct elf_recipe){ .needed = { "libb.so.1", "libc.so.6" } });
	write_library("/opt/libb.so.1.0", &(struct elf_recipe){ .needed = { "liba.so.1" } });
	make_link(LIBDIR "/liba.so.1", "liba.so.1.2");
	/* It leads elsewhere outside of the sysroot. */
	make_link(LIBDIR "/libb.so.1", "/opt/libb.so.1.0");
	assert_int_equal(add_init(fixture,
				  &(struct elf_recipe){ .interpreter = LOADER,
							.needed = { "liba.so.1", "libc.so.6" } }),
			 0);
	assert_why(fixture, "/init", "the init program");
	assert_link(fixture, "/usr/lib64/ld-linux-x86-64.so.2", LIBDIR "/ld-linux-x86-64.so.2");
	assert_why(fixture, LIBDIR "/ld-linux-x86-64.so.2", "loads /init");
	assert_link(fixture, LIBDIR "/liba.so.1", "liba.so.1.2");
	assert_why(fixture, LIBDIR "/liba.so.1", "needed by /init");
	assert_why(fixture, LIBDIR "/liba.so.1.2", "needed by /init");
	assert_link(fixture, LIBDIR "/libb.so.1", "/opt/libb.so.1.0");
	assert_why(fixture, "/opt/libb.so.1.0", "needed by " LIBDIR "/liba.so.1");
	assert_why(fixture, LIBDIR "/libc.so.6", "needed by /init");
}

static void test_each_file_is_opened_once(void **state)
{
	struct fixture *fixture = *state;

	write_library(LIBDIR "/liba.so.1",
		      &(struct elf_recipe){ .needed = { "libb.so.1", "libc.so.6" } });
	write_library(LIBDIR "/libb.so.1",
		      &(struct elf_recipe){ .needed = { "liba.so.1", "libc.so.6" } });
	assert_int_equal(add_init(fixture,
				  &(struct elf_recipe){
					  .needed = { "liba.so.1", "libb.so.1", "libc.so.6" } }),
			 0);
	assert_int_equal(n_opened, 4);
	assert_int_equal(elf_closure_add(fixture->closure, scratch_path("build/init"),
					 "/usr/bin/tool", "another program"),
			 0);
	assert_int_equal(n_opened, 5);
}

static void test_program_of_the_sysroot(void **state)
{
	struct fixture *fixture = *state;

	write_library("/opt/tool/bin/tool", &(struct elf_recipe){ .runpath = "$ORIGIN/../lib",
								  .needed = { "libown.so" } });
	write_library("/opt/tool/lib/libown.so", &(struct elf_recipe){ 0 });
	assert_int_equal(elf_closure_add(fixture->closure, below("/opt/tool/bin/tool"),
					 "/opt/tool/bin/tool", "test"),
			 0);
	assert_why(fixture, "/opt/tool/lib/libown.so", "needed by /opt/tool/bin/tool");
	assert_absent(fixture, LIBDIR "/libown.so");
}

/* What is found by the directory of a program that is elsewhere in the image gets a link. */
static void test_moved_program(void **state)
{
	struct fixture *fixture = *state;

	write_library("/opt/tool/bin/tool", &(struct elf_recipe){ .runpath = "$ORIGIN/../lib",
								  .needed = { "libown.so" } });
	write_library("/opt/tool/lib/libown.so", &(struct elf_recipe){ 0 });
	assert_int_equal(elf_closure_add(fixture->closure, below("/opt/tool/bin/tool"),
					 "/usr/bin/tool", "test"),
			 0);
	assert_why(fixture, "/opt/tool/lib/libown.so", "needed by /usr/bin/tool");
	assert_link(fixture, LIBDIR "/libown.so", "/opt/tool/lib/libown.so");
}

/* A library of this machine beside a program is none of the sysroot. */
static void test_origin_outside_of_the_sysroot(void **state)
{
	struct fixture *fixture = *state;

	write_elf(scratch_path("build/libown.so"), &(struct elf_recipe){ 0 });
	assert_int_equal(add_init(fixture, &(struct elf_recipe){ .runpath = "$ORIGIN",
								 .needed = { "libown.so" } }),
			 -ENOENT);
	assert_message("/init needs the library libown.so, which is neither in its own search "
		       "path nor in the directories of /etc/ld.so.conf, giving up");
}

static void test_links_for_the_loader(void **state)
{
	struct fixture *fixture = *state;

	write_text(below("/etc/ld.so.conf"), "/opt/lib\n");
	write_library("/opt/lib/liba.so.1", &(struct elf_recipe){ 0 });
	write_library("/opt/lib/glibc-hwcaps/x86-64-v3/liba.so.1",
		      &(struct elf_recipe){ .needed = { "libb.so.1" } });
	write_library(LIBDIR "/libb.so.1", &(struct elf_recipe){ 0 });
	write_library(LIBDIR "/glibc-hwcaps/x86-64-v2/libb.so.1", &(struct elf_recipe){ 0 });
	assert_int_equal(add_init(fixture, &(struct elf_recipe){ .needed = { "liba.so.1" } }), 0);
	assert_link(fixture, LIBDIR "/liba.so.1", "/opt/lib/liba.so.1");
	assert_why(fixture, LIBDIR "/liba.so.1",
		   "leads the loader, which has no cache, to /opt/lib/liba.so.1");
	assert_link(fixture, LIBDIR "/glibc-hwcaps/x86-64-v3/liba.so.1",
		    "/opt/lib/glibc-hwcaps/x86-64-v3/liba.so.1");
	assert_why(fixture, "/opt/lib/glibc-hwcaps/x86-64-v3/liba.so.1", "needed by /init");
	/* What only a variant needs, with its own variant. */
	assert_why(fixture, LIBDIR "/libb.so.1",
		   "needed by /opt/lib/glibc-hwcaps/x86-64-v3/liba.so.1");
	assert_int_equal(tree_get(&fixture->tree, LIBDIR "/glibc-hwcaps/x86-64-v2/libb.so.1")->kind,
			 TREE_FILE);
}

static void test_filters_and_auditors(void **state)
{
	static const char *const libraries[] = { "filter", "auxiliary", "audit1", "audit2",
						 "depaudit" };
	struct fixture *fixture = *state;
	struct elf_recipe recipe = { .filter = "filter.so",
				     .auxiliary = "auxiliary.so",
				     .audit = ":audit1.so:absent.so:audit2.so",
				     .depaudit = "depaudit.so" };

	for (size_t i = 0; i < ARRAY_SIZE(libraries); i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), LIBDIR "/%s.so", libraries[i]);
		write_library(path, &(struct elf_recipe){ 0 });
	}
	assert_int_equal(add_init(fixture, &recipe), 0);
	assert_why(fixture, LIBDIR "/filter.so", "needed by /init");
	assert_why(fixture, LIBDIR "/auxiliary.so", "loaded on demand by /init");
	assert_why(fixture, LIBDIR "/audit1.so", "loaded on demand by /init");
	assert_why(fixture, LIBDIR "/audit2.so", "loaded on demand by /init");
	assert_why(fixture, LIBDIR "/depaudit.so", "loaded on demand by /init");
}

static void test_missing_filter(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(add_init(fixture, &(struct elf_recipe){ .auxiliary = "absent.so" }), 0);
	write_library("/opt/tool", &(struct elf_recipe){ .filter = "absent.so" });
	assert_int_equal(elf_closure_add(fixture->closure, below("/opt/tool"), "/opt/tool", "test"),
			 -ENOENT);
	assert_message("/opt/tool needs the library absent.so");
}

static void test_dlopen_notes(void **state)
{
	struct fixture *fixture = *state;

	write_library(LIBDIR "/libnew.so.2", &(struct elf_recipe){ 0 });
	write_library(LIBDIR "/libold.so.1", &(struct elf_recipe){ 0 });
	write_library(LIBDIR "/libold.so.2", &(struct elf_recipe){ 0 });
	write_library(LIBDIR "/librecommended.so.1",
		      &(struct elf_recipe){ .needed = { "libnew.so.2" } });
	write_library(LIBDIR "/libsuggested.so.1", &(struct elf_recipe){ 0 });
	assert_int_equal(
		add_init(fixture,
			 &(struct elf_recipe){
				 .note = "[{\"soname\":[\"libold.so.3\",\"libold.so.2\","
					 "\"libold.so.1\"],\"priority\":\"required\"},"
					 "{\"soname\":[\"librecommended.so.1\"]},"
					 "{\"soname\":[\"libabsent.so.1\"]},"
					 "{\"soname\":[\"libmissing.so.1\",\"libmissing.so.0\"],"
					 "\"priority\":\"required\"},"
					 "{\"soname\":[\"libsuggested.so.1\"],"
					 "\"priority\":\"suggested\"}]" }),
		0);
	assert_why(fixture, LIBDIR "/libold.so.2", "loaded on demand by /init");
	assert_absent(fixture, LIBDIR "/libold.so.1");
	assert_why(fixture, LIBDIR "/librecommended.so.1", "loaded on demand by /init");
	assert_why(fixture, LIBDIR "/libnew.so.2", "needed by " LIBDIR "/librecommended.so.1");
	assert_absent(fixture, LIBDIR "/libsuggested.so.1");
	assert_message("/init says that it loads libmissing.so.1, which is not here, going on "
		       "without it");
}

static void test_senseless_notes(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(add_init(fixture, &(struct elf_recipe){ .note = "[{}]" }), 0);
	assert_message("/init has notes on libraries that make no sense, ignoring those");
}

/* Tables of our own for libraries that tell nothing. */
static void test_hidden_needs(void **state)
{
	struct fixture *fixture = *state;

	write_library(LIBDIR "/libkmod.so.2",
		      &(struct elf_recipe){ .soname = "libkmod.so.2", .import = "dlopen" });
	write_library(LIBDIR "/libcrypto.so.3",
		      &(struct elf_recipe){ .soname = "libcrypto.so.3", .import = "dlopen" });
	write_library(LIBDIR "/ossl-modules/legacy.so", &(struct elf_recipe){ 0 });
	write_library(LIBDIR "/libzstd.so.1", &(struct elf_recipe){ 0 });
	write_library(LIBDIR "/libgcc_s.so.1", &(struct elf_recipe){ 0 });
	assert_int_equal(add_init(fixture, &(struct elf_recipe){ .needed = { "libkmod.so.2",
									     "libcrypto.so.3" },
								 .import = "pthread_exit" }),
			 0);
	assert_why(fixture, LIBDIR "/libzstd.so.1", "loaded on demand by " LIBDIR "/libkmod.so.2");
	assert_why(fixture, LIBDIR "/libgcc_s.so.1", "loaded on demand by /init");
	assert_why(fixture, LIBDIR "/ossl-modules/legacy.so",
		   "loaded on demand by " LIBDIR "/libcrypto.so.3");
}

static void test_notes_instead_of_tables(void **state)
{
	struct fixture *fixture = *state;

	write_library(LIBDIR "/libkmod.so.2",
		      &(struct elf_recipe){ .soname = "libkmod.so.2",
					    .import = "dlopen",
					    .note = "[{\"soname\":[\"liblzma.so.5\"]}]" });
	write_library(LIBDIR "/libzstd.so.1", &(struct elf_recipe){ 0 });
	write_library(LIBDIR "/liblzma.so.5", &(struct elf_recipe){ 0 });
	assert_int_equal(add_init(fixture, &(struct elf_recipe){ .needed = { "libkmod.so.2" } }),
			 0);
	assert_why(fixture, LIBDIR "/liblzma.so.5", "loaded on demand by " LIBDIR "/libkmod.so.2");
	assert_absent(fixture, LIBDIR "/libzstd.so.1");
}

static int add_script(struct fixture *fixture, const char *text)
{
	const char *path = scratch_path("build/script");

	write_text(path, text);
	return elf_closure_add(fixture->closure, path, "/usr/bin/script", "test");
}

static void test_script(void **state)
{
	struct fixture *fixture = *state;

	write_library("/usr/bin/dash",
		      &(struct elf_recipe){ .interpreter = LOADER, .needed = { "libc.so.6" } });
	make_link("/usr/bin/sh", "dash");
	assert_int_equal(add_script(fixture, "#!/usr/bin/sh -e\n"), 0);
	assert_link(fixture, "/usr/bin/sh", "dash");
	assert_why(fixture, "/usr/bin/dash", "runs /usr/bin/script");
	assert_why(fixture, LIBDIR "/libc.so.6", "needed by /usr/bin/sh");
}

static void test_script_of_env(void **state)
{
	struct fixture *fixture = *state;

	write_library("/usr/bin/env", &(struct elf_recipe){ 0 });
	write_text(below("/usr/sbin/runner"), "#!/usr/bin/env -S runner2 -x\n");
	write_text(below("/usr/sbin/runner2"), "#!/usr/sbin/runner\n");
	assert_int_equal(add_script(fixture, "#!/usr/bin/env runner\n"), 0);
	assert_why(fixture, "/usr/bin/env", "runs /usr/bin/script");
	assert_why(fixture, "/usr/sbin/runner", "runs /usr/bin/script");
	assert_why(fixture, "/usr/sbin/runner2", "runs /usr/sbin/runner");
}

static void test_script_without_interpreter(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(add_script(fixture, "#!/usr/bin/env absent\n"), 0);
	assert_message("/usr/bin/script is a script for /usr/bin/env, which is not here: it will "
		       "not run in the image");
	write_library("/usr/bin/env", &(struct elf_recipe){ 0 });
	assert_int_equal(add_script(fixture, "#!/usr/bin/env absent\n"), 0);
	assert_message("/usr/bin/script is a script for absent, which is not here");
}

static void test_text(void **state)
{
	struct fixture *fixture = *state;
	struct vec entries;

	assert_int_equal(add_script(fixture, "# nothing to run\n"), 0);
	assert_int_equal(tree_sort(&fixture->tree, &entries), 0);
	/* /lib /lib64 /usr /usr/bin /usr/bin/script */
	assert_int_equal(entries.n_items, 5);
	vec_done(&entries, NULL);
}

static void test_plug_in(void **state)
{
	struct fixture *fixture = *state;

	write_library(LIBDIR "/cryptsetup/libcryptsetup-token-x.so",
		      &(struct elf_recipe){ .needed = { "libx.so.1" } });
	write_library(LIBDIR "/libx.so.1", &(struct elf_recipe){ 0 });
	assert_int_equal(elf_closure_add(fixture->closure,
					 below(LIBDIR "/cryptsetup/libcryptsetup-token-x.so"),
					 LIBDIR "/cryptsetup/libcryptsetup-token-x.so",
					 "opens tokens for /usr/lib/kindling/unlock"),
			 0);
	assert_why(fixture, LIBDIR "/libx.so.1",
		   "needed by " LIBDIR "/cryptsetup/libcryptsetup-token-x.so");
}

static void test_another_machine(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(add_init(fixture, &(struct elf_recipe){ 0 }), 0);
	write_library("/opt/tool",
		      &(struct elf_recipe){ .machine = EM_AARCH64, .needed = { "libabsent.so" } });
	assert_int_equal(elf_closure_add(fixture->closure, below("/opt/tool"), "/opt/tool", "test"),
			 0);
	assert_why(fixture, "/opt/tool", "test");
	assert_message("/opt/tool is for another machine (aarch64, not x86_64), putting it into "
		       "the image without its libraries");
}

/* What a file that is asked for may be, with what is said of it. */
static const struct broken {
	const char *title;
	size_t size; /* all of it, if 0 */
	size_t at;   /* of a byte to be replaced by 0xff */
	const char *message;
} broken[] = {
	{ "ends within its identity", 6, 0, "is a broken ELF file: it ends within its header" },
	{ "ends within its header", 40, 0, "is a broken ELF file: it ends within its header" },
	{ "ends within its program headers", 100, 0,
	  "is a broken ELF file: its program headers lie outside of the file" },
	{ "program headers elsewhere", 0, offsetof(Elf64_Ehdr, e_phoff) + 3,
	  "is a broken ELF file: its program headers lie outside of the file" },
	{ "word size", 0, EI_CLASS,
	  "is a broken ELF file: its header tells no word size or byte order that there is" },
	{ "dynamic section elsewhere", 0,
	  sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_offset) + 3,
	  "is a broken ELF file: its dynamic section lies outside of the file" },
	{ "no segment for the names", 0, sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_vaddr) + 3,
	  "is a broken ELF file: the names in its dynamic section lie outside of the file" },
};

/* Writes the row's file to @path. */
static void write_broken(const char *path, const struct broken *row)
{
	uint8_t data[LOADER_FILE_MAX];
	size_t size = make_elf(&(struct elf_recipe){ .soname = "libx.so" }, data);

	if (row->at)
		data[row->at] = 0xff;
	write_file(path, data, row->size ? row->size : size);
}

static void test_broken_program(void **state)
{
	const struct broken *row = *state;
	struct fixture *fixture;

	set_up((void **)&fixture);
	write_broken(below("/opt/tool"), row);
	assert_int_equal(elf_closure_add(fixture->closure, below("/opt/tool"), "/opt/tool", "test"),
			 -EBADMSG);
	assert_message(row->message);
	tear_down((void **)&fixture);
}

static void test_broken_library(void **state)
{
	const struct broken *row = *state;
	struct fixture *fixture;

	set_up((void **)&fixture);
	write_broken(below(LIBDIR "/libx.so"), row);
	assert_int_equal(add_init(fixture, &(struct elf_recipe){ .needed = { "libx.so" } }),
			 -EBADMSG);
	assert_message(
		"/init needs the library libx.so, but /usr/lib/x86_64-linux-gnu/libx.so is a "
		"broken ELF file");
	tear_down((void **)&fixture);
}

static void test_unfit_libraries(void **state)
{
	struct fixture *fixture = *state;

	write_text(below(LIBDIR "/libtext.so"), "INPUT ( -lx )\n");
	write_library(LIBDIR "/libarm.so", &(struct elf_recipe){ .machine = EM_AARCH64 });
	assert_int_equal(add_init(fixture, &(struct elf_recipe){ .needed = { "libtext.so" } }),
			 -ENOEXEC);
	assert_message("but /usr/lib/x86_64-linux-gnu/libtext.so is no ELF file, giving up");
	write_library("/opt/tool", &(struct elf_recipe){ .needed = { "libarm.so" } });
	assert_int_equal(elf_closure_add(fixture->closure, below("/opt/tool"), "/opt/tool", "test"),
			 -ENOENT);
	assert_message("but /usr/lib/x86_64-linux-gnu/libarm.so is for another machine (aarch64), "
		       "giving up");
}

static void test_missing_files(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(elf_closure_add(fixture->closure, below("/absent"), "/absent",
					 "test reason"),
			 -ENOENT);
	assert_message("/absent (test reason) into the image, giving up");
	assert_int_equal(add_init(fixture, &(struct elf_recipe){ .interpreter = "/lib64/ld.so" }),
			 -ENOENT);
	assert_message("cannot put /lib64/ld.so (loads /init) into the image, giving up");
}

/* The program of this test and its libraries, whatever the machine has. */
static void test_this_machine(void **state)
{
	struct sysroot machine = SYSROOT_NONE;
	struct elf_closure *closure;
	struct tree tree = { 0 };
	struct vec entries;
	bool has_cmocka = false;
	const struct tree_entry *entry;
	char self[256];
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(size > 0);
	self[size] = '\0';
	assert_int_equal(sysroot_open(NULL, &machine), 0);
	assert_int_equal(elf_closure_new(&tree, &machine, &closure), 0);
	assert_int_equal(elf_closure_add(closure, self, "/init", "test"), 0);
	assert_int_equal(tree_sort(&tree, &entries), 0);
	vec_for_each(entry, &entries) {
		has_cmocka |= strstr(entry->path, "/libcmocka.so.") != NULL;
	}
	assert_true(has_cmocka);
	vec_done(&entries, NULL);
	elf_closure_free(closure);
	tree_done(&tree);
	sysroot_close(&machine);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_libraries_and_reasons);
	TEST(&list, test_each_file_is_opened_once);
	TEST(&list, test_program_of_the_sysroot);
	TEST(&list, test_moved_program);
	TEST(&list, test_origin_outside_of_the_sysroot);
	TEST(&list, test_links_for_the_loader);
	TEST(&list, test_filters_and_auditors);
	TEST(&list, test_missing_filter);
	TEST(&list, test_dlopen_notes);
	TEST(&list, test_senseless_notes);
	TEST(&list, test_hidden_needs);
	TEST(&list, test_notes_instead_of_tables);
	TEST(&list, test_script);
	TEST(&list, test_script_of_env);
	TEST(&list, test_script_without_interpreter);
	TEST(&list, test_text);
	TEST(&list, test_plug_in);
	TEST(&list, test_another_machine);
	TEST(&list, test_unfit_libraries);
	TEST(&list, test_missing_files);
	test_list_set_fixtures(&list, set_up, tear_down);
	TEST(&list, test_this_machine);
	TEST_ROWS(&list, test_broken_program, broken);
	TEST_ROWS(&list, test_broken_library, broken);
	return test_list_run(&list);
}
