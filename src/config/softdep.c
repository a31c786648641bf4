/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libkmod reads modprobe.d(5) itself, whatever the order there, and gives what comes before first.
 * In v30 as in v34 there is nothing between the two: "pre: a bpost: c".
 */
#include "config/softdep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define PRE  "pre: "
#define POST "post: "

int softdep_parse(const char *text, struct softdep *ret_softdep)
{
	const char *post = strstr(text, POST);
	size_t pre_size = post ? (size_t)(post - text) : strlen(text);
	struct softdep softdep = { .post = strdup(post ? post + strlen(POST) : "") };

	if (str_after_prefix(text, PRE))
		softdep.pre = strndup(text + strlen(PRE), pre_size - strlen(PRE));
	else
		softdep.pre = strdup("");
	if (!softdep.pre || !softdep.post) {
		softdep_done(&softdep);
		return -ENOMEM;
	}
	*ret_softdep = softdep;
	return 0;
}

void softdep_done(struct softdep *softdep)
{
	free(softdep->pre);
	free(softdep->post);
	*softdep = (struct softdep){ 0 };
}
