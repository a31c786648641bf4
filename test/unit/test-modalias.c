/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libkmod itself says of a made-up kernel. */
#include "init/modalias.h"

#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "fake-kernel.h"
#include "support.h"

struct kmod_ctx *__real_kmod_new(const char *dirname, const char *const *config_paths);
struct kmod_ctx *__wrap_kmod_new(const char *dirname, const char *const *config_paths);

/* The made-up kernel in place of the running one, and its configuration alone. */
struct kmod_ctx *__wrap_kmod_new(const char *dirname, const char *const *config_paths)
{
	_cleanup_free_ char *config = strdup(scratch_path("etc/modprobe.d"));
	const char *const paths[] = { config, NULL };

	assert_null(dirname);
	assert_null(config_paths);
	assert_non_null(config);
	return __real_kmod_new(scratch_path(FAKE_MODULES_DIR), paths);
}

struct softdep_row {
	const char *name;
	const char *config;
	const char *pre, *post; /* with a space before each */
};

static const struct softdep_row softdep_rows[] = {
	{ "none", "options kindling_x a=1\n", "", "" },
	{ "of another module", "softdep kindling_a pre: kindling_b\n", "", "" },
	{ "before", "softdep kindling_x pre: kindling_a kindling_b\n", " kindling_a kindling_b",
	  "" },
	{ "after", "softdep kindling_x post: kindling_a kindling_b\n", "",
	  " kindling_a kindling_b" },
	{ "one before and one after", "softdep kindling_x pre: kindling_a post: kindling_b\n",
	  " kindling_a", " kindling_b" },
	{ "several before and several after",
	  "softdep kindling_x pre: kindling_a kindling_b post: kindling_c kindling_d\n",
	  " kindling_a kindling_b", " kindling_c kindling_d" },
	{ "after is written first",
	  "softdep kindling_x post: kindling_c pre: kindling_a kindling_b\n",
	  " kindling_a kindling_b", " kindling_c" },
	{ "what is unknown counts for nothing",
	  "softdep kindling_x pre: kindling_a nosuch post: nothing kindling_c\n", " kindling_a",
	  " kindling_c" },
	{ "several lines",
	  "softdep kindling_x pre: kindling_a post: kindling_c\n"
	  "softdep kindling_x pre: kindling_b post: kindling_d\n",
	  " kindling_a kindling_b", " kindling_c kindling_d" },
};

static void expect_names(const struct vec *names, const char *expected)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const char *name;

	vec_for_each(name, names) {
		strbuf_printf(&text, " %s", name);
	}
	assert_string_equal(strbuf_string(&text), expected);
}

static void softdeps_are_told_apart(void **state)
{
	static const struct fake_row modules[] = {
		{ "kindling_a", "kernel/kindling_a.ko:" },
		{ "kindling_b", "kernel/kindling_b.ko:" },
		{ "kindling_c", "kernel/kindling_c.ko:" },
		{ "kindling_d", "kernel/kindling_d.ko:" },
		{ "kindling_x", "kernel/kindling_x.ko:" },
	};
	const struct softdep_row *row = *state;
	const struct fake_row config = { "etc/modprobe.d/x.conf", row->config };
	const struct fake_kernel kernel = { .modules = modules,
					    .n_modules = ARRAY_SIZE(modules),
					    .configs = &config,
					    .n_configs = 1 };
	struct module_info info;
	struct modalias *modalias;

	fake_kernel_write(&kernel, scratch_directory());
	fake_kernel_write_index(scratch_path(FAKE_MODULES_DIR), "modules.builtin.alias.bin", NULL,
				0);
	assert_int_equal(modalias_new(&modalias), 0);
	assert_int_equal(modalias_describe(modalias, "kindling_x", &info), 0);
	assert_int_equal(info.presence, MODULE_PRESENT);
	expect_names(&info.softdeps_pre, row->pre);
	expect_names(&info.softdeps_post, row->post);
	module_info_done(&info);
	(void)modalias_free(modalias);
}

/* Of what a device brings; not of what somebody asks for. */
static void blacklists_are_for_aliases(void **state)
{
	static const struct fake_row modules[] = { { "kindling_x", "kernel/kindling_x.ko:" } };
	static const struct fake_row config = { "etc/modprobe.d/x.conf", "blacklist kindling-x\n" };
	static const struct fake_kernel kernel = { .modules = modules,
						   .n_modules = ARRAY_SIZE(modules),
						   .configs = &config,
						   .n_configs = 1 };
	struct vec by_alias = { 0 }, by_name = { 0 }, forbidden = { 0 };
	struct modalias *modalias;

	fake_kernel_write(&kernel, scratch_directory());
	fake_kernel_write_index(scratch_path(FAKE_MODULES_DIR), "modules.builtin.alias.bin", NULL,
				0);
	assert_int_equal(modalias_new(&modalias), 0);
	assert_int_equal(modalias_resolve(modalias, "kindling_x", &by_alias, &forbidden), 0);
	assert_int_equal(modalias_resolve_named(modalias, "kindling_x", &by_name), 0);
	expect_names(&by_alias, "");
	expect_names(&forbidden, " kindling_x");
	expect_names(&by_name, " kindling_x");
	vec_done(&by_alias, free);
	vec_done(&by_name, free);
	vec_done(&forbidden, free);
	(void)modalias_free(modalias);
}

/* The screen is for what the user can do something about while the machine starts. */
static void bad_lines_are_not_told_on_the_screen(void **state)
{
	static const struct fake_row config = { "etc/modprobe.d/x.conf", "nonsense a b\n" };
	static const struct fake_kernel kernel = { .configs = &config, .n_configs = 1 };
	_cleanup_close_ int screen = dup(STDERR_FILENO);
	_cleanup_free_ char *said = NULL;
	struct modalias *modalias;
	size_t size;

	fake_kernel_write(&kernel, scratch_directory());
	write_text(scratch_path("said"), "");
	assert_true(screen >= 0);
	assert_non_null(freopen(scratch_path("said"), "w", stderr));
	assert_int_equal(modalias_new(&modalias), 0);
	(void)fflush(stderr);
	assert_true(dup2(screen, STDERR_FILENO) >= 0);
	(void)modalias_free(modalias);
	assert_null(getenv("KMOD_LOG"));
	assert_int_equal(file_read(scratch_path("said"), 4096, &said, &size), 0);
	assert_string_equal(said, "");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, softdeps_are_told_apart, softdep_rows);
	TEST(&list, blacklists_are_for_aliases);
	TEST(&list, bad_lines_are_not_told_on_the_screen);
	return test_list_run(&list);
}
