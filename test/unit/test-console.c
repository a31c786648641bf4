/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which keymap and which font a system gets, and what is said of those that cannot be had. What
 * compiles keymaps are scripts of ours, which write down how they were called.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/str.h"
#include "image/console/console.h"
#include "kindling/image-layout.h"
#include "recent-log.h"
#include "support.h"

#define KBD "usr/share/kbd/"

/* Its keymap has one table, of keys without meaning. */
#define LOADKEYS                                    \
	"#!/bin/sh\n"                               \
	"echo \"$*\" >> \"$KINDLING_TEST_CALLS\"\n" \
	"printf 'bkeymap\\1'\n"                     \
	"head -c 511 /dev/zero\n"

#define CKBCOMP                                     \
	"#!/bin/sh\n"                               \
	"echo \"$*\" >> \"$KINDLING_TEST_CALLS\"\n" \
	"echo keycode\n"

static struct tree tree;
static struct sysroot sysroot;
static struct vec keymaps, fonts;

static void write_program(const char *name, const char *text)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "bin/%s", name);
	write_text(scratch_path(path), text);
	assert_int_equal(chmod(scratch_path(path), 0755), 0);
}

static void write_in_root(const char *path, const char *text)
{
	char in_root[128];

	(void)snprintf(in_root, sizeof(in_root), "root/%s", path);
	write_text(scratch_path(in_root), text);
}

/* A font of 256 glyphs of one row, with an empty table. */
static void make_font(unsigned char *file)
{
	memset(file, 0xff, 4 + 256 + 512);
	memcpy(file, "\x36\x04\2\1", 4);
}

static void write_font(const char *path)
{
	unsigned char file[4 + 256 + 512];
	char in_root[128];

	make_font(file);
	(void)snprintf(in_root, sizeof(in_root), "root/%s", path);
	write_file(scratch_path(in_root), file, sizeof(file));
}

static void write_compressed_font(const char *path)
{
	unsigned char file[4 + 256 + 512];
	char in_root[128];
	gzFile stream;

	make_font(file);
	(void)snprintf(in_root, sizeof(in_root), "root/%s", path);
	write_text(scratch_path(in_root), "");
	stream = gzopen(scratch_path(in_root), "wb");
	assert_non_null(stream);
	assert_int_equal(gzwrite(stream, file, sizeof(file)), sizeof(file));
	assert_int_equal(gzclose(stream), Z_OK);
}

static int set_up(void **state)
{
	char path[512];

	remove_tree(scratch_path("root"));
	remove_tree(scratch_path("bin"));
	remove_tree(scratch_path("calls"));
	write_in_root("etc/hostname", "test\n");
	write_program("loadkeys", LOADKEYS);
	write_program("ckbcomp", CKBCOMP);
	(void)snprintf(path, sizeof(path), "%s:/usr/bin:/bin", scratch_path("bin"));
	(void)setenv("PATH", path, 1);
	(void)setenv("KINDLING_TEST_CALLS", scratch_path("calls"), 1);
	recent_log_start();
	return sysroot_open(scratch_path("root"), &sysroot);
}

static int tear_down(void **state)
{
	sysroot_close(&sysroot);
	tree_done(&tree);
	vec_done(&keymaps, NULL);
	vec_done(&fonts, NULL);
	return 0;
}

static int add(void)
{
	return console_add(&tree, &sysroot, &keymaps, &fonts);
}

static void expect_default(const char *directory, const char *target)
{
	char path[128];
	const struct tree_entry *entry;

	(void)snprintf(path, sizeof(path), "%s/default", directory);
	entry = tree_get(&tree, path);
	if (!target) {
		assert_null(entry);
		return;
	}
	assert_non_null(entry);
	assert_int_equal(entry->kind, TREE_SYMLINK);
	assert_string_equal(entry->source, target);
	(void)snprintf(path, sizeof(path), "%s/%s", directory, target);
	assert_non_null(tree_get(&tree, path));
}

/* That the programs were called once, with the @tail of a command line. */
static void expect_call(const char *tail)
{
	char text[1024] = "";
	FILE *file = fopen(scratch_path("calls"), "re");

	assert_non_null(file);
	(void)fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[strcspn(text, "\n")] = '\0';
	if (!str_has_suffix(text, tail))
		fail_msg("called with: %s", text);
}

/* --- keymaps --- */

struct keymap_row {
	const char *name;
	const char *path;   /* of a keymap in the root */
	const char *keymap; /* KEYMAP= */
	const char *packed;
};

static const struct keymap_row keymap_rows[] = {
	{ "kbd's", KBD "keymaps/i386/qwertz/de.map.gz", "de", "de.bmap" },
	{ "not compressed", KBD "keymaps/i386/qwertz/de.map", "de", "de.bmap" },
	{ "Fedora's", "usr/lib/kbd/keymaps/xkb/de-nodeadkeys.map.gz", "de-nodeadkeys",
	  "de-nodeadkeys.bmap" },
	{ "Debian's", "usr/share/keymaps/i386/qwertz/de.kmap.gz", "de", "de.bmap" },
	{ "with its suffix", KBD "keymaps/i386/qwertz/de.map.gz", "de.map.gz", "de.bmap" },
	{ "another that begins so", KBD "keymaps/i386/qwertz/de-latin1.map.gz", "de", NULL },
	{ "a path", "etc/my.map", "/etc/my.map", "my.bmap" },
	{ "a path to nowhere", "etc/my.map", "/etc/your.map", NULL },
};

static void finds_keymap(void **state)
{
	const struct keymap_row *row = *state;
	char text[128];

	write_in_root(row->path, "keycode 1 = Escape\n");
	(void)snprintf(text, sizeof(text), "KEYMAP=%s\n", row->keymap);
	write_in_root("etc/vconsole.conf", text);
	assert_int_equal(add(), 0);
	expect_default(IMAGE_KEYMAPS, row->packed);
	if (row->packed) {
		expect_no_message();
		expect_call(str_basename(row->path));
	} else {
		expect_message("which this system is configured for: ");
	}
}

static void fedoras_new_ones_come_before_the_old(void **state)
{
	write_in_root("usr/lib/kbd/keymaps/legacy/i386/qwertz/de.map.gz", "");
	write_in_root("usr/lib/kbd/keymaps/xkb/de.map.gz", "");
	write_in_root("etc/vconsole.conf", "KEYMAP=de\n");
	assert_int_equal(add(), 0);
	expect_call("/xkb/de.map.gz");
}

static void a_second_keymap_is_compiled_in(void **state)
{
	write_in_root(KBD "keymaps/us.map", "");
	write_in_root(KBD "keymaps/ru.map", "");
	write_in_root("etc/vconsole.conf", "KEYMAP=us\nKEYMAP_TOGGLE=ru\n");
	assert_int_equal(add(), 0);
	expect_default(IMAGE_KEYMAPS, "us.bmap");
	expect_call("/keymaps/ru.map");
}

static void each_has_a_reason(void **state)
{
	write_in_root(KBD "keymaps/de.map", "");
	write_in_root("etc/vconsole.conf", "KEYMAP=de\n");
	assert_int_equal(add(), 0);
	assert_string_equal(tree_get(&tree, IMAGE_KEYMAPS "/de.bmap")->why,
			    "the keymap that this system is configured for");
}

static void nothing_configured_is_nothing_packed(void **state)
{
	assert_int_equal(add(), 0);
	assert_int_equal(tree.entries.n_entries, 0);
	expect_no_message();
}

/* --- Debian's keyboard --- */

#define XKB "XKBMODEL=pc105\nXKBLAYOUT=de\nXKBVARIANT=nodeadkeys\nXKBOPTIONS=\n"

static void set_age(const char *path, time_t seconds)
{
	const struct timespec times[2] = { { .tv_sec = 1000000 - seconds },
					   { .tv_sec = 1000000 - seconds } };

	assert_int_equal(utimensat(AT_FDCWD, scratch_path(path), times, 0), 0);
}

static void debians_own_keymap_is_taken(void **state)
{
	write_in_root("etc/default/keyboard", XKB);
	write_in_root("etc/console-setup/cached_UTF-8_del.kmap.gz", "");
	set_age("root/etc/default/keyboard", 100);
	set_age("root/etc/console-setup/cached_UTF-8_del.kmap.gz", 100);
	assert_int_equal(add(), 0);
	expect_default(IMAGE_KEYMAPS, "de-nodeadkeys.bmap");
	expect_call("/cached_UTF-8_del.kmap.gz");
	expect_no_message();
}

static void of_several_the_newest_is(void **state)
{
	write_in_root("etc/default/keyboard", XKB);
	write_in_root("etc/console-setup/cached_ISO-8859-1_del.kmap.gz", "");
	write_in_root("etc/console-setup/cached_UTF-8_del.kmap.gz", "");
	set_age("root/etc/default/keyboard", 100);
	set_age("root/etc/console-setup/cached_ISO-8859-1_del.kmap.gz", 50);
	set_age("root/etc/console-setup/cached_UTF-8_del.kmap.gz", 60);
	assert_int_equal(add(), 0);
	expect_call("/cached_ISO-8859-1_del.kmap.gz");
}

static void but_not_when_the_configuration_is_newer(void **state)
{
	write_in_root("etc/default/keyboard", XKB);
	write_in_root("etc/console-setup/cached_UTF-8_del.kmap.gz", "");
	set_age("root/etc/default/keyboard", 100);
	set_age("root/etc/console-setup/cached_UTF-8_del.kmap.gz", 200);
	assert_int_equal(add(), 0);
	expect_default(IMAGE_KEYMAPS, "de-nodeadkeys.bmap");
	expect_call("-model pc105 -layout de -variant nodeadkeys -option ");
	expect_no_message();
}

static void unless_nothing_else_is_to_be_had(void **state)
{
	write_in_root("etc/default/keyboard", XKB);
	write_in_root("etc/console-setup/cached_UTF-8_del.kmap.gz", "");
	set_age("root/etc/default/keyboard", 100);
	set_age("root/etc/console-setup/cached_UTF-8_del.kmap.gz", 200);
	write_program("ckbcomp", "#!/bin/sh\necho 'ckbcomp: no such layout' >&2\nexit 1\n");
	assert_int_equal(add(), 0);
	expect_default(IMAGE_KEYMAPS, "de-nodeadkeys.bmap");
	expect_call("/cached_UTF-8_del.kmap.gz");
	expect_message("and ckbcomp says: no such layout; taking the old keymap");
}

static void several_layouts_are_named_all(void **state)
{
	write_in_root("etc/default/keyboard", "XKBLAYOUT=us,ru\nXKBVARIANT=,\n");
	assert_int_equal(add(), 0);
	expect_default(IMAGE_KEYMAPS, "us,ru.bmap");
}

static void a_console_keymap_is_preferred_to_xkb(void **state)
{
	write_in_root(KBD "keymaps/fr.map", "");
	write_in_root("etc/default/keyboard", XKB);
	write_in_root("etc/vconsole.conf", "KEYMAP=fr\nXKBLAYOUT=de\n");
	assert_int_equal(add(), 0);
	expect_default(IMAGE_KEYMAPS, "fr.bmap");
}

/* --- compilers that fail --- */

struct failure_row {
	const char *name;
	const char *program; /* NULL: none is there */
	const char *message;
};

static const struct failure_row failures[] = {
	{ "there is none", NULL, "there is no program loadkeys, which comes with the package kbd" },
	{ "it says why", "#!/bin/sh\necho 'loadkeys: syntax error' >&2\necho b >&2\nexit 1\n",
	  "loadkeys says: syntax error" },
	{ "it says nothing", "#!/bin/sh\nexit 1\n", "loadkeys says: nothing" },
	{ "it crashes", "#!/bin/sh\nkill -SEGV $$\n", "loadkeys took too long or crashed" },
	{ "it writes without end", "#!/bin/sh\nexec cat /dev/zero\n",
	  "loadkeys took too long or crashed" },
	{ "it writes something else", "#!/bin/sh\necho keymap\n",
	  "what loadkeys made of it is no compiled keymap" },
	{ "it writes nothing", "#!/bin/sh\n", "what loadkeys made of it is no compiled keymap" },
};

static void break_loadkeys(const struct failure_row *row)
{
	remove_tree(scratch_path("bin/loadkeys"));
	if (row->program)
		write_program("loadkeys", row->program);
	else
		(void)setenv("PATH", scratch_path("bin"), 1);
	write_in_root(KBD "keymaps/de.map", "");
}

static void without_it_the_image_comes_about(void **state)
{
	const struct failure_row *row = *state;

	break_loadkeys(row);
	write_in_root("etc/vconsole.conf", "KEYMAP=de\n");
	assert_int_equal(add(), 0);
	expect_default(IMAGE_KEYMAPS, NULL);
	expect_message(row->message);
}

static void unless_it_was_asked_for(void **state)
{
	const struct failure_row *row = *state;

	break_loadkeys(row);
	assert_int_equal(vec_push(&keymaps, (void *)"de"), 0);
	assert_true(add() < 0);
	expect_message(row->message);
}

/* --- what the user asks for --- */

static void named_keymaps_replace_the_configured(void **state)
{
	write_in_root(KBD "keymaps/de.map", "");
	write_in_root(KBD "keymaps/fr.map", "");
	write_in_root("etc/vconsole.conf", "KEYMAP=us\n");
	assert_int_equal(vec_push(&keymaps, (void *)"fr"), 0);
	assert_int_equal(vec_push(&keymaps, (void *)"de"), 0);
	assert_int_equal(add(), 0);
	expect_default(IMAGE_KEYMAPS, "fr.bmap");
	assert_string_equal(tree_get(&tree, IMAGE_KEYMAPS "/de.bmap")->why,
			    "asked for with --keymap");
	expect_no_message();
}

static void none_is_none(void **state)
{
	write_in_root("etc/vconsole.conf", "KEYMAP=us\nFONT=f\n");
	assert_int_equal(vec_push(&keymaps, (void *)"none"), 0);
	assert_int_equal(vec_push(&fonts, (void *)"none"), 0);
	assert_int_equal(add(), 0);
	assert_int_equal(tree.entries.n_entries, 0);
	expect_no_message();
}

static void a_named_keymap_must_be_there(void **state)
{
	assert_int_equal(vec_push(&keymaps, (void *)"de"), 0);
	assert_int_equal(add(), -ENOENT);
	expect_message("cannot put the keymap de into the image: there is none of that name; "
		       "keymaps come with the package kbd, on Debian with console-data; giving up");
}

static void a_named_font_must_be_there(void **state)
{
	assert_int_equal(vec_push(&fonts, (void *)"f"), 0);
	assert_int_equal(add(), -ENOENT);
	expect_message(
		"cannot put the console font f into the image: there is none of that name; console "
		"fonts come with the package kbd, on Debian with console-setup-linux; "
		"giving up");
}

/* --- fonts --- */

struct font_row {
	const char *name;
	const char *file, *text; /* the configuration */
	const char *path;        /* of a font in the root */
	const char *packed;
};

static const struct font_row font_rows[] = {
	{ "vconsole.conf", "etc/vconsole.conf", "FONT=eurlatgr\n",
	  KBD "consolefonts/eurlatgr.psfu.gz", "eurlatgr.psf" },
	{ "Debian's words", "etc/default/console-setup",
	  "CODESET=Lat15\nFONTFACE=Terminus\nFONTSIZE=16x32\n",
	  "usr/share/consolefonts/Lat15-Terminus32x16.psf.gz", "Lat15-Terminus32x16.psf" },
	{ "8 pixels wide", "etc/default/console-setup",
	  "CODESET=Lat15\nFONTFACE=Fixed\nFONTSIZE=8x16\n",
	  "usr/share/consolefonts/Lat15-Fixed16.psf.gz", "Lat15-Fixed16.psf" },
	{ "height first", "etc/default/console-setup",
	  "CODESET=Lat15\nFONTFACE=Fixed\nFONTSIZE=14x8\n",
	  "usr/share/consolefonts/Lat15-Fixed14.psf.gz", "Lat15-Fixed14.psf" },
	{ "only a height", "etc/default/console-setup",
	  "CODESET=Lat15\nFONTFACE=Fixed\nFONTSIZE=18\n",
	  "usr/share/consolefonts/Lat15-Fixed18.psf.gz", "Lat15-Fixed18.psf" },
	{ "guesses", "etc/default/console-setup", "CODESET=guess\nFONTFACE=Fixed\n",
	  "usr/share/consolefonts/Uni2-Fixed16.psf.gz", "Uni2-Fixed16.psf" },
	{ "no face", "etc/default/console-setup", "CODESET=Lat15\nFONTFACE=\nFONTSIZE=16\n",
	  "usr/share/consolefonts/Lat15-Fixed16.psf.gz", NULL },
	{ "a guessed face", "etc/default/console-setup", "FONTFACE=guess\n",
	  "usr/share/consolefonts/Uni2-Fixed16.psf.gz", NULL },
	{ "several of Debian's", "etc/default/console-setup", "FONT='a.psf.gz b.psf'\n",
	  "usr/share/consolefonts/a.psf.gz", "a.psf" },
	{ "Gentoo's", "etc/conf.d/consolefont", "consolefont=\"ter-v16b\"\n",
	  "usr/share/consolefonts/ter-v16b.psf.gz", "ter-v16b.psf" },
};

static void finds_font(void **state)
{
	const struct font_row *row = *state;
	char path[128];

	write_in_root(row->file, row->text);
	write_compressed_font(row->path);
	assert_int_equal(add(), 0);
	expect_default(IMAGE_FONTS, row->packed);
	expect_no_message();
	if (!row->packed)
		return;
	(void)snprintf(path, sizeof(path), IMAGE_FONTS "/%s", row->packed);
	assert_int_equal(tree_get(&tree, path)->size, 4 + 256 + 512);
}

static void a_table_of_its_own_becomes_part_of_it(void **state)
{
	const struct tree_entry *entry;

	write_font("usr/share/consolefonts/f.psf");
	write_in_root("usr/share/unimaps/u.uni", "0x41 U+0041\n");
	write_in_root("etc/vconsole.conf", "FONT=f\nFONT_UNIMAP=u\n");
	assert_int_equal(add(), 0);
	expect_default(IMAGE_FONTS, "f.psf");
	entry = tree_get(&tree, IMAGE_FONTS "/f.psf");
	assert_int_equal(entry->size, 32 + 256 + 256 + 1);
	expect_no_message();
}

static void a_map_is_left_out(void **state)
{
	write_font("usr/share/consolefonts/f.psf");
	write_in_root("etc/vconsole.conf", "FONT=f\nFONT_MAP=8859-1\n");
	assert_int_equal(add(), 0);
	expect_default(IMAGE_FONTS, "f.psf");
	expect_message("FONT_MAP=8859-1 is for terminals without UTF-8");
}

struct bad_font_row {
	const char *name;
	const char *font; /* its content, or NULL */
	const char *message;
};

static const struct bad_font_row bad_fonts[] = {
	{ "missing", NULL, "which this system is configured for: there is none of that name" },
	{ "no PSF", "raw", "f is no PSF font" },
	{ "cut off", "\x36\x04", "f is no PSF font" },
};

static void a_bad_font_is_left_out(void **state)
{
	const struct bad_font_row *row = *state;

	if (row->font)
		write_in_root("usr/share/consolefonts/f.psf", row->font);
	write_in_root("etc/vconsole.conf", "FONT=f\n");
	assert_int_equal(add(), 0);
	expect_default(IMAGE_FONTS, NULL);
	expect_message(row->message);
}

static void a_bad_table_leaves_the_font_out(void **state)
{
	write_font("usr/share/consolefonts/f.psf");
	write_in_root("usr/share/unimaps/u.uni", "0x41 U+0041\nA\n");
	write_in_root("etc/vconsole.conf", "FONT=f\nFONT_UNIMAP=u\n");
	assert_int_equal(add(), 0);
	expect_default(IMAGE_FONTS, NULL);
	expect_message("line 2 of u is no mapping of glyphs to characters");
}

static void what_cannot_be_understood_is_a_warning(void **state)
{
	write_in_root("etc/vconsole.conf", "UNICODE=perhaps\n");
	assert_int_equal(add(), 0);
	expect_message("line 1 of /etc/vconsole.conf: UNICODE=perhaps");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, nothing_configured_is_nothing_packed);
	TEST_ROWS(&list, finds_keymap, keymap_rows);
	TEST(&list, fedoras_new_ones_come_before_the_old);
	TEST(&list, a_second_keymap_is_compiled_in);
	TEST(&list, each_has_a_reason);
	TEST(&list, debians_own_keymap_is_taken);
	TEST(&list, of_several_the_newest_is);
	TEST(&list, but_not_when_the_configuration_is_newer);
	TEST(&list, unless_nothing_else_is_to_be_had);
	TEST(&list, several_layouts_are_named_all);
	TEST(&list, a_console_keymap_is_preferred_to_xkb);
	TEST_ROWS(&list, without_it_the_image_comes_about, failures);
	TEST_ROWS(&list, unless_it_was_asked_for, failures);
	TEST(&list, named_keymaps_replace_the_configured);
	TEST(&list, none_is_none);
	TEST(&list, a_named_keymap_must_be_there);
	TEST(&list, a_named_font_must_be_there);
	TEST_ROWS(&list, finds_font, font_rows);
	TEST(&list, a_table_of_its_own_becomes_part_of_it);
	TEST(&list, a_map_is_left_out);
	TEST_ROWS(&list, a_bad_font_is_left_out, bad_fonts);
	TEST(&list, a_bad_table_leaves_the_font_out);
	TEST(&list, what_cannot_be_understood_is_a_warning);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
