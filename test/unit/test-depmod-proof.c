/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What modules say of themselves, against depmod's tables of that. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/str.h"
#include "fake-kernel.h"
#include "fake-module.h"
#include "image/modules/depmod-proof.h"
#include "recent-log.h"
#include "support.h"

#define DIR "root" FAKE_MODULES_DIR

static const struct fake_row modules[] = {
	{ "disk", "kernel/disk.ko:" },
	{ "sum", "kernel/sum.ko:" },
	{ "table", "kernel/table.ko:" },
};
static const struct fake_row aliases[] = {
	{ "pci:v1*", "disk" },
	{ "pci:v2*", "disk" },
	{ "crc-sum", "sum" },
	{ "fs-sum", "sum" },
};
static const struct fake_kernel kernel = {
	.modules = modules,
	.n_modules = ARRAY_SIZE(modules),
	.aliases = aliases,
	.n_aliases = ARRAY_SIZE(aliases),
};

/* As depmod writes them. */
static const char softdep[] = "# Soft dependencies extracted from modules themselves.\n"
			      "softdep disk pre: sum post: table\n"
			      "softdep disk post: sum-2\n"
			      "softdep sum pre: table\n";
static const char weakdep[] = "# Weak dependencies extracted from modules themselves.\n"
			      "weakdep disk sum\n";

static void write_module(const char *name, const char *modinfo, size_t size)
{
	static const char *const no_imports[] = { NULL };
	_cleanup_free_ char *path = str_format("%s/kernel/%s.ko", scratch_path(DIR), name);

	assert_non_null(path);
	fake_module_write(&(struct fake_module){ .modinfo = modinfo,
						 .modinfo_size = size,
						 .imports = no_imports },
			  path);
}

#define WRITE_MODULE(name, modinfo) write_module((name), (modinfo), sizeof(modinfo))

static int set_up(void **state)
{
	remove_tree(scratch_path("root"));
	fake_kernel_write(&kernel, scratch_path("root"));
	fake_kernel_write_text(scratch_path(DIR), "modules.softdep", softdep);
	fake_kernel_write_text(scratch_path(DIR), "modules.weakdep", weakdep);
	WRITE_MODULE("disk", "softdep=pre: sum post: table\0license=GPL\0softdep= post: sum-2\0"
			     "weakdep=sum\0softdep=\0alias=pci:v1*\0alias=pci:v2*");
	WRITE_MODULE("sum", "softdep=pre: table\0alias=crc-sum\0license=GPL\0alias=fs-sum");
	WRITE_MODULE("table", "license=GPL");
	recent_log_start();
	return 0;
}

/* An image with @name in it. */
static int check(const char *name)
{
	_cleanup_free_ char *dir = strdup(scratch_path(DIR));
	struct kmod_closure *closure;
	struct sysroot sysroot;
	struct module_facts facts;
	int r;

	assert_non_null(dir);
	assert_int_equal(sysroot_open(scratch_path("root"), &sysroot), 0);
	r = kmod_closure_new(dir, FAKE_KVER, &sysroot, &closure);
	if (r >= 0) {
		assert_int_equal(kmod_closure_add(closure, name, "wanted"), 0);
		assert_int_equal(module_facts_read_closure(dir, closure, NULL, 1, &facts), 0);
		r = depmod_proof_aliases(kmod_closure_get_tables(closure), dir);
		if (r >= 0)
			r = depmod_proof_rules(closure, dir, &facts);
		module_facts_done(&facts);
		(void)kmod_closure_free(closure);
	}
	sysroot_close(&sysroot);
	return r;
}

static void test_whole(void **state)
{
	assert_int_equal(check("disk"), 0);
	assert_int_equal(check("table"), 0);
	expect_no_message();
}

struct cut {
	const char *title, *name, *text;
	size_t size;
};

static const struct cut cuts[] = {
	{ "soft dependencies", "modules.softdep", softdep, sizeof(softdep) - 1 },
	{ "weak dependencies", "modules.weakdep", weakdep, sizeof(weakdep) - 1 },
};

/* Wherever it is cut off, the image is refused, with one sentence that names the file. */
static void test_cut(void **state)
{
	const struct cut *cut = *state;
	_cleanup_free_ char *path = str_format("%s/%s", scratch_path(DIR), cut->name);

	assert_non_null(path);
	for (size_t size = 0; size < cut->size; size++) {
		bool is_at_a_line = size == 0 || cut->text[size - 1] == '\n';

		write_file(path, cut->text, size);
		recent_log_start();
		assert_int_equal(check("disk"), is_at_a_line ? -ESTALE : -EBADMSG);
		expect_message(cut->name);
	}
}

/* Those of modules that the image does not have count as well: it may lack them for that. */
static void test_cut_aliases(void **state)
{
	_cleanup_free_ char *path = strdup(scratch_path(DIR "/modules.alias")), *text = NULL;
	size_t whole;

	assert_non_null(path);
	assert_int_equal(file_read(path, SIZE_MAX, &text, &whole), 0);
	for (size_t size = 0; size < whole; size++) {
		bool is_at_a_line = size == 0 || text[size - 1] == '\n';

		write_file(path, text, size);
		recent_log_start();
		assert_int_equal(check("table"), is_at_a_line ? -ESTALE : -EBADMSG);
		expect_message("modules.alias");
	}
}

/* What the image does not have does not matter. */
static void test_cut_elsewhere(void **state)
{
	write_file(scratch_path(DIR "/modules.softdep"), "", 0);
	assert_int_equal(check("table"), 0);
	expect_no_message();
}

static void remove_file(const char *name)
{
	_cleanup_free_ char *path = str_format("%s/%s", scratch_path(DIR), name);

	assert_non_null(path);
	assert_int_equal(unlink(path), 0);
}

static void test_missing(void **state)
{
	remove_file("modules.weakdep");
	assert_int_equal(check("disk"), 0);
	expect_no_message();
	remove_file("modules.softdep");
	assert_int_equal(check("disk"), -ESTALE);
	expect_message("modules.softdep");
}

static void test_zeros(void **state)
{
	char zeros[sizeof(softdep)] = { 0 };

	zeros[sizeof(zeros) - 1] = '\n';
	write_file(scratch_path(DIR "/modules.softdep"), zeros, sizeof(zeros));
	assert_int_equal(check("disk"), -EBADMSG);
	expect_message("modules.softdep is damaged");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_whole);
	TEST_ROWS(&list, test_cut, cuts);
	TEST(&list, test_cut_aliases);
	TEST(&list, test_cut_elsewhere);
	TEST(&list, test_missing);
	TEST(&list, test_zeros);
	test_list_set_fixtures(&list, set_up, NULL);
	return test_list_run(&list);
}
