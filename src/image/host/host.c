/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The facts about a machine, in the order in which their reasons matter: first what root is on,
 * then the volumes of crypttab, as it depends on what root is on which of them count, then
 * keyboards.
 */
#include "image/host/host.h"

#include "image/host/host-crypttab.h"
#include "image/host/host-goals.h"
#include "image/host/host-keyboard.h"
#include "image/host/host-needs.h"
#include "image/host/host-reader.h"

static int read_all(struct host_reader *reader)
{
	int r = 0;

	if (!reader->host->has_sysfs)
		r = host_add_gap(reader->host, true,
				 "there is no /sys here, so no device of this machine is known, "
				 "and the image gets only the drivers of common ones");
	if (r >= 0)
		r = host_goals_add(reader);
	if (r >= 0)
		r = host_crypttab_add(reader);
	return r < 0 ? r : host_keyboard_add(reader);
}

int host_read(const struct sysroot *sysroot, struct host *ret_host)
{
	struct host_reader reader;
	int r;

	*ret_host = (struct host){ 0 };
	host_reader_open(sysroot, ret_host, &reader);
	r = read_all(&reader);
	host_reader_close(&reader);
	return r;
}
