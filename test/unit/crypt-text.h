/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/strbuf.h"
#include "config/crypt-volume.h"
#include "config/device-spec.h"
#include "config/key-source.h"

/* Appends "uuid:1234", "partuuid:1234+1"; nothing for none. */
void append_device(struct strbuf *buf, const struct device_spec *spec);

/* Appends "/path", "/path@label:keys" or "@label:keys", and "(vfat)" for a type. */
void append_key(struct strbuf *buf, const struct key_source *source);

/* Appends the options that differ from the defaults, each with a space before it. */
void append_options(struct strbuf *buf, const struct crypt_options *options);

/* Appends "name device key options;", without what is not there. */
void append_volume(struct strbuf *buf, const struct crypt_volume *volume);

/* Appends "!sentence;" for each. */
void append_warnings(struct strbuf *buf, const struct vec *warnings);
