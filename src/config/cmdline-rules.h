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

/* What the parser of a command line has in hand. The strings are parts of the text. */
struct cmdline_parser {
	struct boot_config *config;
	const char *said[KEY_UNKNOWN]; /* of single keys, in the line that is being parsed */
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

struct cmdline_rule {
	bool is_single; /* of two different values only one can be meant */
	cmdline_rule_fn apply;
	size_t offset; /* of the member of boot_config */
	int constant;
};

/* One for each key; for src/config/cmdline.c alone. */
extern const struct cmdline_rule cmdline_rules[KEY_UNKNOWN];
