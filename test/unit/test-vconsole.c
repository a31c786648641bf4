/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/vconsole.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "crypt-text.h"
#include "support.h"

struct row {
	const char *name, *text, *expected;
};

static const struct row rows[] = {
	{ "empty", "", "" },
	{ "comments", "# KEYMAP=us\n\t# x\n\n", "" },
	{ "vconsole.conf",
	  "KEYMAP=de-latin1\nKEYMAP_TOGGLE=us\nFONT=ter-v16n\nFONT_MAP=8859-1\n"
	  "FONT_UNIMAP=iso01\n",
	  "keymap=de-latin1;toggle=us;font=ter-v16n;map=8859-1;unimap=iso01;" },
	{ "what localectl writes",
	  "KEYMAP=\"us\"\nXKBLAYOUT=us\nXKBMODEL=pc105+inet\nXKBVARIANT=\nXKBOPTIONS='terminate:"
	  "ctrl_alt_bksp'\n",
	  "keymap=us;model=pc105+inet;layout=us;options=terminate:ctrl_alt_bksp;" },
	{ "Debian's keyboard",
	  "# KEYBOARD CONFIGURATION FILE\n\nXKBMODEL=\"pc105\"\nXKBLAYOUT=\"de,us\"\nXKBVARIANT="
	  "\"nodeadkeys,\"\nXKBOPTIONS=\"grp:alt_shift_toggle,compose:rwin\"\n\nBACKSPACE="
	  "\"guess\"\n",
	  "model=pc105;layout=de,us;variant=nodeadkeys,;options=grp:alt_shift_toggle,compose:"
	  "rwin;" },
	{ "Debian's console-setup",
	  "ACTIVE_CONSOLES=\"/dev/tty[1-6]\"\nCHARMAP=\"UTF-8\"\nCODESET=\"Lat15\"\nFONTFACE="
	  "\"Fixed\"\nFONTSIZE=\"8x16\"\nVIDEOMODE=\n# FONT='lat9w-08.psf.gz brl-8x8.psf'\n",
	  "charmap=UTF-8;codeset=Lat15;face=Fixed;size=8x16;" },
	{ "Gentoo's",
	  "keymap=\"fr\"\nconsolefont=\"default8x16\"\nconsoletranslation=\"8859-1_to_"
	  "uni\"\nunicodemap=\"iso01\"\nwindowkeys=\"YES\"\nunicode=\"YES\"\n",
	  "keymap=fr;font=default8x16;map=8859-1_to_uni;unimap=iso01;unicode=1;" },
	{ "old Red Hat's",
	  "KEYTABLE=us\nSYSFONT=lat0-16\nCONTRANS=8859-15\nUNIMAP=lat0\nUNICODE=no",
	  "keymap=us;font=lat0-16;map=8859-15;unimap=lat0;unicode=0;" },
	{ "the last wins", "KEYMAP=us\nKEYMAP=de", "keymap=de;" },
	{ "an empty value takes back", "KEYMAP=us\nFONT=a\nKEYMAP=\nFONT=\"\"", "" },
	{ "exported", "export KEYMAP=us\nexport\tFONT=a\nexportXKBMODEL=x", "keymap=us;font=a;" },
	{ "indented", "  KEYMAP=us", "keymap=us;" },
	{ "comment behind", "KEYMAP=us # or de", "keymap=us;" },
	{ "# in a word", "KEYMAP=us#de", "keymap=us#de;" },
	{ "several on a line", "KEYMAP=us FONT=a; XKBMODEL=b;XKBLAYOUT=c",
	  "keymap=us;font=a;model=b;layout=c;" },
	{ "white space around =", "KEYMAP = us\nFONT= a", "" },
	{ "carriage returns", "KEYMAP=us\r\nFONT=a\r\n", "keymap=us;font=a;" },
	{ "quotes that join", "KEYMAP=d\"e\"'-latin1'", "keymap=de-latin1;" },
	{ "white space in quotes", "FONT=\"a b\"\nFONT_MAP='c d'", "font=a b;map=c d;" },
	{ "quotes in quotes", "FONT=\"a'b\"\nFONT_MAP='c\"d'", "font=a'b;map=c\"d;" },
	{ "escapes", "FONT=a\\ b\\\\\nFONT_MAP=\"\\\"c\\\\d\\e\"\nUNIMAP='\\f'",
	  "font=a b\\;map=\"c\\d\\e;unimap=\\f;" },
	{ "dollars that are letters", "FONT='$a'\nFONT_MAP=\\$b\nUNIMAP=\"\\$c\\`\"",
	  "font=$a;map=$b;unimap=$c`;" },
	{ "dollars", "KEYMAP=us\nKEYMAP=$LANG\nFONT=\"${FONTFACE}\"\nFONT_MAP=`date`",
	  "keymap=us;!line 2 of file: KEYMAP has a value that only a shell could compute, ignoring "
	  "it;!line 3 of file: FONT has a value that only a shell could compute, ignoring it;!line "
	  "4 of file: FONT_MAP has a value that only a shell could compute, ignoring it;" },
	{ "a value that goes on in the next line", "KEYMAP=us\\\nFONT=a",
	  "font=a;!line 1 of file: KEYMAP has a value that only a shell could compute, ignoring "
	  "it;" },
	{ "an open quote", "KEYMAP=\"us\nFONT='a\nXKBMODEL=b",
	  "model=b;!line 1 of file: KEYMAP has a quote that is not closed, ignoring it;!line 2 of "
	  "file: FONT has a quote that is not closed, ignoring it;" },
	{ "what does not matter is not complained of", "ACTIVE_CONSOLES=\"/dev/$x\nFOO='", "" },
	{ "commands", "if [ -f /x ]; then KEYMAP=us; fi\n. /etc/x\nKEYMAP de\nsetupcon -k", "" },
	{ "names that are none", "=us\n1KEYMAP=us\nKEY-MAP=us\nKEYMAP+=us", "" },
	{ "names alike", "XKEYMAP=us\nKEYMAPS=us\nkeyMap=us", "" },
	{ "unicode", "UNICODE=1", "unicode=1;" },
	{ "unicode senseless", "UNICODE=perhaps",
	  "!line 1 of file: UNICODE=perhaps is neither yes nor no, ignoring it;" },
	{ "unicode computed", "UNICODE=$x",
	  "!line 1 of file: UNICODE has a value that only a shell could compute, ignoring it;" },
	{ "bytes that are no text", "KEYMAP=\xff\x80\n\xfe=1", "keymap=\xff\x80;" },
};

static void append_text(struct strbuf *buf, const char *name, const char *value)
{
	if (value)
		strbuf_printf(buf, "%s=%s;", name, value);
}

static void append_vconsole(struct strbuf *buf, const struct vconsole *vconsole)
{
	append_text(buf, "keymap", vconsole->keymap);
	append_text(buf, "toggle", vconsole->keymap_toggle);
	append_text(buf, "font", vconsole->font);
	append_text(buf, "map", vconsole->font_map);
	append_text(buf, "unimap", vconsole->font_unimap);
	append_text(buf, "model", vconsole->xkb_model);
	append_text(buf, "layout", vconsole->xkb_layout);
	append_text(buf, "variant", vconsole->xkb_variant);
	append_text(buf, "options", vconsole->xkb_options);
	append_text(buf, "charmap", vconsole->charmap);
	append_text(buf, "codeset", vconsole->codeset);
	append_text(buf, "face", vconsole->font_face);
	append_text(buf, "size", vconsole->font_size);
	if (vconsole->unicode != VCONSOLE_UNICODE_UNKNOWN)
		strbuf_printf(buf, "unicode=%d;", vconsole->unicode == VCONSOLE_UNICODE_YES);
}

static void parses(void **state)
{
	const struct row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct vconsole vconsole = { 0 };
	struct vec warnings = { 0 };

	assert_int_equal(vconsole_parse(row->text, "file", &vconsole, &warnings), 0);
	append_vconsole(&text, &vconsole);
	append_warnings(&text, &warnings);
	assert_string_equal(strbuf_string(&text), row->expected);
	vconsole_done(&vconsole);
	vec_done(&warnings, free);
}

/* One file after the other: what the second does not mention stays. */
static void test_two_files(void **state)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct vconsole vconsole = { 0 };
	struct vec warnings = { 0 };

	assert_int_equal(vconsole_parse("XKBLAYOUT=de\nXKBMODEL=a", "1", &vconsole, &warnings), 0);
	assert_int_equal(vconsole_parse("XKBLAYOUT=fr\nKEYMAP=$x", "2", &vconsole, &warnings), 0);
	append_vconsole(&text, &vconsole);
	append_warnings(&text, &warnings);
	assert_string_equal(strbuf_string(&text),
			    "model=a;layout=fr;!line 2 of 2: KEYMAP has a value that only a shell "
			    "could compute, ignoring it;");
	vconsole_done(&vconsole);
	vconsole_done(&vconsole);
	vec_done(&warnings, free);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, parses, rows);
	TEST(&list, test_two_files);
	return test_list_run(&list);
}
