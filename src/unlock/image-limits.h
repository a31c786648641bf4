/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct luks_limits;

/* What the image allows LUKS headers to ask for; what makes no sense there is told. 0 or -ENOMEM.
 */
int image_limits_read(struct luks_limits *ret_limits);
