/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole images: for which kernel they are, where all modules of that are, and who is asked. */
#include "image/verify/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "fake-image.h"
#include "fake-kernel.h"
#include "fake-machine.h"
#include "image/host/host-needs.h"
#include "kindling/image-layout.h"
#include "loader-files.h"
#include "recent-log.h"
#include "support.h"

#define OTHER_KVER "4.5.6"
#define NEEDED     "the disk needs it"
#define COMPLAINT  FAKE_MODULES_DIR "/kernel/ahci.ko is not in the image: " NEEDED
#define NO_MODULES                                                                             \
	"the image has no kernel modules; whether the kernel has all drivers built in cannot " \
	"be told"
#define NOT_HERE                                                                          \
	"ahci is nothing that the image has; whether it is built into the kernel cannot " \
	"be told, as the modules of " FAKE_KVER " are not here: " NEEDED
#define NONE_HERE                                                                        \
	"the image has no modules of kernel " FAKE_KVER ", and there are none here, so " \
	"whether it has all drivers built in cannot be told"

static const struct fake_row module = { "ahci", "kernel/ahci.ko:" };

struct row {
	const char *name;
	const char *kvers[2];           /* that the image has a directory for, without a module */
	const char *root;               /* where a kernel with one is */
	const char *modules_dir, *kver; /* as the user says */
	const char *complaint, *doubt;
};

static const struct row rows[] = {
	{ "the only kernel", { FAKE_KVER }, "machine", .complaint = COMPLAINT },
	{ "as it is said", { FAKE_KVER }, "machine", .kver = FAKE_KVER, .complaint = COMPLAINT },
	{ "one of two",
	  { FAKE_KVER, OTHER_KVER },
	  "machine",
	  .kver = FAKE_KVER,
	  .complaint = COMPLAINT },
	{ "modules elsewhere",
	  { FAKE_KVER },
	  "other",
	  "other" FAKE_MODULES_DIR,
	  .complaint = COMPLAINT },
	{ "modules of all kernels elsewhere",
	  { FAKE_KVER },
	  "other",
	  "other/usr/lib/modules",
	  .complaint = COMPLAINT },
	{ "modules are not here", { FAKE_KVER }, "other", .doubt = NOT_HERE },
	{ "another kernel",
	  { OTHER_KVER },
	  "machine",
	  .kver = FAKE_KVER,
	  .complaint = "the image has modules of kernel " OTHER_KVER " and none of " FAKE_KVER
		       ", which it is for" },
	{ "several kernels",
	  { FAKE_KVER, OTHER_KVER },
	  "machine",
	  .complaint = "the image has modules of several kernels; say which one with --kver" },
	{ "no kernel", { NULL }, "machine", .doubt = NO_MODULES },
	{ "no modules of what is said",
	  { NULL },
	  "machine",
	  .kver = FAKE_KVER,
	  .complaint = COMPLAINT },
	{ "no modules of what is said, which are not here",
	  { NULL },
	  "other",
	  .kver = FAKE_KVER,
	  .doubt = NONE_HERE },
};

/* An executable with something behind it, that nobody would run. */
static void write_init(const char *mark)
{
	FILE *file;

	write_elf(fake_image_path("/init"), &(struct elf_recipe){ 0 });
	file = fopen(fake_image_path("/init"), "ae");
	assert_non_null(file);
	assert_true(fputs(mark, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(fake_image_path("/init"), 0755), 0);
}

/* The indexes of a kernel that has no modules are good for any. */
static void write_image(const struct row *row)
{
	static const struct fake_kernel empty = { 0 };
	char path[128];

	fake_image_new();
	write_init("\n" IMAGE_INIT_MARK " 1.\n");
	for (size_t i = 0; i < ARRAY_SIZE(row->kvers) && row->kvers[i]; i++) {
		(void)snprintf(path, sizeof(path), "/usr/lib/modules/%s", row->kvers[i]);
		assert_int_equal(file_make_directories(fake_image_path(path), 0755), 0);
		if (str_equal(row->kvers[i], FAKE_KVER))
			fake_kernel_write(&empty, fake_image_path(""));
	}
}

static void write_machine(const struct row *row)
{
	const struct fake_kernel kernel = { .modules = &module, .n_modules = 1 };

	fake_machine_new();
	fake_machine_link("lib", "usr/lib");
	remove_tree(scratch_path("other"));
	fake_kernel_write(&kernel, scratch_path(row->root));
}

/* @modules_dir is below the scratch directory. */
static void verify(const struct host *host, const char *modules_dir, const char *kver,
		   struct verification *ret_verification)
{
	_cleanup_free_ char *path = modules_dir ? strdup(scratch_path(modules_dir)) : NULL;
	_cleanup_contents_ struct contents contents = { 0 };
	struct sysroot sysroot = SYSROOT_NONE;

	fake_image_load(&contents);
	assert_int_equal(sysroot_open(fake_machine_root(), &sysroot), 0);
	assert_int_equal(verify_image(&contents, host, &sysroot, path, kver, ret_verification), 0);
	sysroot_close(&sysroot);
}

static void test_kernels(void **state)
{
	const struct row *row = *state;
	_cleanup_host_ struct host host = { 0 };
	struct verification verification;

	write_image(row);
	write_machine(row);
	assert_int_equal(host_add_need(&host, HOST_NEED_MODULE, "ahci", NULL, true, NEEDED), 0);
	verify(&host, row->modules_dir, row->kver, &verification);
	expect_sentence(&verification.complaints, row->complaint);
	expect_sentence(&verification.doubts, row->doubt);
	expect_sentence(&verification.notes, NULL);
	assert_int_equal(verification_get_verdict(&verification), row->complaint ? VERDICT_REFUTED
								  : row->doubt   ? VERDICT_UNPROVEN
										 : VERDICT_PROVEN);
	verification_done(&verification);
}

/* Programs, modules and configuration, each with something of its own to say. */
static void test_all_parts(void **state)
{
	const struct row row = { "", { FAKE_KVER }, "machine" };
	_cleanup_host_ struct host host = { .has_sysfs = true };
	struct verification verification;

	write_image(&row);
	assert_int_equal(remove(fake_image_path("/init")), 0);
	write_text(fake_image_path("/etc/crypttab"), "x /dev/sdz\n");
	write_machine(&row);
	assert_int_equal(host_add_need(&host, HOST_NEED_MODULE, "ahci", NULL, true, NEEDED), 0);
	verify(&host, NULL, NULL, &verification);
	assert_int_equal(verification.complaints.n_items, 3);
	assert_non_null(strstr(verification.complaints.items[0], "/init is not in the image"));
	assert_string_equal(verification.complaints.items[1], COMPLAINT);
	assert_non_null(strstr(verification.complaints.items[2], "/dev/sdz"));
	expect_sentence(&verification.notes, NULL);
	verification_done(&verification);
}

#define NOT_OURS                                                                                 \
	"/init of the image is not Kindling's, and what it does with what the image has cannot " \
	"be told"

static const struct init_row {
	const char *name, *mark, *doubt;
} init_rows[] = {
	{ "ours", IMAGE_INIT_MARK },
	{ "somebody's", "", NOT_OURS },
	{ "somebody's who knows us", "this is not /init of Kindling", NOT_OURS },
};

/* With a manifest, as --init may have brought it. */
static void test_init(void **state)
{
	const struct init_row *row = *state;
	const struct row image = { "", { FAKE_KVER }, "machine" };
	_cleanup_host_ struct host host = { 0 };
	struct verification verification;

	write_image(&image);
	write_machine(&image);
	write_text(fake_image_path(IMAGE_MANIFEST), "/init\tthe init program\n");
	write_init(row->mark);
	verify(&host, NULL, NULL, &verification);
	expect_sentence(&verification.complaints, NULL);
	expect_sentence(&verification.doubts, row->doubt);
	verification_done(&verification);
}

/* What could not be found out about the machine could not be judged. */
static void test_notes_of_the_host(void **state)
{
	const struct row row = { "", { FAKE_KVER }, "machine" };
	_cleanup_host_ struct host host = { 0 };
	struct verification verification;

	write_image(&row);
	write_machine(&row);
	assert_int_equal(host_add_gap(&host, true, "%s", "there is no /sys here"), 0);
	assert_int_equal(host_add_gap(&host, false, "%s", "a disk is away"), 0);
	assert_int_equal(host_add_warning(&host, "%s", "it is not resumed"), 0);
	verify(&host, NULL, NULL, &verification);
	expect_sentence(&verification.complaints, NULL);
	expect_sentence(&verification.doubts, "there is no /sys here");
	expect_sentence(&verification.notes, "a disk is away");
	expect_sentence(&verification.warnings, "it is not resumed");
	verification_done(&verification);
}

/* A mistyped directory would judge nothing and find nothing missing. */
static const struct misnamed_row {
	const char *name, *modules_dir;
} misnamed_rows[] = {
	{ "not there", "absent" },
	{ "without modules", "machine/sys" },
	{ "of another kernel", "machine/usr/lib/modules/" OTHER_KVER },
};

static void test_misnamed_modules(void **state)
{
	const struct row image = { "", { FAKE_KVER }, "machine" };
	const struct misnamed_row *row = *state;
	_cleanup_free_ char *path = strdup(scratch_path(row->modules_dir));
	_cleanup_contents_ struct contents contents = { 0 };
	struct sysroot sysroot = SYSROOT_NONE;
	_cleanup_host_ struct host host = { 0 };
	struct verification verification;

	write_image(&image);
	write_machine(&image);
	fake_image_load(&contents);
	assert_int_equal(sysroot_open(fake_machine_root(), &sysroot), 0);
	recent_log_start();
	assert_int_equal(verify_image(&contents, &host, &sysroot, path, NULL, &verification),
			 -ESTALE);
	expect_message("there are no modules of kernel " FAKE_KVER " in --modules-dir ");
	verification_done(&verification);
	sysroot_close(&sysroot);
}

static void test_description(void **state)
{
	const struct row row = { "", { FAKE_KVER }, "machine" };
	_cleanup_host_ struct host host = { .has_sysfs = true };
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct verification verification;

	write_image(&row);
	write_machine(&row);
	fake_machine_text("proc/cmdline", "root=/dev/sda");
	fake_machine_block("pci0000:00/block/sda", "8:0");
	verify(&host, NULL, NULL, &verification);
	assert_int_equal(verification_get_verdict(&verification), VERDICT_PROVEN);
	verification_describe(&verification, &text);
	assert_string_equal(strbuf_string(&text),
			    "brings this machine to its root, /dev/sda, by 0 modules and 1 program "
			    "with all libraries");
	verification_done(&verification);
}

static const struct data_row {
	const char *path;
	bool is_wanted;
} data_rows[] = {
	{ "/init", true },
	{ "/etc/crypttab", true },
	{ "/usr/lib/x86_64-linux-gnu/libc.so.6", true },
	{ FAKE_MODULES_DIR "/modules.dep.bin", true },
	{ FAKE_MODULES_DIR "/kernel/ahci.ko", false },
	{ "/usr/lib/firmware/a.bin", false },
	{ "/kernel/x86/microcode/GenuineIntel.bin", false },
};

static void test_wanted_data(void **state)
{
	const struct data_row *row = *state;

	assert_int_equal(verify_wants_data(row->path), row->is_wanted);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_kernels, rows);
	TEST(&list, test_all_parts);
	TEST_ROWS(&list, test_init, init_rows);
	TEST(&list, test_notes_of_the_host);
	TEST_ROWS(&list, test_misnamed_modules, misnamed_rows);
	TEST(&list, test_description);
	TEST_ROWS(&list, test_wanted_data, data_rows);
	return test_list_run(&list);
}
