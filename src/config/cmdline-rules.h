/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "config/cmdline.h"
#include "kindling/cmdline-keys.h"

enum cmdline_key {
#define KEY(identifier, spellings, form, meaning) KEY_##identifier,
#define SECTION(title)
	CMDLINE_KEYS(KEY, SECTION)
#undef KEY
#undef SECTION
		KEY_UNKNOWN,
};

/* A word as it was written; the key is NULL if it was not. */
struct cmdline_said {
	const char *key, *value;
};

/* What the parser of a command line has in hand. The strings are parts of the text. */
struct cmdline_parser {
	struct boot_config *config;
	struct cmdline_said said[KEY_UNKNOWN]; /* last in the line that is being parsed */
	struct vec roots; /* char *, values of root=: rootfstype= tells what they mean */
	const char *real_root, *usr;
	const char *boot_script; /* that stands for a root which nothing here can find */
	uint64_t rootdelay_usec;
	struct strbuf unknown;  /* rd.* words that nobody knows: "rd.a, rd.b" */
	struct strbuf unserved; /* words that ask for what is not done here */
};

/* A word whose key is known. */
struct cmdline_argument {
	const char *key;   /* as it was written */
	const char *value; /* NULL without "=" */
	int constant;      /* of the rule */
};

/* What a rule does; @field is the member of boot_config that the rule names. 0 or -ENOMEM. */
typedef int (*cmdline_rule_fn)(struct cmdline_parser *parser, void *field,
			       const struct cmdline_argument *argument);

enum cmdline_repetition {
	CMDLINE_ADDS_UP,
	CMDLINE_SINGLE, /* of two different values only one can be meant */
	CMDLINE_SWITCH, /* the same, and each key of the member stands for a value: ro and rw */
};

struct cmdline_rule {
	enum cmdline_repetition repetition;
	cmdline_rule_fn apply;
	size_t offset, size; /* of the member of boot_config */
	int constant;
};

/* Says that a device was not understood, by the error of device_spec_parse(). 0 or -ENOMEM. */
int cmdline_complain_of_device(struct boot_config *config, const char *key, const char *text,
			       int error);

/* One for each key; for src/config/cmdline.c alone. */
extern const struct cmdline_rule cmdline_rules[KEY_UNKNOWN];
