/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/host/host.h"

/*
 * What a device of that kind is, a noun, if Kindling's /init cannot set up such ones yet; whoever
 * teaches it one takes that away there. NULL if it can.
 */
const char *host_layer_refuse(enum host_layer_kind kind);
