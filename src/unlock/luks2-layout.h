/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct json_variant;

/* What the JSON part of a LUKS2 header may hold; and of one that is being re-encrypted. */
extern const struct json_variant luks2_layout, luks2_layout_reencrypting;
