/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Microcode of a made-up root: each file holds its vendor's magic and a letter to know it by. */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "image/modules/microcode.h"

#define INTEL(letter) "\1\0\0\0" letter
#define AMD(letter)   "DMA\0" letter
#define FILE_SIZE     5

static struct sysroot sysroot;

static void put(const char *name, const char *data)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "root/lib/firmware/%s", name);
	write_file(scratch_path(path), data, FILE_SIZE);
}

static void put_zstd(const char *name, const char *data)
{
	char path[256], compressed[64];
	size_t size = ZSTD_compress(compressed, sizeof(compressed), data, FILE_SIZE, 1);

	assert_false(ZSTD_isError(size));
	(void)snprintf(path, sizeof(path), "root/lib/firmware/%s", name);
	write_file(scratch_path(path), compressed, size);
}

static int set_up(void **state)
{
	put("intel-ucode/06-9e-0a", INTEL("a"));
	put("intel-ucode/06-4f-01.initramfs", INTEL("b"));
	put("intel-ucode/06-2d-07", INTEL("c"));
	put("intel-ucode/README", INTEL("x"));
	put("intel-ucode/06-2d-0G", INTEL("x"));
	put("intel-ucode/06-2d-070", INTEL("x"));
	put("amd-ucode/microcode_amd.bin", AMD("A"));
	put("amd-ucode/microcode_amd.bin.asc", AMD("x"));
	put("amd-ucode/microcode_amd_fam17h.bin", AMD("B"));
	put_zstd("amd-ucode/microcode_amd_fam19h.bin.zst", AMD("C"));
	return sysroot_open(scratch_path("root"), &sysroot);
}

static int tear_down(void **state)
{
	sysroot_close(&sysroot);
	remove_tree(scratch_path("root"));
	return 0;
}

static void assert_letters(const struct strbuf *content, const char *letters)
{
	assert_int_equal(content->size, strlen(letters) * FILE_SIZE);
	for (size_t i = 0; letters[i]; i++)
		assert_int_equal(content->data[i * FILE_SIZE + FILE_SIZE - 1], letters[i]);
}

static void check(const char *cpuinfo, const char *intel, const char *amd)
{
	_cleanup_microcode_ struct microcode microcode = { 0 };

	assert_int_equal(microcode_collect(&sysroot, cpuinfo, &microcode), 0);
	assert_letters(&microcode.intel, intel);
	assert_letters(&microcode.amd, amd);
}

#define PROCESSOR(vendor, family, model, stepping, flags)                                          \
	"processor\t: 0\nvendor_id\t: " vendor "\ncpu family\t: " family "\nmodel\t\t: " model     \
	"\nmodel name\t: 13th Gen\nstepping\t: " stepping "\nmicrocode\t: 0xf0\nflags\t\t: " flags \
	"\nbugs\t\t: \n\n"

struct row {
	const char *name, *cpuinfo, *intel, *amd;
};

static const struct row rows[] = {
	{ "any machine", NULL, "cba", "ABC" },
	{ "Intel", PROCESSOR("GenuineIntel", "6", "158", "10", "fpu vme"), "a", "" },
	{ "Intel, early only", PROCESSOR("GenuineIntel", "6", "79", "1", "fpu vme"), "b", "" },
	{ "Intel, none installed", PROCESSOR("GenuineIntel", "6", "79", "2", "fpu vme"), "", "" },
	{ "two steppings",
	  PROCESSOR("GenuineIntel", "6", "158", "10", "fpu")
		  PROCESSOR("GenuineIntel", "6", "45", "7", "fpu"),
	  "ca", "" },
	{ "AMD, old", PROCESSOR("AuthenticAMD", "16", "2", "3", "fpu"), "", "A" },
	{ "AMD", PROCESSOR("AuthenticAMD", "23", "113", "0", "fpu"), "", "B" },
	{ "AMD, compressed", PROCESSOR("AuthenticAMD", "25", "33", "0", "fpu"), "", "C" },
	{ "virtual machine", PROCESSOR("AuthenticAMD", "23", "113", "0", "fpu hypervisor lahf"), "",
	  "" },
	{ "flag with a similar name",
	  PROCESSOR("AuthenticAMD", "23", "113", "0", "no_hypervisor hypervisors"), "", "B" },
	{ "another vendor", PROCESSOR("HygonGenuine", "24", "1", "1", "fpu"), "", "" },
	{ "no end of line",
	  "vendor_id\t: AuthenticAMD\ncpu family\t: 23\nmodel\t: 1\nstepping\t: 1", "", "B" },
	{ "no stepping", "vendor_id\t: AuthenticAMD\ncpu family\t: 23\nmodel\t: 1\n", "", "" },
	{ "another architecture", "processor\t: 0\nBogoMIPS\t: 48.00\nCPU part\t: 0xd0b\n", "",
	  "" },
	{ "empty", "", "", "" },
};

static void test_processors(void **state)
{
	const struct row *row = *state;

	check(row->cpuinfo, row->intel, row->amd);
}

/* A plain one is preferred to the same in another form. */
static void test_several_forms(void **state)
{
	put("intel-ucode/06-4f-01", INTEL("d"));
	put_zstd("intel-ucode/06-9e-0a.zst", INTEL("e"));
	put("intel-ucode/06-2d-07.initramfs", INTEL("f"));
	check(NULL, "cda", "ABC");
}

/* The kernel would stop at these, and miss what is behind them. */
static void test_damaged(void **state)
{
	put("intel-ucode/06-2d-07", "\2\0\0\0x");
	put("amd-ucode/microcode_amd_fam19h.bin.zst", "xxxxx");
	write_text(scratch_path("root/lib/firmware/amd-ucode/microcode_amd_fam1ah.bin"), "");
	check(NULL, "ba", "AB");
}

static void test_nothing_installed(void **state)
{
	remove_tree(scratch_path("root/lib/firmware/intel-ucode"));
	remove_tree(scratch_path("root/lib/firmware/amd-ucode"));
	check(NULL, "", "");
	write_text(scratch_path("root/lib/firmware/amd-ucode"), "");
	check(NULL, "", "");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_processors, rows);
	TEST(&list, test_several_forms);
	TEST(&list, test_damaged);
	TEST(&list, test_nothing_installed);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
