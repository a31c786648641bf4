/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/vec.h"
#include "image/host/host.h"

/* What libkmod finds for a need, and so what /init will find at boot. */
struct host_answer {
	bool is_met;        /* the indexes know it, built in or not */
	struct vec choices; /* struct vec *: paths of modules, one of each of which has to be */
	struct vec paths;   /* char *: of all these and what they depend on */
};

/*
 * Asks libkmod, with the indexes of @modules_dir and nothing else, for each of the host's needs;
 * @ret_answers has a struct host_answer * for each of them, in their order. @modules_dir may be
 * damaged: -EBADMSG then, not logged; or -ENOMEM or another error of the system. In any case the
 * caller ends with host_answers_done().
 */
int host_lookup(const char *modules_dir, const struct host *host, struct vec *ret_answers);
void host_answers_done(struct vec *answers);
