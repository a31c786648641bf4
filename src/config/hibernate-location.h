/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "config/device-spec.h"

/* The variable of the firmware in which systemd leaves where it has hibernated to. */
#define HIBERNATE_LOCATION_VARIABLE "HibernateLocation-8cf2644b-4b0b-428f-9387-6d876050dc67"

/*
 * Parses its text, a JSON object such as {"uuid":"…","offset":0,…}: the device, and where on it the
 * image begins. 0, -EINVAL for what is no such object, or -ENOMEM.
 */
int hibernate_location_parse(const char *text, struct device_spec *ret_device,
			     uint64_t *ret_offset_pages);
