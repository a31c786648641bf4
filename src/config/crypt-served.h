/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct crypt_volume;
struct strbuf;

/* What of a volume's options /init does not obey yet; whoever makes it obey more, says so here. */

/* Why @volume cannot be opened at all, the end of a sentence; NULL if it can. */
const char *crypt_served_refuse(const struct crypt_volume *volume);

/* Appends what @volume asks for in vain, "the key /root.key, tpm2-measure-pcr="; or nothing. */
void crypt_served_append_unserved(const struct crypt_volume *volume, struct strbuf *buf);

/* The same, of what is to open it in place of a passphrase only. */
void crypt_served_append_unserved_keys(const struct crypt_volume *volume, struct strbuf *buf);
