/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct crypt_options;
struct strbuf;

/* Appends what the unlock helper obeys of the options, as crypttab(5) writes it. Pure. */
void unlock_options_append(const struct crypt_options *options, struct strbuf *buf);
