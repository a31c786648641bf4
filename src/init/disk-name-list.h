/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

struct sysfs_device;
struct worker_message;

/* The names of a device while they are collected. */
struct disk_name_list {
	struct worker_message *reply;
	char suffix[24]; /* "-part2" of a partition, or "" */
	int error;
};

/* Adds "TAG=" and what @format gives, with the suffix of a partition. */
void disk_name_list_add(struct disk_name_list *list, const char *tag, const char *format, ...)
	_printf_(3, 4);

/* The names in by-id of a whole disk, by its make and serial number. */
void disk_id_add(const struct sysfs_device *disk, struct disk_name_list *list);

/* Those in by-path, by where it is attached. */
void disk_path_add(const struct sysfs_device *disk, struct disk_name_list *list);
