/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/secret.h"

struct volume;

/*
 * Opens the volume by a token of its header, as the second helper does: each is tried once, by
 * itself again only if its hardware was not there, and with each PIN that somebody gives. @scratch
 * is for PINs. 0 if the volume is open, also because the first helper was faster; -ENOENT if no
 * token is left; or another negative errno. May block as long as a plug-in does.
 */
int tokens_serve(const struct volume *volume, struct secret *scratch);
