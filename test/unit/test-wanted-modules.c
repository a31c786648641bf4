/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which modules are asked for, in which order; the loader writes down what it is told. */
#include "init/wanted-modules.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "config/cmdline.h"
#include "config/module-list.h"
#include "init/module-loader.h"
#include "recent-log.h"
#include "support.h"

static struct strbuf told;

/* The linker puts these in the place of those; see meson.build. */
int __wrap_module_loader_add_wish(struct module_loader *loader, struct module_entry *entry,
				  const char *after);
void __wrap_module_loader_request(struct module_loader *loader, const char *alias);
void __wrap_module_loader_request_first(struct module_loader *loader, const char *alias);

int __wrap_module_loader_add_wish(struct module_loader *loader, struct module_entry *entry,
				  const char *after)
{
	if (entry->path || *entry->options || after)
		strbuf_printf(&told, "(%s %s %s after %s) ", entry->name,
			      entry->path ? entry->path : "-", entry->options,
			      after ? after : "none");
	module_entry_free(entry);
	return 0;
}

void __wrap_module_loader_request(struct module_loader *loader, const char *alias)
{
	strbuf_printf(&told, "%s ", alias);
}

void __wrap_module_loader_request_first(struct module_loader *loader, const char *alias)
{
	strbuf_printf(&told, "%s! ", alias);
}

static int tear_down(void **state)
{
	strbuf_done(&told);
	remove_tree(scratch_path("etc"));
	remove_tree(scratch_path("usr"));
	remove_tree(scratch_path("conf"));
	(void)unlink(scratch_path("modules"));
	return 0;
}

static void expect(const char *cmdline, const char *text)
{
	struct wanted_modules *wanted;
	struct boot_config config;

	assert_int_equal(cmdline_parse(cmdline, &config), 0);
	assert_int_equal(wanted_modules_new(NULL, &config, scratch_directory(), &wanted), 0);
	assert_string_equal(strbuf_string(&told), text);
	wanted_modules_free(wanted);
	boot_config_done(&config);
}

static void test_nothing(void **state)
{
	expect("root=/dev/sda1 quiet", "");
}

static void test_command_line(void **state)
{
	expect("modules_load=loop,dm-mod rd.modules_load=nbd rd.driver.post=brd rd.driver.pre=vmd",
	       "vmd! vmd loop dm_mod nbd brd ");
}

static void test_drop_ins(void **state)
{
	write_text(scratch_path("usr/lib/modules-load.d/20-b.conf"), "b\n");
	write_text(scratch_path("usr/lib/modules-load.d/10-a.conf"), "hidden\n");
	write_text(scratch_path("etc/modules-load.d/10-a.conf"), "# here\na one=1\n");
	write_text(scratch_path("etc/modules-load.d/30-c.conf"), "c\n");
	write_text(scratch_path("etc/modules-load.d/README"), "d\n");
	expect("modules_load=first", "(a - one=1 after none) first a b c ");
}

/* Whose order is that of their dependencies, as there may be no indexes. */
static void test_files(void **state)
{
	write_text(scratch_path("modules"), "/crc16.ko\n/jbd2.ko\n/ext4.ko a=b\n");
	write_text(scratch_path("conf/modules"), "loop max_loop=8\n");
	expect("", "(crc16 /crc16.ko  after none) (jbd2 /jbd2.ko  after crc16) "
		   "(ext4 /ext4.ko a=b after jbd2) (loop - max_loop=8 after none) "
		   "crc16 jbd2 ext4 loop ");
}

static void test_bad_names(void **state)
{
	write_text(scratch_path("modules"), "a/b\nloop\n");
	recent_log_start();
	expect("modules_load=../x,nbd", "nbd loop ");
	assert_string_equal(recent_log(),
			    "\"../x\" is no name of a module, not loading it\n"
			    "line 1 of /modules: \"a/b\" is no name of a module, ignoring it\n");
}

static void test_forbids(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct boot_config config;

	assert_int_equal(cmdline_parse("rd.driver.blacklist=nouveau,i2c-piix4 "
				       "modprobe.blacklist=a/b,pcspkr",
				       &config),
			 0);
	recent_log_start();
	assert_int_equal(wanted_modules_forbid(&config, scratch_directory()), 0);
	assert_string_equal(recent_log(), "\"a/b\" is no name of a module, not forbidding it\n");
	assert_int_equal(file_read(scratch_path("etc/modprobe.d/kindling-blacklist.conf"), 1024,
				   &text, NULL),
			 0);
	assert_string_equal(text, "blacklist nouveau\nblacklist i2c_piix4\nblacklist pcspkr\n");
	boot_config_done(&config);
}

static void test_forbids_nothing(void **state)
{
	struct boot_config config;

	assert_int_equal(cmdline_parse("quiet", &config), 0);
	assert_int_equal(wanted_modules_forbid(&config, scratch_directory()), 0);
	assert_true(access(scratch_path("etc/modprobe.d"), F_OK) < 0);
	boot_config_done(&config);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_nothing);
	TEST(&list, test_command_line);
	TEST(&list, test_drop_ins);
	TEST(&list, test_files);
	TEST(&list, test_bad_names);
	TEST(&list, test_forbids);
	TEST(&list, test_forbids_nothing);
	test_list_set_fixtures(&list, NULL, tear_down);
	return test_list_run(&list);
}
