/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Called for each setting, with the number of its line, counted from 1. A line that is no setting
 * has a NULL @key, and the line itself as @value. Strings are valid until it returns.
 * 0, or a negative errno that ends the parsing.
 */
typedef int (*keyfile_cb)(void *userdata, unsigned int line, const char *key, const char *value);

/*
 * Parses lines of "key = value". White space around either is dropped, and so are double quotes
 * around a whole value; empty lines and those that begin with '#' or ';' are passed over. What
 * @on_setting returns, or -ENOMEM.
 */
int keyfile_parse(const char *text, keyfile_cb on_setting, void *userdata);
