/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot command line: text in, struct boot_config out. The keys themselves stand in
 * kindling/cmdline-keys.h; a row there needs a case in apply_key() here.
 */
#include "config/cmdline.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/macro.h"
#include "base/str.h"
#include "config/warnings.h"
#include "kindling/cmdline-keys.h"

#define DEFAULT_TIMEOUT_SEC 180

enum key {
#define X(identifier, key, form, meaning) KEY_##identifier,
	CMDLINE_KEYS(X)
#undef X
		KEY_UNKNOWN,
};

const struct cmdline_key cmdline_keys[] = {
#define X(identifier, key, form, meaning) { key, form, meaning },
	CMDLINE_KEYS(X)
#undef X
};
const unsigned int n_cmdline_keys = ARRAY_SIZE(cmdline_keys);

static bool keys_equal(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
			return false;
	return *a == *b;
}

static enum key find_key(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(cmdline_keys); i++)
		if (keys_equal(name, cmdline_keys[i].key))
			return (enum key)i;
	return KEY_UNKNOWN;
}

static int replace_string(char **field, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

static int set_root(struct boot_config *config, const char *value)
{
	struct device_spec spec;
	int r = device_spec_parse(value, &spec);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return warnings_add(&config->warnings, "root=%s %s, ignoring it", value,
				    device_spec_error(r));
	device_spec_done(&config->root);
	config->root = spec;
	return 0;
}

static int set_timeout(struct boot_config *config, const char *value)
{
	uint64_t seconds;

	if (str_parse_uint64(value, &seconds) < 0 || seconds > UINT32_MAX)
		return warnings_add(&config->warnings,
				    "rd.timeout=%s is not a number of seconds, ignoring it", value);
	config->timeout_usec = seconds ? seconds * USEC_PER_SEC : USEC_INFINITY;
	return 0;
}

static void free_luks_config(void *item)
{
	struct luks_config *luks = item;

	free(luks->uuid);
	free(luks->name);
	free(luks);
}

/* A UUID as it may stand in a header: of hexadecimal digits and dashes. */
static bool is_uuid(const char *text)
{
	return *text && strspn(text, "0123456789abcdefABCDEF-") == strlen(text);
}

/* libdevmapper's limit of 127 bytes, and no directories. */
static bool is_mapping_name(const char *text)
{
	return *text && strlen(text) < 128 && !strchr(text, '/') && !str_equal(text, ".") &&
	       !str_equal(text, "..") && !str_equal(text, "control");
}

/* Names a volume to open; @name is NULL for the default, which never replaces a given one. */
static int add_luks(struct boot_config *config, const char *uuid, const char *name)
{
	struct luks_config *luks;
	char *copy;
	int r;

	vec_for_each(luks, &config->luks) {
		if (name && str_equal(luks->name, name) && strcasecmp(luks->uuid, uuid) != 0)
			return warnings_add(&config->warnings,
					    "the name %s is taken by another volume, ignoring %s",
					    name, uuid);
	}
	vec_for_each(luks, &config->luks) {
		if (strcasecmp(luks->uuid, uuid) == 0)
			return name ? replace_string(&luks->name, name) : 0;
	}

	luks = calloc(1, sizeof(*luks));
	if (!luks)
		return -ENOMEM;
	r = replace_string(&luks->uuid, uuid);
	if (r >= 0 && name)
		r = replace_string(&luks->name, name);
	if (r >= 0 && !name) {
		r = asprintf(&copy, "luks-%s", uuid);
		luks->name = r < 0 ? NULL : copy;
	}
	if (r >= 0)
		r = vec_push(&config->luks, luks);
	if (r < 0) {
		free_luks_config(luks);
		return -ENOMEM;
	}
	return 0;
}

static int set_luks_uuid(struct boot_config *config, const char *value)
{
	const char *uuid = str_after_prefix(value, "luks-");

	uuid = uuid ? uuid : value;
	if (!is_uuid(uuid))
		return warnings_add(&config->warnings, "rd.luks.uuid=%s is not a UUID, ignoring it",
				    value);
	return add_luks(config, uuid, NULL);
}

static int set_luks_name(struct boot_config *config, const char *value)
{
	const char *prefix = str_after_prefix(value, "luks-");
	_cleanup_free_ char *uuid = strdup(prefix ? prefix : value);
	char *equals;

	if (!uuid)
		return -ENOMEM;
	equals = strchr(uuid, '=');
	if (equals)
		*equals = '\0';
	if (!equals || !is_uuid(uuid) || !is_mapping_name(equals + 1))
		return warnings_add(&config->warnings,
				    "rd.luks.name=%s is not of the form UUID=NAME, ignoring it",
				    value);
	return add_luks(config, uuid, equals + 1);
}

static int set_bool(struct boot_config *config, const char *key, const char *value, bool *field)
{
	int r = value ? str_parse_bool(value) : 1;

	if (r < 0)
		return warnings_add(&config->warnings, "%s=%s is neither yes nor no, ignoring it",
				    key, value);
	*field = r;
	return 0;
}

static int set_panic(struct boot_config *config, const char *value)
{
	if (str_parse_int(value, &config->panic_sec) < 0)
		return warnings_add(&config->warnings,
				    "panic=%s is not a number of seconds, ignoring it", value);
	return 0;
}

static bool key_needs_value(enum key key)
{
	return key != KEY_UNKNOWN && cmdline_keys[key].form[0] && key != KEY_RD_LUKS;
}

/* @value is NULL for a word without "=". */
static int apply_key(struct boot_config *config, const char *name, const char *value)
{
	enum key key = find_key(name);

	if (key_needs_value(key) && (!value || !*value))
		return warnings_add(&config->warnings, "%s needs a value, ignoring it", name);

	switch (key) {
	case KEY_ROOT:
		return set_root(config, value);
	case KEY_ROOTFSTYPE:
		return replace_string(&config->rootfstype, value);
	case KEY_ROOTFLAGS:
		return replace_string(&config->rootflags, value);
	case KEY_RO:
		config->root_writable = false;
		return 0;
	case KEY_RW:
		config->root_writable = true;
		return 0;
	case KEY_INIT:
		return replace_string(&config->init, value);
	case KEY_RD_TIMEOUT:
		return set_timeout(config, value);
	case KEY_RD_LUKS:
		return set_bool(config, name, value, &config->luks_enabled);
	case KEY_RD_LUKS_UUID:
		return set_luks_uuid(config, value);
	case KEY_RD_LUKS_NAME:
		return set_luks_name(config, value);
	case KEY_PANIC:
		return set_panic(config, value);
	case KEY_QUIET:
		/* By it the kernel keeps all but errors of its log, and so of ours, off the
		 * consoles. */
		return 0;
	case KEY_RD_DEBUG:
		return set_bool(config, name, value, &config->debug);
	case KEY_UNKNOWN:
		if (str_after_prefix(name, "rd."))
			return warnings_add(&config->warnings, "%s is not known here, ignoring it",
					    name);
		return 0;
	}
	return 0;
}

/* Cuts the next word off *@next, removing double quotes; NULL at the end. */
static char *next_word(char **next)
{
	char *from = *next, *to, *word;
	bool quoted = false;

	while (isspace((unsigned char)*from))
		from++;
	if (!*from)
		return NULL;
	word = to = from;
	for (; *from && (quoted || !isspace((unsigned char)*from)); from++) {
		if (*from == '"')
			quoted = !quoted;
		else
			*to++ = *from;
	}
	*next = *from ? from + 1 : from;
	*to = '\0';
	return word;
}

int cmdline_parse(const char *text, struct boot_config *ret_config)
{
	_cleanup_free_ char *copy = strdup(text);
	char *next = copy, *word;

	*ret_config = (struct boot_config){
		.timeout_usec = DEFAULT_TIMEOUT_SEC * USEC_PER_SEC,
		.luks_enabled = true,
	};
	if (!copy)
		return -ENOMEM;
	while ((word = next_word(&next)) && !str_equal(word, "--")) {
		char *equals = strchr(word, '=');
		int r;

		if (equals)
			*equals = '\0';
		r = apply_key(ret_config, word, equals ? equals + 1 : NULL);
		if (r < 0)
			return r;
	}
	return 0;
}

void boot_config_done(struct boot_config *config)
{
	device_spec_done(&config->root);
	free(config->rootfstype);
	free(config->rootflags);
	free(config->init);
	vec_done(&config->luks, free_luks_config);
	vec_done(&config->warnings, free);
	*config = (struct boot_config){ 0 };
}
