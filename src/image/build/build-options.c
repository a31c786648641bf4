/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of everything that can be said to `kindling build`, and how each value is understood.
 */
#include "image/build/build-options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/str.h"
#include "config/luks-limits.h"

#define JOBS_MAX         1024
#define TEXT_OF(number)  TEXT_OF_(number)
#define TEXT_OF_(number) #number

#define NO_MEMORY "needs more memory than there is"

/* The function that makes @member the value. Like all setters, it leaves be what it refuses. */
#define DEFINE_STRING_SETTER(member)                                                      \
	static const char *set_##member(struct build_options *options, const char *value) \
	{                                                                                 \
		if (!*value)                                                              \
			return "must not be empty";                                       \
		options->member = value;                                                  \
		return NULL;                                                              \
	}

DEFINE_STRING_SETTER(modules_dir)
DEFINE_STRING_SETTER(sysroot)
DEFINE_STRING_SETTER(config)
DEFINE_STRING_SETTER(output)
DEFINE_STRING_SETTER(init)
DEFINE_STRING_SETTER(crypttab)
DEFINE_STRING_SETTER(shell)
DEFINE_STRING_SETTER(microcode)

/* Where the directory of modules depends on it, it may be no path itself. */
static const char *set_kver(struct build_options *options, const char *value)
{
	if (!*value || strchr(value, '/') || str_equal(value, ".") || str_equal(value, ".."))
		return "is no kernel version; directories go with --modules-dir";
	options->kver = value;
	return NULL;
}

static const char *set_mode(struct build_options *options, const char *value)
{
	if (!str_equal(value, "host") && !str_equal(value, "generic"))
		return "is neither host nor generic";
	options->mode = str_equal(value, "host") ? BUILD_MODE_HOST : BUILD_MODE_GENERIC;
	return NULL;
}

/* What the unlock helper would ignore is no use in an image. */
static const char *set_luks_header(struct build_options *options, const char *value)
{
	struct luks_limits limits;
	struct vec warnings = { 0 };
	bool makes_sense;
	int r = luks_limits_parse(value, &limits, &warnings);

	makes_sense = warnings.n_items == 0;
	vec_done(&warnings, free);
	if (r < 0)
		return NO_MEMORY;
	if (!makes_sense)
		return "is none of kdf-memory=SIZE, kdf-time=N, kdf-iterations=N and reencryption";
	options->luks_header = value;
	return NULL;
}

static const char *set_fsck(struct build_options *options, const char *value)
{
	int wanted = str_parse_bool(value);

	if (wanted < 0 && !str_equal(value, "auto"))
		return "is none of auto, yes and no";
	options->fsck = wanted < 0 ? BUILD_FSCK_AUTO : wanted ? BUILD_FSCK_YES : BUILD_FSCK_NO;
	return NULL;
}

static const char *set_cmdline(struct build_options *options, const char *value)
{
	options->cmdline = value;
	return NULL;
}

/* The complaint about a level that @compression does not have. */
static const char *refuse_level(struct build_options *options, enum compression compression)
{
	char *complaint;
	int min, max;

	compression_get_levels(compression, &min, &max);
	if (max == 0)
		return "has no such level; none has none at all";
	complaint = str_format("has no such level; %s has %d to %d", compression_name(compression),
			       min, max);
	if (!complaint || vec_push(&options->strings, complaint) < 0) {
		free(complaint);
		return NO_MEMORY;
	}
	return complaint;
}

/* FMT[:LEVEL] */
static const char *set_compress(struct build_options *options, const char *value)
{
	size_t size = strcspn(value, ":");
	bool files = str_item_is(value, size, "files");
	int compression = files ? COMPRESSION_ZSTD : compression_from_name(value, size);
	int level = 0;

	if (compression < 0)
		return "is none of files, none, zstd, gzip, xz and lz4";
	if (value[size] && (str_parse_int(value + size + 1, &level) < 0 || level == 0 ||
			    compression_check_level((enum compression)compression, level) < 0))
		return refuse_level(options, (enum compression)compression);
	options->has_compression = true;
	options->compresses_files = files;
	options->compression = files ? COMPRESSION_NONE : (enum compression)compression;
	options->level = level;
	return NULL;
}

/* Adds each word of the list, which commas or white space separate. */
static const char *add_words(struct build_options *options, struct vec *vec, const char *value)
{
	static const char separators[] = ", \t";

	for (value += strspn(value, separators); *value; value += strspn(value, separators)) {
		size_t size = strcspn(value, separators);
		char *word = strndup(value, size);

		if (!word || vec_push(&options->strings, word) < 0) {
			free(word);
			return NO_MEMORY;
		}
		if (vec_push(vec, word) < 0)
			return NO_MEMORY;
		value += size;
	}
	return NULL;
}

static const char *add_module(struct build_options *options, const char *value)
{
	return add_words(options, &options->add_modules, value);
}

static const char *omit_module(struct build_options *options, const char *value)
{
	return add_words(options, &options->omit_modules, value);
}

static const char *add_file(struct build_options *options, const char *value)
{
	if (!*value)
		return "must not be empty";
	return vec_push(&options->add_files, (void *)value) < 0 ? NO_MEMORY : NULL;
}

static const char *add_keymap(struct build_options *options, const char *value)
{
	return add_words(options, &options->keymaps, value);
}

static const char *add_font(struct build_options *options, const char *value)
{
	return add_words(options, &options->fonts, value);
}

static const char *set_jobs(struct build_options *options, const char *value)
{
	uint64_t jobs;

	if (str_parse_uint64(value, &jobs) < 0 || jobs < 1 || jobs > JOBS_MAX)
		return "is no number of threads from 1 to " TEXT_OF(JOBS_MAX);
	options->jobs = (unsigned int)jobs;
	return NULL;
}

static const char *set_verify(struct build_options *options, const char *value)
{
	int verify = str_parse_bool(value);

	if (verify < 0)
		return "is neither yes nor no";
	options->is_unverified = !verify;
	return NULL;
}

static const char *set_no_verify(struct build_options *options, const char *value)
{
	options->is_unverified = true;
	return NULL;
}

static const char *set_force(struct build_options *options, const char *value)
{
	options->is_forced = true;
	return NULL;
}

static const char *set_verbose(struct build_options *options, const char *value)
{
	options->is_verbose = true;
	return NULL;
}

/* clang-format off */
const struct build_option build_options_table[] = {
	{ "kver", "VERSION", "the kernel that it is for (default: the running one)", false, set_kver },
	{ "modules-dir", "DIR", "where its modules are (default: /lib/modules)", false, set_modules_dir },
	{ "mode", "MODE", "for any machine: generic (default); for this one: host", true, set_mode },
	{ "output", "FILE", "the image (default: what the distribution calls it)", true, set_output },
	{ "force", NULL, "replace FILE even if it is no initramfs", false, set_force },
	{ "sysroot", "DIR", "build for and from the system in DIR", false, set_sysroot },
	{ "config", "FILE", "read this instead of /etc/kindling.conf and drop-ins", false, set_config },
	{ "compress", "FMT[:LEVEL]", "files (default), none, zstd, gzip, xz or lz4", true, set_compress },
	{ "add-module", "NAME", "modules or aliases to add; repeatable", true, add_module },
	{ "omit-module", "NAME", "modules to leave out; repeatable", true, omit_module },
	{ "add-file", "SRC[:DST]", "a file or directory to add; repeatable", true, add_file },
	{ "cmdline", "STRING", "words before those of the boot loader's line", true, set_cmdline },
	{ "crypttab", "FILE", "the image's /etc/crypttab", true, set_crypttab },
	{ "keymap", "NAME", "of the console (default: this system's), or none; repeatable", true, add_keymap },
	{ "font", "NAME", "of the console (default: this system's), or none; repeatable", true, add_font },
	{ "fsck", "WHICH", "programs that check file systems: auto (default), yes or no", true, set_fsck },
	{ "init", "FILE", "the program to be /init (default: Kindling's own)", true, set_init },
	{ "microcode", "WHICH", "auto (default), none, or an archive of it", true, set_microcode },
	{ "no-verify", NULL, "do not prove that it reaches this machine's root", false, set_no_verify },
	{ "jobs", "N", "threads (default: one for each processor)", true, set_jobs },
	{ "verbose", NULL, "say what is taken, what is left out, and why", false, set_verbose },
	{ "verify", "BOOL", NULL, true, set_verify },
	{ "shell", "FILE", NULL, true, set_shell },
	{ "luks-header", "LIST", NULL, true, set_luks_header },
};
/* clang-format on */

const unsigned int n_build_options = ARRAY_SIZE(build_options_table);

static bool is_same_name(const char *name, const char *given)
{
	for (; *name; name++, given++)
		if (*name != *given && !(*name == '-' && *given == '_'))
			return false;
	return !*given;
}

const struct build_option *build_option_find(const char *name)
{
	for (unsigned int i = 0; i < n_build_options; i++)
		if (is_same_name(build_options_table[i].name, name))
			return &build_options_table[i];
	return NULL;
}

int build_options_set(struct build_options *options, const struct build_option *option,
		      const char *value, const char **ret_complaint)
{
	char *copy = strdup(value ? value : "");

	if (!copy || vec_push(&options->strings, copy) < 0) {
		free(copy);
		return -ENOMEM;
	}
	*ret_complaint = option->set(options, copy);
	return *ret_complaint ? -EINVAL : 0;
}

void build_options_done(struct build_options *options)
{
	vec_done(&options->add_modules, NULL);
	vec_done(&options->omit_modules, NULL);
	vec_done(&options->keymaps, NULL);
	vec_done(&options->fonts, NULL);
	vec_done(&options->add_files, NULL);
	vec_done(&options->strings, free);
	*options = (struct build_options){ 0 };
}
