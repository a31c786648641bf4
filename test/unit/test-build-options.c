/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every option of the table: what it takes, what it refuses, and that a refusal changes nothing. */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strbuf.h"
#include "image/build/build-options.h"
#include "support.h"

static void append_words(struct strbuf *text, const char *name, const struct vec *words)
{
	const char *word;

	vec_for_each(word, words) {
		strbuf_printf(text, "%s=%s;", name, word);
	}
}

static void append_string(struct strbuf *text, const char *name, const char *value)
{
	if (value)
		strbuf_printf(text, "%s=%s;", name, value);
}

/* All that differs from options that nobody has touched. */
static const char *describe(const struct build_options *options, struct strbuf *text)
{
	append_string(text, "kver", options->kver);
	append_string(text, "modules_dir", options->modules_dir);
	append_string(text, "sysroot", options->sysroot);
	append_string(text, "config", options->config);
	append_string(text, "output", options->output);
	append_string(text, "init", options->init);
	append_string(text, "cmdline", options->cmdline);
	append_string(text, "crypttab", options->crypttab);
	append_string(text, "shell", options->shell);
	append_string(text, "luks_header", options->luks_header);
	append_string(text, "microcode", options->microcode);
	if (options->mode == BUILD_MODE_HOST)
		strbuf_append(text, "host;");
	if (options->fsck != BUILD_FSCK_AUTO)
		strbuf_append(text, options->fsck == BUILD_FSCK_YES ? "fsck;" : "no fsck;");
	if (options->has_compression)
		strbuf_printf(text, "%s%s:%d;", options->compresses_files ? "files," : "",
			      compression_name(options->compression), options->level);
	if (options->jobs)
		strbuf_printf(text, "jobs=%u;", options->jobs);
	strbuf_append(text, options->is_forced ? "forced;" : "");
	strbuf_append(text, options->is_unverified ? "unverified;" : "");
	strbuf_append(text, options->is_verbose ? "verbose;" : "");
	append_words(text, "add", &options->add_modules);
	append_words(text, "omit", &options->omit_modules);
	append_words(text, "file", &options->add_files);
	append_words(text, "keymap", &options->keymaps);
	append_words(text, "font", &options->fonts);
	return strbuf_string(text);
}

static int set(struct build_options *options, const char *name, const char *value,
	       const char **ret_complaint)
{
	const struct build_option *option = build_option_find(name);

	assert_non_null(option);
	*ret_complaint = NULL;
	return build_options_set(options, option, value, ret_complaint);
}

struct row {
	const char *name; /* of the option, up to a blank */
	const char *value;
	const char *expected; /* of describe(), or the complaint */
};

static const struct row taken[] = {
	{ "kver", "6.1.0-9-amd64", "kver=6.1.0-9-amd64;" },
	{ "kver hidden", ".6", "kver=.6;" },
	{ "modules-dir", "a/b", "modules_dir=a/b;" },
	{ "mode host", "host", "host;" },
	{ "mode generic", "generic", "" },
	{ "output", "/boot/x", "output=/boot/x;" },
	{ "force", NULL, "forced;" },
	{ "sysroot", "/", "sysroot=/;" },
	{ "config", "c", "config=c;" },
	{ "compress zstd", "zstd", "zstd:0;" },
	{ "compress zstd least", "zstd:1", "zstd:1;" },
	{ "compress zstd most", "zstd:19", "zstd:19;" },
	{ "compress gzip", "gzip:9", "gzip:9;" },
	{ "compress xz", "xz:6", "xz:6;" },
	{ "compress lz4", "lz4:12", "lz4:12;" },
	{ "compress none", "none", "none:0;" },
	{ "compress files", "files", "files,none:0;" },
	{ "compress files level", "files:19", "files,none:19;" },
	{ "add-module", "nvme", "add=nvme;" },
	{ "add-module list", " a,b c,\t,d ", "add=a;add=b;add=c;add=d;" },
	{ "add-module none", "", "" },
	{ "add-module blanks", " , ", "" },
	{ "omit-module", "a,b", "omit=a;omit=b;" },
	{ "add-file", "/a:/b,c d", "file=/a:/b,c d;" },
	{ "cmdline", "root=/dev/sda1 quiet", "cmdline=root=/dev/sda1 quiet;" },
	{ "cmdline empty", "", "cmdline=;" },
	{ "crypttab", "/etc/crypttab", "crypttab=/etc/crypttab;" },
	{ "keymap", "de", "keymap=de;" },
	{ "keymap list", "de,us", "keymap=de;keymap=us;" },
	{ "font", "ter-132n", "font=ter-132n;" },
	{ "fsck auto", "auto", "" },
	{ "fsck yes", "yes", "fsck;" },
	{ "fsck no", "no", "no fsck;" },
	{ "shell", "/bin/busybox", "shell=/bin/busybox;" },
	{ "luks-header", "kdf-memory=8G, reencryption",
	  "luks_header=kdf-memory=8G, reencryption;" },
	{ "luks-header empty", "", "luks_header=;" },
	{ "init", "./init", "init=./init;" },
	{ "microcode", "none", "microcode=none;" },
	{ "no-verify", NULL, "unverified;" },
	{ "verify yes", "yes", "" },
	{ "verify no", "Off", "unverified;" },
	{ "jobs least", "1", "jobs=1;" },
	{ "jobs most", "1024", "jobs=1024;" },
	{ "verbose", NULL, "verbose;" },
	{ "modules_dir", "/x", "modules_dir=/x;" },
	{ "add_module", "x", "add=x;" },
};

static const char *option_name(const struct row *row)
{
	static char name[32];
	size_t size = strcspn(row->name, " ");

	assert_true(size < sizeof(name));
	memcpy(name, row->name, size);
	name[size] = '\0';
	return name;
}

static void test_taken(void **state)
{
	const struct row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct build_options options = { 0 };
	const char *complaint;

	assert_int_equal(set(&options, option_name(row), row->value, &complaint), 0);
	assert_null(complaint);
	assert_string_equal(describe(&options, &text), row->expected);
	build_options_done(&options);
}

static const struct row refused[] = {
	{ "kver empty", "", "no kernel version" },
	{ "kver path", "a/b", "no kernel version" },
	{ "kver here", ".", "no kernel version" },
	{ "kver above", "..", "no kernel version" },
	{ "modules-dir", "", "must not be empty" },
	{ "mode", "", "neither host nor generic" },
	{ "mode other", "hosts", "neither host nor generic" },
	{ "output", "", "must not be empty" },
	{ "sysroot", "", "must not be empty" },
	{ "config", "", "must not be empty" },
	{ "compress empty", "", "is none of" },
	{ "compress other", "lzma", "is none of" },
	{ "compress longer", "zstd1", "is none of" },
	{ "compress shorter", "zst", "is none of" },
	{ "compress files longer", "filesx", "is none of" },
	{ "compress upper case", "ZSTD", "is none of" },
	{ "compress no level", "zstd:", "no such level" },
	{ "compress level 0", "zstd:0", "no such level" },
	{ "compress level of letters", "zstd:a", "no such level" },
	{ "compress zstd more", "zstd:20", "no such level; zstd has 1 to 19" },
	{ "compress gzip more", "gzip:10", "no such level" },
	{ "compress xz more", "xz:10", "no such level" },
	{ "compress lz4 more", "lz4:13", "no such level" },
	{ "compress lz4 less", "lz4:2", "no such level; lz4 has 3 to 12" },
	{ "compress negative", "gzip:-1", "no such level" },
	{ "compress none", "none:1", "no such level; none has none at all" },
	{ "compress files more", "files:20", "no such level" },
	{ "compress twice", "zstd:3:4", "no such level" },
	{ "add-file", "", "must not be empty" },
	{ "crypttab", "", "must not be empty" },
	{ "fsck", "sometimes", "none of auto, yes and no" },
	{ "shell", "", "must not be empty" },
	{ "luks-header", "kdf-memory=8", "none of kdf-memory=SIZE, kdf-time=N" },
	{ "luks-header in part", "reencryption, hope", "none of kdf-memory=SIZE" },
	{ "init", "", "must not be empty" },
	{ "microcode", "", "must not be empty" },
	{ "verify", "perhaps", "neither yes nor no" },
	{ "verify empty", "", "neither yes nor no" },
	{ "jobs none", "0", "no number of threads" },
	{ "jobs more", "1025", "no number of threads from 1 to 1024" },
	{ "jobs negative", "-1", "no number of threads" },
	{ "jobs of letters", "many", "no number of threads" },
	{ "jobs huge", "99999999999999999999", "no number of threads" },
};

static void set_all(struct build_options *options)
{
	static const struct row values[] = {
		{ "kver", "k", NULL },         { "modules-dir", "m", NULL },
		{ "mode", "host", NULL },      { "output", "o", NULL },
		{ "sysroot", "s", NULL },      { "config", "c", NULL },
		{ "compress", "xz:2", NULL },  { "add-file", "f", NULL },
		{ "crypttab", "t", NULL },     { "init", "i", NULL },
		{ "microcode", "auto", NULL }, { "verify", "no", NULL },
		{ "jobs", "7", NULL },         { "fsck", "yes", NULL },
	};
	const char *complaint;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		assert_int_equal(set(options, values[i].name, values[i].value, &complaint), 0);
}

static void test_refused(void **state)
{
	const struct row *row = *state;
	_cleanup_strbuf_ struct strbuf before = { 0 }, after = { 0 };
	struct build_options options = { 0 };
	const char *complaint;

	set_all(&options);
	(void)describe(&options, &before);
	assert_int_equal(set(&options, option_name(row), row->value, &complaint), -EINVAL);
	assert_non_null(complaint);
	if (!strstr(complaint, row->expected))
		fail_msg("%s", complaint);
	assert_string_equal(describe(&options, &after), strbuf_string(&before));
	build_options_done(&options);
}

static void test_later_values(void **state)
{
	static const struct row values[] = {
		{ "output", "a", NULL },      { "output", "b", NULL },
		{ "add-module", "a", NULL },  { "add-module", "b", NULL },
		{ "compress", "xz:2", NULL }, { "compress", "gzip", NULL },
		{ "verify", "no", NULL },     { "verify", "yes", NULL },
		{ "mode", "host", NULL },     { "mode", "generic", NULL },
	};
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct build_options options = { 0 };
	const char *complaint;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		assert_int_equal(set(&options, values[i].name, values[i].value, &complaint), 0);
	assert_string_equal(describe(&options, &text), "output=b;gzip:0;add=a;add=b;");
	build_options_done(&options);
}

/* What is given may be gone afterwards. */
static void test_values_are_copied(void **state)
{
	char file[] = "/a:/b", kver[] = "6.1", module[] = "nvme";
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct build_options options = { 0 };
	const char *complaint;

	assert_int_equal(set(&options, "add-file", file, &complaint), 0);
	assert_int_equal(set(&options, "kver", kver, &complaint), 0);
	assert_int_equal(set(&options, "add-module", module, &complaint), 0);
	memset(file, 'x', strlen(file));
	memset(kver, 'x', strlen(kver));
	memset(module, 'x', strlen(module));
	assert_string_equal(describe(&options, &text), "kver=6.1;add=nvme;file=/a:/b;");
	build_options_done(&options);
	assert_null(options.kver);
	assert_int_equal(options.add_files.n_items, 0);
}

static void test_unknown_names(void **state)
{
	static const char *const names[] = { "",           "out", "outputs", "add--module",
					     "add module", "-",   "Output" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_null(build_option_find(names[i]));
}

/* One name is no beginning or spelling of another, and what has a value says in which form. */
static void test_table(void **state)
{
	for (unsigned int i = 0; i < n_build_options; i++) {
		const struct build_option *option = &build_options_table[i];

		assert_ptr_equal(build_option_find(option->name), option);
		assert_null(strchr(option->name, '_'));
		if (!option->form)
			assert_false(option->is_for_files);
		if (option->meaning)
			assert_true(*option->meaning && !str_has_suffix(option->meaning, "\n"));
	}
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_taken, taken);
	TEST_ROWS(&list, test_refused, refused);
	TEST(&list, test_later_values);
	TEST(&list, test_values_are_copied);
	TEST(&list, test_unknown_names);
	TEST(&list, test_table);
	return test_list_run(&list);
}
