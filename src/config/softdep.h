/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Modules or aliases, separated by blanks, "" for none; the caller's to free. */
struct softdep {
	char *pre;  /* wanted before the module itself */
	char *post; /* and after it */
};

#define _cleanup_softdep_ __attribute__((cleanup(softdep_done)))

/*
 * Takes a soft dependency apart, without the name of the module, as kmod_config_get_softdeps(3)
 * gives it. 0 or -ENOMEM.
 */
int softdep_parse(const char *text, struct softdep *ret_softdep);

void softdep_done(struct softdep *softdep);
