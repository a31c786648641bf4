/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of libcryptsetup's plug-ins an image gets, from a made-up root as Debian has it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "image/build/layout.h"
#include "image/build/token-plug-ins.h"
#include "image/child/limited-child.h"
#include "image/host/host-needs.h"
#include "kindling/image-layout.h"
#include "loader-files.h"
#include "recent-log.h"
#include "support.h"

#define LIBDIR   "/usr/lib/x86_64-linux-gnu"
#define PLUG_INS LIBDIR "/cryptsetup"
#define TPM2     PLUG_INS "/libcryptsetup-token-systemd-tpm2.so"
#define FIDO2    PLUG_INS "/libcryptsetup-token-systemd-fido2.so"

/* What the helper prints, or how it ends. */
static const char *printed;
static int status_of_helper;

int __wrap_limited_child_run(const struct child_limits *limits, limited_child_cb work,
			     const void *userdata, int *ret_status, char **ret_output,
			     size_t *ret_size);

int __wrap_limited_child_run(const struct child_limits *limits, limited_child_cb work,
			     const void *userdata, int *ret_status, char **ret_output,
			     size_t *ret_size)
{
	assert_string_equal(userdata, scratch_path("build/unlock"));
	*ret_status = status_of_helper;
	*ret_output = status_of_helper == 0 ? strdup(printed) : NULL;
	*ret_size = status_of_helper == 0 ? strlen(printed) : 0;
	return 0;
}

static struct tree tree;
static struct sysroot sysroot;
static struct elf_closure *programs;
static struct host host;

static void write_library(const char *path, const struct elf_recipe *recipe)
{
	char name[128];

	(void)snprintf(name, sizeof(name), "root%s", path);
	write_elf(scratch_path(name), recipe);
}

static int set_up(void **state)
{
	static const char *const libraries[] = {
		"libc.so.6",         "libcryptsetup.so.12",      "libsystemd-shared-252.so",
		"libtss2-esys.so.0", "libtss2-rc.so.0",          "libtss2-mu.so.0",
		"libtss2-sys.so.1",  "libtss2-tcti-device.so.0", "libfido2.so.1",
	};
	const struct elf_recipe plug_in = { .needed = { "libsystemd-shared-252.so" } };

	remove_tree(scratch_path("root"));
	remove_tree(scratch_path("build"));
	for (size_t i = 0; i < ARRAY_SIZE(libraries); i++) {
		_cleanup_free_ char *path = str_format(LIBDIR "/%s", libraries[i]);

		write_library(path, &(struct elf_recipe){ 0 });
	}
	write_library(LIBDIR "/libtss2-esys.so.0",
		      &(struct elf_recipe){ .needed = { "libtss2-sys.so.1" } });
	write_library(TPM2, &plug_in);
	write_library(FIDO2, &plug_in);
	printed = PLUG_INS "\n";
	status_of_helper = 0;
	recent_log_start();
	assert_int_equal(sysroot_open(scratch_path("root"), &sysroot), 0);
	assert_int_equal(layout_add(&tree), 0);
	assert_int_equal(elf_closure_new(&tree, &sysroot, &programs), 0);
	return 0;
}

static int tear_down(void **state)
{
	programs = elf_closure_free(programs);
	host_done(&host);
	sysroot_close(&sysroot);
	tree_done(&tree);
	return 0;
}

static void add(enum build_mode mode)
{
	const struct build_options options = { .mode = mode };

	write_elf(scratch_path("build/unlock"),
		  &(struct elf_recipe){ .needed = { "libcryptsetup.so.12" } });
	assert_int_equal(elf_closure_add(programs, scratch_path("build/unlock"), IMAGE_UNLOCK,
					 "unlocks LUKS volumes"),
			 0);
	assert_int_equal(token_plug_ins_add(&tree, programs, &sysroot, &options, &host), 0);
}

static void expect_why(const char *path, const char *why)
{
	const struct tree_entry *entry = tree_get(&tree, path);

	assert_non_null(entry);
	assert_string_equal(entry->why, why);
}

static void expect_none(void)
{
	assert_null(tree_get(&tree, TPM2));
	assert_null(tree_get(&tree, FIDO2));
	assert_null(tree_get(&tree, IMAGE_TOKEN_PLUG_INS));
	assert_null(tree_get(&tree, LIBDIR "/libtss2-esys.so.0"));
	assert_null(tree_get(&tree, LIBDIR "/libfido2.so.1"));
	assert_null(tree_get(&tree, LIBDIR "/libsystemd-shared-252.so"));
}

static void test_all(void **state)
{
	add(BUILD_MODE_GENERIC);
	expect_why(TPM2, "opens LUKS volumes by the TPM");
	expect_why(FIDO2, "opens LUKS volumes by the security key");
	expect_why(LIBDIR "/libsystemd-shared-252.so", "needed by " TPM2);
	expect_why(LIBDIR "/libtss2-esys.so.0", "loaded on demand by " TPM2);
	expect_why(LIBDIR "/libtss2-rc.so.0", "loaded on demand by " TPM2);
	expect_why(LIBDIR "/libtss2-mu.so.0", "loaded on demand by " TPM2);
	expect_why(LIBDIR "/libtss2-tcti-device.so.0", "loaded on demand by " TPM2);
	expect_why(LIBDIR "/libtss2-sys.so.1", "needed by " LIBDIR "/libtss2-esys.so.0");
	expect_why(LIBDIR "/libfido2.so.1", "loaded on demand by " FIDO2);
	assert_string_equal(tree_get(&tree, IMAGE_TOKEN_PLUG_INS)->source, PLUG_INS);
	assert_string_equal(recent_log(), "");
}

static void test_library_is_missing(void **state)
{
	remove_tree(scratch_path("root" LIBDIR "/libtss2-tcti-device.so.0"));
	add(BUILD_MODE_GENERIC);
	assert_null(tree_get(&tree, TPM2));
	assert_null(tree_get(&tree, LIBDIR "/libtss2-esys.so.0"));
	assert_non_null(tree_get(&tree, FIDO2));
	assert_string_equal(recent_log(), "libtss2-tcti-device.so.0 is not here, so the TPM will "
					  "not open LUKS volumes\n");
}

static void test_not_installed(void **state)
{
	remove_tree(scratch_path("root" PLUG_INS));
	add(BUILD_MODE_GENERIC);
	expect_none();
	assert_string_equal(recent_log(), "");
}

struct helper_row {
	const char *name;
	const char *printed;
	int status;
};

static const struct helper_row helper_rows[] = {
	{ "it knows none", "", 1 << 8 }, { "it is for another machine", "", 127 << 8 },
	{ "it prints nothing", "", 0 },  { "it prints something else", "usage: …\n", 0 },
	{ "it crashes", "", 11 },
};

static void helper_does_not_tell(void **state)
{
	const struct helper_row *row = *state;

	printed = row->printed;
	status_of_helper = row->status;
	add(BUILD_MODE_GENERIC);
	expect_none();
}

static void test_no_helper(void **state)
{
	const struct build_options options = { .mode = BUILD_MODE_GENERIC };

	assert_int_equal(token_plug_ins_add(&tree, programs, &sysroot, &options, &host), 0);
	expect_none();
}

static void test_host_without_volumes(void **state)
{
	host.has_tpm = true;
	add(BUILD_MODE_HOST);
	expect_none();
}

static void test_host_without_a_tpm(void **state)
{
	const struct host_goal goal = { "/", true };

	assert_int_equal(host_add_volume(&host, &goal, "root", NULL, NULL), 0);
	add(BUILD_MODE_HOST);
	assert_null(tree_get(&tree, TPM2));
	assert_non_null(tree_get(&tree, FIDO2));
}

static void test_host_with_a_tpm(void **state)
{
	assert_int_equal(vec_push_copy(&host.crypttab, "data UUID=… none"), 0);
	host.has_tpm = true;
	add(BUILD_MODE_HOST);
	assert_non_null(tree_get(&tree, TPM2));
	assert_non_null(tree_get(&tree, FIDO2));
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_all);
	TEST(&list, test_library_is_missing);
	TEST(&list, test_not_installed);
	TEST_ROWS(&list, helper_does_not_tell, helper_rows);
	TEST(&list, test_no_helper);
	TEST(&list, test_host_without_volumes);
	TEST(&list, test_host_without_a_tpm);
	TEST(&list, test_host_with_a_tpm);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
