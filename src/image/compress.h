/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/sink.h"

/* One zstd frame on its way to a sink. */
struct compressor;

/*
 * @workers threads, at least one, share the work where the library can; how many there are does
 * not change the result. 0, -ENOMEM, or -EINVAL if the library does not take @level.
 */
int compressor_new(int level, unsigned int workers, struct sink sink,
		   struct compressor **ret_compressor);
struct compressor *compressor_free(struct compressor *compressor);

/* Takes the next bytes, as a sink_cb with the compressor for user data. May block on the workers.
 */
int compressor_write(void *userdata, const void *data, size_t size);

/* Ends the frame; what is still inside goes to the sink. */
int compressor_finish(struct compressor *compressor);
