/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <sys/types.h>

/* What a file of that mode is, for people and for programs: "file", "directory", "link"… */
const char *file_type_name(mode_t mode);
