/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot command line: text in, struct boot_config out. The keys themselves stand in
 * kindling/cmdline-keys.h; each row there has its rule in cmdline-rules.c. What is only understood
 * together with other keys is put together in finish().
 */
#include "config/cmdline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/cmdline-rules.h"
#include "config/cmdline-words.h"
#include "config/warnings.h"
#include "kindling/cmdline-keys.h"

#define DEFAULT_TIMEOUT_SEC 180

static const struct {
	const char *spellings, *form;
} keys[] = {
#define SECTION(title)
#define KEY(identifier, spellings, form, meaning) { spellings, form },
	CMDLINE_KEYS(KEY, SECTION)
#undef KEY
#undef SECTION
};

static bool keys_equal(const char *a, const char *b, size_t b_size)
{
	for (; *a && b_size > 0; a++, b++, b_size--)
		if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
			return false;
	return !*a && b_size == 0;
}

static enum cmdline_key find_key(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *spelling = keys[i].spellings;

		while (*spelling) {
			size_t size = strcspn(spelling, " ");

			if (keys_equal(name, spelling, size))
				return (enum cmdline_key)i;
			spelling += size + strspn(spelling + size, " ");
		}
	}
	return KEY_UNKNOWN;
}

/* "key=value", or the key alone; NULL without memory. */
static char *write_word(const char *key, const char *value)
{
	return str_format("%s%s%s", key, value ? "=" : "", value ? value : "");
}

static int warn_of_two(struct cmdline_parser *parser, const char *key,
		       const struct cmdline_said *first, const struct cmdline_said *second,
		       const char *winner)
{
	_cleanup_free_ char *word = write_word(key, first->value);
	_cleanup_free_ char *other = write_word(second->key, second->value);

	return word && other ? warnings_add(&parser->config->warnings, "of %s and %s %s counts",
					    word, other, winner)
			     : -ENOMEM;
}

/* The word of this line that has set the member of @rule, or NULL. */
static const struct cmdline_said *find_switch(const struct cmdline_parser *parser,
					      const struct cmdline_rule *rule)
{
	for (size_t i = 0; i < KEY_UNKNOWN; i++)
		if (cmdline_rules[i].repetition == CMDLINE_SWITCH &&
		    cmdline_rules[i].offset == rule->offset && parser->said[i].key)
			return &parser->said[i];
	return NULL;
}

static void forget_switches(struct cmdline_parser *parser, const struct cmdline_rule *rule)
{
	for (size_t i = 0; i < KEY_UNKNOWN; i++)
		if (cmdline_rules[i].repetition == CMDLINE_SWITCH &&
		    cmdline_rules[i].offset == rule->offset)
			parser->said[i] = (struct cmdline_said){ 0 };
}

/* Says which of two values counts. */
static int note_contradiction(struct cmdline_parser *parser, enum cmdline_key key,
			      const struct cmdline_argument *argument)
{
	const struct cmdline_said said = parser->said[key],
				  now = { argument->key, argument->value };

	parser->said[key] = now;
	if (cmdline_rules[key].repetition != CMDLINE_SINGLE || !said.key ||
	    str_equal(said.value, argument->value))
		return 0;
	return warn_of_two(parser, argument->key, &said, &now, "the last");
}

/* The same for one that has several spellings of what it may be: it has changed, or it has not. */
static int apply_switch(struct cmdline_parser *parser, enum cmdline_key key,
			const struct cmdline_argument *argument)
{
	const struct cmdline_rule *rule = &cmdline_rules[key];
	const struct cmdline_said *found = find_switch(parser, rule),
				  now = { argument->key, argument->value };
	struct cmdline_said said = found ? *found : now;
	char *field = (char *)parser->config + rule->offset, before[sizeof(int)];
	int r;

	memcpy(before, field, rule->size);
	r = rule->apply(parser, field, argument);
	forget_switches(parser, rule);
	parser->said[key] = now;
	if (r < 0 || !found || memcmp(before, field, rule->size) == 0)
		return r;
	return warn_of_two(parser, said.key, &said, &now, "the last");
}

/* Words that count wherever they stand, and others beside them that come to nothing. */
static int note_overruled(struct cmdline_parser *parser)
{
	static const enum cmdline_key volumes[] = {
		KEY_LUKS_UUID,   KEY_LUKS_NAME, KEY_LUKS_PARTUUID, KEY_LUKS_SERIAL,
		KEY_CRYPTDEVICE, KEY_CRYPTOPTS, KEY_CRYPT_ROOT,    KEY_CRYPT_SWAP,
	};
	const struct boot_config *config = parser->config;
	const struct cmdline_said *said = parser->said, *resume = &said[KEY_RESUME];
	const struct cmdline_said *against =
		said[KEY_NORESUME].key ? &said[KEY_NORESUME] : &said[KEY_HIBERNATE];
	int r = 0;

	if (resume->key && against->key && !config->resume_enabled)
		r = warn_of_two(parser, resume->key, resume, against, "the latter");
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(volumes); i++)
		if (said[volumes[i]].key && said[KEY_LUKS].key && !config->luks.enabled)
			r = warn_of_two(parser, said[volumes[i]].key, &said[volumes[i]],
					&said[KEY_LUKS], "the latter");
	return r;
}

static int apply_word(struct cmdline_parser *parser, enum cmdline_key key,
		      const struct cmdline_argument *argument)
{
	const struct cmdline_rule *rule = &cmdline_rules[key];
	int r;

	if (keys[key].form[0] == '=' && (!argument->value || !*argument->value))
		return warnings_add(&parser->config->warnings, "%s needs a value, ignoring it",
				    argument->key);
	if (rule->repetition == CMDLINE_SWITCH)
		return apply_switch(parser, key, argument);
	r = note_contradiction(parser, key, argument);
	return r < 0 ? r : rule->apply(parser, (char *)parser->config + rule->offset, argument);
}

/* Unless it is among them already. */
static void add_word(struct strbuf *words, const char *key)
{
	const char *rest = strbuf_string(words);

	while (*rest) {
		size_t size = strcspn(rest, ",");

		if (keys_equal(key, rest, size))
			return;
		rest += size + strspn(rest + size, ", ");
	}
	strbuf_printf(words, "%s%s", words->size ? ", " : "", key);
}

/* Whether @key is the @size bytes at @word, or begins with them if they end with a dot. */
static bool is_meant(const char *key, const char *word, size_t size)
{
	if (word[size - 1] == '.' && strlen(key) > size)
		return strncmp(key, word, size) == 0;
	return keys_equal(key, word, size);
}

static bool is_unserved(const char *key)
{
#define UNSERVED(words, about) words,
	static const char *const unserved[] = { CMDLINE_UNSERVED(UNSERVED) };
#undef UNSERVED

	for (size_t i = 0; i < ARRAY_SIZE(unserved); i++) {
		const char *word = unserved[i];

		while (*word) {
			size_t size = strcspn(word, " ");

			if (is_meant(key, word, size))
				return true;
			word += size + strspn(word + size, " ");
		}
	}
	return false;
}

/* Of what is not done here there is nothing to switch off. */
static bool switches_off(const char *value)
{
	return value && (str_parse_bool(value) == 0 || str_equal(value, "none"));
}

/* What the kernel and its init have agreed upon for decades, and systemd with them. */
static bool is_for_init(const char *word)
{
	return str_list_has("single,s,S,1,2,3,4,5,emergency,rescue,auto,-b,-s", word);
}

static int add_init_argument(struct cmdline_parser *parser, const struct cmdline_word *word)
{
	_cleanup_free_ char *text = write_word(word->key, word->value);

	return text ? vec_push_copy(&parser->config->init_arguments, text) : -ENOMEM;
}

static int parse_word(struct cmdline_parser *parser, const struct cmdline_word *word)
{
	enum cmdline_key key = find_key(word->key);
	struct cmdline_argument argument = { .key = word->key, .value = word->value };

	if (word->is_open) {
		int r = warnings_add(&parser->config->warnings,
				     "the quote in %s is never closed, so it reaches to the end",
				     word->key);
		if (r < 0)
			return r;
	}
	if (key != KEY_UNKNOWN) {
		argument.constant = cmdline_rules[key].constant;
		return apply_word(parser, key, &argument);
	}
	if (is_unserved(word->key)) {
		if (!switches_off(word->value))
			add_word(&parser->unserved, word->key);
	} else if (str_after_prefix(word->key, "rd.")) {
		add_word(&parser->unknown, word->key);
	}
	return !word->value && is_for_init(word->key) ? add_init_argument(parser, word) : 0;
}

static bool is_end(const struct cmdline_word *word)
{
	return !word->value && str_equal(word->key, "--");
}

static int parse_line(struct cmdline_parser *parser, char *line)
{
	struct cmdline_word word;
	int r = 0;

	memset(parser->said, 0, sizeof(parser->said));
	while (r >= 0 && cmdline_word_next(&line, &word) && !is_end(&word))
		r = parse_word(parser, &word);
	if (r >= 0)
		r = note_overruled(parser);
	/* As in the kernel, a second "--" ends these, too. */
	while (r >= 0 && cmdline_word_next(&line, &word) && !is_end(&word))
		r = add_init_argument(parser, &word);
	return r;
}

/* --- what is only known at the end --- */

static int set_mount(struct boot_config *config, const char *key, const char *text,
		     const char *types, struct device_spec *field)
{
	struct device_spec spec;
	int r = device_spec_parse_mount(text, types, &spec);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return cmdline_complain_of_device(config, key, text, r);
	device_spec_done(field);
	*field = spec;
	return 0;
}

/* The words of systemd that are no device, dissect, fstab and off, are told as such. */
static int finish_usr(struct cmdline_parser *parser)
{
	struct boot_config *config = parser->config;
	const char *types = config->usrfstype ? config->usrfstype : config->rootfstype;
	int r;

	config->usr_is_given = parser->usr != NULL;
	if (!config->usr_is_given)
		return 0;
	r = set_mount(config, "mount.usr", parser->usr, types, &config->usr);
	if (config->usr.kind != DEVICE_SPEC_GPT_AUTO)
		return r;
	device_spec_done(&config->usr);
	return warnings_add(&config->warnings,
			    "mount.usr=%s is not looked for: only the root is found by the type of "
			    "its partition, ignoring it",
			    parser->usr);
}

/* With genkernel, root= may be missing or name a RAM disk of old. */
static bool is_root_of_genkernel(const struct boot_config *config)
{
	return config->luks.root.device &&
	       (config->root.kind == DEVICE_SPEC_NONE || str_equal(config->root.text, "/dev/ram0"));
}

/* What its root= means is for the script to know. */
static int refuse_boot_script(struct cmdline_parser *parser)
{
	struct boot_config *config = parser->config;

	device_spec_done(&config->root);
	config->root_is_given = true;
	return warnings_add(
		&config->warnings,
		"boot=%s has the root found by a script of Debian's initramfs-tools, which is not "
		"in this image, so no root is looked for: remove that word, and name the root "
		"with root=",
		parser->boot_script);
}

static int finish_mounts(struct cmdline_parser *parser)
{
	struct boot_config *config = parser->config;
	const char *root;
	int r = 0;

	config->root_is_given = parser->roots.n_items > 0 || parser->real_root;
	vec_for_each(root, &parser->roots) {
		if (r >= 0)
			r = set_mount(config, "root", root, config->rootfstype, &config->root);
	}
	if (r >= 0 && parser->real_root)
		r = set_mount(config, "real_root", parser->real_root, config->rootfstype,
			      &config->root);
	if (r >= 0 && is_root_of_genkernel(config) && !parser->real_root) {
		r = set_mount(config, "root", "/dev/mapper/root", NULL, &config->root);
		config->root_is_given = true;
	}
	if (r >= 0 && parser->boot_script)
		r = refuse_boot_script(parser);
	return r < 0 ? r : finish_usr(parser);
}

static int finish(struct cmdline_parser *parser)
{
	struct boot_config *config = parser->config;
	int r = finish_mounts(parser);

	config->timeout_usec = MAX(config->timeout_usec, parser->rootdelay_usec);
	if (r >= 0)
		r = luks_config_finish(&config->luks, &config->warnings);
	if (r >= 0 && parser->unknown.size > 0)
		r = warnings_add(&config->warnings, "not known here, so ignored: %s",
				 strbuf_string(&parser->unknown));
	if (r >= 0 && parser->unserved.size > 0)
		r = warnings_add(&config->warnings, "asked for, but not done here: %s",
				 strbuf_string(&parser->unserved));
	return r < 0 || parser->unknown.failed || parser->unserved.failed ? -ENOMEM : 0;
}

int cmdline_parse(const char *text, struct boot_config *ret_config)
{
	_cleanup_free_ char *copy = strdup(text);
	struct cmdline_parser parser = { .config = ret_config };
	char *rest = copy, *line;
	int r = copy ? 0 : -ENOMEM;

	*ret_config = (struct boot_config){
		.timeout_usec = DEFAULT_TIMEOUT_SEC * USEC_PER_SEC,
		.fstab_enabled = true,
		.resume_enabled = true,
		.luks = { .enabled = true, .crypttab_enabled = true },
		.shell_enabled = true,
	};
	while (r >= 0 && (line = strsep(&rest, "\n")))
		r = parse_line(&parser, line);
	if (r >= 0)
		r = finish(&parser);
	vec_done(&parser.roots, NULL);
	strbuf_done(&parser.unknown);
	strbuf_done(&parser.unserved);
	return r;
}

void boot_config_done(struct boot_config *config)
{
	device_spec_done(&config->root);
	device_spec_done(&config->root_fallback);
	free(config->rootfstype);
	free(config->rootflags);
	free(config->init);
	device_spec_done(&config->usr);
	free(config->usrfstype);
	free(config->usrflags);
	device_spec_done(&config->resume);
	vec_done(&config->modules, free);
	vec_done(&config->modules_first, free);
	vec_done(&config->modules_blacklist, free);
	vec_done(&config->blacklist_keys, free);
	luks_config_done(&config->luks);
	vconsole_done(&config->vconsole);
	free(config->console);
	vec_done(&config->init_arguments, free);
	vec_done(&config->warnings, free);
	*config = (struct boot_config){ 0 };
}
