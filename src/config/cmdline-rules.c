/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each key of the command line does with its value. */
#include "config/cmdline-rules.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/macro.h"
#include "base/str.h"
#include "config/breakpoint.h"
#include "config/warnings.h"

static int complain(struct cmdline_parser *parser, const struct cmdline_argument *argument,
		    const char *what)
{
	return warnings_add(&parser->config->warnings, "%s=%s %s, ignoring it", argument->key,
			    argument->value ? argument->value : "", what);
}

int cmdline_complain_of_device(struct boot_config *config, const char *key, const char *text,
			       int error)
{
	bool lacks_dev = device_spec_lacks_dev(text);

	return warnings_add(&config->warnings, "%s=%s %s%s%s%s, ignoring it", key, text,
			    device_spec_error(error), lacks_dev ? " (did you mean /dev/" : "",
			    lacks_dev ? text : "", lacks_dev ? "?)" : "");
}

/* --- kinds of values --- */

/* By the key alone: there is nothing to do, or the kernel does it. */
static int pass_over(struct cmdline_parser *parser, void *field,
		     const struct cmdline_argument *argument)
{
	return 0;
}

static int set_true(struct cmdline_parser *parser, void *field,
		    const struct cmdline_argument *argument)
{
	*(bool *)field = true;
	return 0;
}

static int set_false(struct cmdline_parser *parser, void *field,
		     const struct cmdline_argument *argument)
{
	*(bool *)field = false;
	return 0;
}

static int set_bool(struct cmdline_parser *parser, void *field,
		    const struct cmdline_argument *argument)
{
	int r = argument->value ? str_parse_bool(argument->value) : 1;

	if (r < 0)
		return complain(parser, argument, "is neither yes nor no");
	*(bool *)field = r;
	return 0;
}

static int set_text(struct cmdline_parser *parser, void *field,
		    const struct cmdline_argument *argument)
{
	return str_assign(field, argument->value);
}

/* Adds the items of a comma-separated list. */
static int add_list(struct cmdline_parser *parser, void *field,
		    const struct cmdline_argument *argument)
{
	const char *rest = argument->value, *item;
	size_t size;

	while ((item = str_next_item(&rest, &size))) {
		_cleanup_free_ char *copy = strndup(item, size);

		if (!copy || (size > 0 && vec_push_copy(field, copy) < 0))
			return -ENOMEM;
	}
	return 0;
}

/* The same, with the key that each item has come by. */
static int add_forbidden(struct cmdline_parser *parser, void *field,
			 const struct cmdline_argument *argument)
{
	struct boot_config *config = parser->config;
	int r = add_list(parser, field, argument);

	while (r >= 0 && config->blacklist_keys.n_items < config->modules_blacklist.n_items)
		r = vec_push_copy(&config->blacklist_keys, argument->key);
	return r;
}

static int set_device(struct cmdline_parser *parser, void *field,
		      const struct cmdline_argument *argument)
{
	struct device_spec spec;
	int r = device_spec_parse(argument->value, &spec);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return cmdline_complain_of_device(parser->config, argument->key, argument->value,
						  r);
	device_spec_done(field);
	*(struct device_spec *)field = spec;
	return 0;
}

static int set_number(struct cmdline_parser *parser, void *field,
		      const struct cmdline_argument *argument)
{
	uint64_t number;

	if (str_parse_uint64(argument->value, &number) < 0)
		return complain(parser, argument, "is not a number");
	*(uint64_t *)field = number;
	return 0;
}

static int parse_seconds(const char *value, uint64_t *ret_usec)
{
	uint64_t seconds;

	if (str_parse_uint64(value, &seconds) < 0 || seconds > UINT32_MAX)
		return -EINVAL;
	*ret_usec = seconds * USEC_PER_SEC;
	return 0;
}

/* 0 is for ever. */
static int set_timeout(struct cmdline_parser *parser, void *field,
		       const struct cmdline_argument *argument)
{
	uint64_t usec;

	if (parse_seconds(argument->value, &usec) < 0)
		return complain(parser, argument, "is not a number of seconds");
	*(uint64_t *)field = usec > 0 ? usec : USEC_INFINITY;
	return 0;
}

static int set_constant(struct cmdline_parser *parser, void *field,
			const struct cmdline_argument *argument)
{
	*(unsigned int *)field = (unsigned int)argument->constant;
	return 0;
}

/* One of @words, whose index is the value of the enum at @field; @otherwise is the complaint. */
static int set_word(struct cmdline_parser *parser, void *field,
		    const struct cmdline_argument *argument, const char *otherwise,
		    const char *const *words, size_t n_words)
{
	for (size_t i = 0; i < n_words; i++) {
		if (str_equal(argument->value, words[i])) {
			*(unsigned int *)field = (unsigned int)i;
			return 0;
		}
	}
	return complain(parser, argument, otherwise);
}

#define WORD_RULE(name, otherwise, ...)                                                        \
	static int set_##name(struct cmdline_parser *parser, void *field,                      \
			      const struct cmdline_argument *argument)                         \
	{                                                                                      \
		static const char *const words[] = { __VA_ARGS__ };                            \
                                                                                               \
		return set_word(parser, field, argument, otherwise, words, ARRAY_SIZE(words)); \
	}

WORD_RULE(root_duplicates, "is neither refuse nor boot-disk", [ROOT_DUPLICATES_REFUSE] = "refuse",
	  [ROOT_DUPLICATES_BOOT_DISK] = "boot-disk")
WORD_RULE(fsck_mode, "is none of auto, force and skip", [FSCK_MODE_AUTO] = "auto",
	  [FSCK_MODE_FORCE] = "force", [FSCK_MODE_SKIP] = "skip")
WORD_RULE(fsck_repair, "is none of preen, yes and no", [FSCK_REPAIR_PREEN] = "preen",
	  [FSCK_REPAIR_YES] = "yes", [FSCK_REPAIR_NO] = "no")
WORD_RULE(emergency, "is none of reboot, poweroff and halt", [EMERGENCY_ACTION_REBOOT] = "reboot",
	  [EMERGENCY_ACTION_POWEROFF] = "poweroff", [EMERGENCY_ACTION_HALT] = "halt")

/* --- rules of single keys --- */

/* Kept for finish(): rootfstype=, which may come later, tells what it means. */
static int add_root(struct cmdline_parser *parser, void *field,
		    const struct cmdline_argument *argument)
{
	return vec_push(&parser->roots, (void *)argument->value);
}

static int set_real_root(struct cmdline_parser *parser, void *field,
			 const struct cmdline_argument *argument)
{
	parser->real_root = argument->value;
	return 0;
}

/* A device has a slash or an equals sign in its name, a script of Debian's has not. */
static int set_boot(struct cmdline_parser *parser, void *field,
		    const struct cmdline_argument *argument)
{
	bool is_script = !strpbrk(argument->value, "/=") && !str_equal(argument->value, "local");

	parser->boot_script = is_script ? argument->value : NULL;
	return 0;
}

static int set_usr(struct cmdline_parser *parser, void *field,
		   const struct cmdline_argument *argument)
{
	parser->usr = argument->value;
	return 0;
}

static int set_rootwait(struct cmdline_parser *parser, void *field,
			const struct cmdline_argument *argument)
{
	if (argument->value && *argument->value)
		return set_timeout(parser, field, argument);
	*(uint64_t *)field = USEC_INFINITY;
	return 0;
}

static int set_rootdelay(struct cmdline_parser *parser, void *field,
			 const struct cmdline_argument *argument)
{
	if (parse_seconds(argument->value, &parser->rootdelay_usec) < 0)
		return complain(parser, argument, "is not a number of seconds");
	return 0;
}

/* Also "nocompress" and others, which are for the kernel alone. */
static int set_hibernate(struct cmdline_parser *parser, void *field,
			 const struct cmdline_argument *argument)
{
	if (str_equal(argument->value, "noresume") || str_equal(argument->value, "no"))
		*(bool *)field = false;
	return 0;
}

static int set_unicode(struct cmdline_parser *parser, void *field,
		       const struct cmdline_argument *argument)
{
	int r = argument->value ? str_parse_bool(argument->value) : 1;

	if (r < 0)
		return complain(parser, argument, "is neither yes nor no");
	*(enum vconsole_unicode *)field = r ? VCONSOLE_UNICODE_YES : VCONSOLE_UNICODE_NO;
	return 0;
}

/* The kernel's word: console=ttyS0,115200n8. An empty one, or null, means that there is none. */
static int set_console(struct cmdline_parser *parser, void *field,
		       const struct cmdline_argument *argument)
{
	const char *value = argument->value ? argument->value : "";
	_cleanup_free_ char *name = strndup(value, strcspn(value, ","));

	if (!name)
		return -ENOMEM;
	if (*name && !str_equal(name, "null")) {
		free(*(char **)field);
		*(char **)field = TAKE_PTR(name);
	}
	return 0;
}

static int set_panic(struct cmdline_parser *parser, void *field,
		     const struct cmdline_argument *argument)
{
	if (str_parse_int(argument->value, field) < 0)
		return complain(parser, argument, "is not a number of seconds");
	return 0;
}

static int add_breakpoint(struct cmdline_parser *parser, const struct cmdline_argument *argument,
			  const char *name, size_t size)
{
	enum breakpoint point;

	if (!breakpoint_find(name, size, &point))
		return warnings_add(&parser->config->warnings,
				    "%s=%.*s is no point where boot can stop, ignoring it",
				    argument->key, (int)size, name);
	parser->config->breakpoints |= 1u << point;
	return 0;
}

/* Without a value, at the one that the rule has. */
static int add_breakpoints(struct cmdline_parser *parser, void *field,
			   const struct cmdline_argument *argument)
{
	const char *rest = argument->value, *item;
	size_t size;
	int r = rest && *rest ? str_parse_bool(rest) : 1;

	if (r >= 0) {
		parser->config->breakpoints |= (unsigned int)r << argument->constant;
		return 0;
	}
	r = 0;
	while (r >= 0 && (item = str_next_item(&rest, &size)))
		r = add_breakpoint(parser, argument, item, size);
	return r;
}

#define LUKS_RULE(verb)                                                           \
	static int luks_##verb(struct cmdline_parser *parser, void *field,        \
			       const struct cmdline_argument *argument)           \
	{                                                                         \
		return luks_config_##verb(&parser->config->luks, argument->value, \
					  &parser->config->warnings);             \
	}

LUKS_RULE(add_uuid)
LUKS_RULE(add_name)
LUKS_RULE(add_options)
LUKS_RULE(add_key)
LUKS_RULE(add_data)
LUKS_RULE(add_header)
LUKS_RULE(add_partuuid)
LUKS_RULE(add_serial)
LUKS_RULE(add_discard)
LUKS_RULE(add_cryptopts)

/* --- the rules --- */

#define RULE(identifier, ...)   [KEY_##identifier] = { CMDLINE_ADDS_UP, MEMBER_RULE(__VA_ARGS__) }
#define SINGLE(identifier, ...) [KEY_##identifier] = { CMDLINE_SINGLE, MEMBER_RULE(__VA_ARGS__) }
#define SWITCH(identifier, ...) [KEY_##identifier] = { CMDLINE_SWITCH, MEMBER_RULE(__VA_ARGS__) }
#define MEMBER_RULE(function, member, ...)              \
	function, offsetof(struct boot_config, member), \
		sizeof(((struct boot_config *)NULL)->member), ##__VA_ARGS__

const struct cmdline_rule cmdline_rules[] = {
	SINGLE(ROOT, add_root, root),
	SINGLE(REAL_ROOT, set_real_root, root),
	SINGLE(BOOT, set_boot, root),
	SINGLE(ROOTFSTYPE, set_text, rootfstype),
	SINGLE(ROOTFLAGS, set_text, rootflags),
	SWITCH(RO, set_false, root_writable),
	SWITCH(RW, set_true, root_writable),
	SINGLE(INIT, set_text, init),
	SINGLE(RD_TIMEOUT, set_timeout, timeout_usec),
	RULE(ROOTWAIT, set_rootwait, timeout_usec),
	SINGLE(ROOTDELAY, set_rootdelay, timeout_usec),
	SINGLE(ROOTFALLBACK, set_device, root_fallback),
	SINGLE(ROOT_DUPLICATES, set_root_duplicates, root_duplicates),

	SINGLE(MOUNT_USR, set_usr, usr),
	SINGLE(MOUNT_USRFSTYPE, set_text, usrfstype),
	SINGLE(MOUNT_USRFLAGS, set_text, usrflags),
	SWITCH(FSTAB, set_bool, fstab_enabled),
	SWITCH(FSCK_MODE, set_fsck_mode, fsck_mode),
	SWITCH(FSCK_REPAIR, set_fsck_repair, fsck_repair),
	SWITCH(FASTBOOT, set_constant, fsck_mode, FSCK_MODE_SKIP),
	SWITCH(FORCEFSCK, set_constant, fsck_mode, FSCK_MODE_FORCE),
	SWITCH(FSCKFIX, set_constant, fsck_repair, FSCK_REPAIR_YES),

	SINGLE(RESUME, set_device, resume),
	SINGLE(RESUME_OFFSET, set_number, resume_offset_pages),
	RULE(NORESUME, set_false, resume_enabled),
	RULE(HIBERNATE, set_hibernate, resume_enabled),

	RULE(MODULES_LOAD, add_list, modules),
	RULE(MODULES_FIRST, add_list, modules_first),
	RULE(MODULES_BLACKLIST, add_forbidden, modules_blacklist),

	SWITCH(LUKS, set_bool, luks.enabled),
	SWITCH(LUKS_CRYPTTAB, set_bool, luks.crypttab_enabled),
	RULE(LUKS_UUID, luks_add_uuid, luks),
	RULE(LUKS_NAME, luks_add_name, luks),
	RULE(LUKS_OPTIONS, luks_add_options, luks),
	RULE(LUKS_KEY, luks_add_key, luks),
	RULE(LUKS_DATA, luks_add_data, luks),
	RULE(LUKS_HEADER, luks_add_header, luks),
	RULE(LUKS_PARTUUID, luks_add_partuuid, luks),
	RULE(LUKS_SERIAL, luks_add_serial, luks),
	RULE(LUKS_ALLOW_DISCARDS, luks_add_discard, luks),
	SINGLE(LUKS_TIMEOUT, set_timeout, luks.timeout_usec),
	SINGLE(LUKS_KEY_TIMEOUT, set_timeout, luks.key_timeout_usec),
	SINGLE(CRYPTDEVICE, set_text, luks.cryptdevice),
	SINGLE(CRYPTKEY, set_text, luks.cryptkey),
	SINGLE(CRYPTO, set_text, luks.crypto),
	RULE(CRYPTOPTS, luks_add_cryptopts, luks),
	SINGLE(CRYPT_ROOT, set_text, luks.root.device),
	SINGLE(ROOT_KEY, set_text, luks.root.key),
	SINGLE(ROOT_KEYDEV, set_text, luks.root.key_device),
	SINGLE(ROOT_KEYDEV_FSTYPE, set_text, luks.root.key_fstype),
	RULE(ROOT_TRIM, set_bool, luks.root.trim),
	SINGLE(CRYPT_SWAP, set_text, luks.swap.device),
	SINGLE(SWAP_KEY, set_text, luks.swap.key),
	SINGLE(SWAP_KEYDEV, set_text, luks.swap.key_device),
	SINGLE(SWAP_KEYDEV_FSTYPE, set_text, luks.swap.key_fstype),

	SINGLE(KEYMAP, set_text, vconsole.keymap),
	SINGLE(KEYMAP_TOGGLE, set_text, vconsole.keymap_toggle),
	SINGLE(FONT, set_text, vconsole.font),
	SINGLE(FONT_MAP, set_text, vconsole.font_map),
	SINGLE(FONT_UNIMAP, set_text, vconsole.font_unimap),
	RULE(UNICODE, set_unicode, vconsole.unicode),
	RULE(CONSOLE, set_console, console),
	RULE(QUIET, pass_over, debug), /* the kernel keeps its log, and so ours, off the consoles */

	RULE(RD_DEBUG, set_bool, debug),
	RULE(RD_BREAK, add_breakpoints, breakpoints, BREAKPOINT_PRE_SWITCH),
	RULE(BREAK, add_breakpoints, breakpoints, BREAKPOINT_PRE_MOUNT),
	RULE(RD_SHELL, set_bool, shell_enabled),
	RULE(RD_EMERGENCY, set_emergency, emergency_action),
	SINGLE(PANIC, set_panic, panic_sec),
};
