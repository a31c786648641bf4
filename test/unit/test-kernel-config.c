/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include "image/modules/kernel-config.h"

#define KVER "1.2.3-test"

static char modules_dir[4096];
static struct sysroot sysroot;

static int set_up(void **state)
{
	(void)snprintf(modules_dir, sizeof(modules_dir), "%s",
		       scratch_path("root/lib/modules/" KVER));
	write_text(scratch_path("root/lib/modules/" KVER "/modules.order"), "");
	write_text(scratch_path("root/boot/vmlinuz-" KVER), "");
	return sysroot_open(scratch_path("root"), &sysroot);
}

static int tear_down(void **state)
{
	sysroot_close(&sysroot);
	remove_tree(scratch_path("root"));
	return 0;
}

static enum kernel_config_value read_value(const char *symbol)
{
	_cleanup_kernel_config_ struct kernel_config config = { 0 };

	assert_int_equal(kernel_config_read(&sysroot, modules_dir, KVER, &config), 0);
	return kernel_config_get(&config, symbol);
}

static void write_config(const char *name, const char *text)
{
	write_text(scratch_path(name), text);
}

static void test_values(void **state)
{
	static const struct {
		const char *symbol;
		enum kernel_config_value value;
	} rows[] = {
		{ "A", KERNEL_CONFIG_YES },       { "B", KERNEL_CONFIG_MODULE },
		{ "C", KERNEL_CONFIG_NO },        { "D", KERNEL_CONFIG_NO },
		{ "TEXT", KERNEL_CONFIG_YES },    { "NUMBER", KERNEL_CONFIG_YES },
		{ "LAST", KERNEL_CONFIG_MODULE }, { "CONFIG_A", KERNEL_CONFIG_NO },
		{ "CUT", KERNEL_CONFIG_NO },      { "", KERNEL_CONFIG_NO },
	};

	write_config("root/boot/config-" KVER,
		     "#\n# Automatically generated\n#\n"
		     "CONFIG_A=y\nCONFIG_B=m\n# CONFIG_C is not set\n"
		     "CONFIG_TEXT=\"m\"\nCONFIG_NUMBER=250\n\nCONFIG_CUT\n"
		     "CONFIG_LAST=m");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(read_value(rows[i].symbol), rows[i].value);
}

static void test_nothing_tells(void **state)
{
	assert_int_equal(read_value("A"), KERNEL_CONFIG_UNKNOWN);
}

/* Each is preferred to those written before it. */
static void test_order(void **state)
{
	write_config("root/lib/modules/" KVER "/build/.config", "CONFIG_A=y\n");
	assert_int_equal(read_value("A"), KERNEL_CONFIG_YES);
	write_config("root/boot/config-" KVER, "CONFIG_A=m\n");
	assert_int_equal(read_value("A"), KERNEL_CONFIG_MODULE);
	write_config("root/lib/modules/" KVER "/config", "CONFIG_B=y\n");
	assert_int_equal(read_value("A"), KERNEL_CONFIG_NO);
}

/* What is no configuration is passed over, as Debian's /boot/config once was a link to nowhere. */
static void test_damaged(void **state)
{
	static const unsigned char cut_short[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b };

	write_config("root/boot/config-" KVER, "CONFIG_A=m\n");
	write_config("root/lib/modules/" KVER "/config", "");
	assert_int_equal(read_value("A"), KERNEL_CONFIG_MODULE);
	write_config("root/lib/modules/" KVER "/config", "not a configuration\n");
	assert_int_equal(read_value("A"), KERNEL_CONFIG_MODULE);
	write_file(scratch_path("root/lib/modules/" KVER "/config"), cut_short, sizeof(cut_short));
	assert_int_equal(read_value("A"), KERNEL_CONFIG_MODULE);
	assert_int_equal(unlink(scratch_path("root/lib/modules/" KVER "/config")), 0);
	write_config("root/lib/modules/" KVER "/config/x", "");
	assert_int_equal(read_value("A"), KERNEL_CONFIG_MODULE);
}

/* A link leads where it will lead in the sysroot, not on this machine. */
static void test_link_in_sysroot(void **state)
{
	write_config("root/elsewhere", "CONFIG_A=m\n");
	assert_int_equal(symlink("/elsewhere", scratch_path("root/boot/config-" KVER)), 0);
	assert_int_equal(read_value("A"), KERNEL_CONFIG_MODULE);
}

static void test_gzip(void **state)
{
	gzFile file = gzopen(scratch_path("root/lib/modules/" KVER "/config"), "wb");

	assert_non_null(file);
	assert_true(gzputs(file, "CONFIG_A=m\n") > 0);
	assert_int_equal(gzclose(file), Z_OK);
	assert_int_equal(read_value("A"), KERNEL_CONFIG_MODULE);
}

/* /proc/config.gz tells of the running kernel, not of that of another root. */
static void test_running_kernel_of_another_root(void **state)
{
	_cleanup_kernel_config_ struct kernel_config config = { 0 };
	struct utsname running;

	assert_int_equal(uname(&running), 0);
	assert_int_equal(kernel_config_read(&sysroot, modules_dir, running.release, &config), 0);
	assert_int_equal(kernel_config_get(&config, "MODULES"), KERNEL_CONFIG_UNKNOWN);
	assert_null(config.path);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_values);
	TEST(&list, test_nothing_tells);
	TEST(&list, test_order);
	TEST(&list, test_damaged);
	TEST(&list, test_link_in_sysroot);
	TEST(&list, test_gzip);
	TEST(&list, test_running_kernel_of_another_root);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
