/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a line of crypttab asks for in vain, or why it is not obeyed at all. */
#include "config/crypt-served.h"

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "config/crypt-volume.h"
#include "config/crypttab.h"
#include "support.h"

struct row {
	const char *name, *line, *refusal, *unserved;
};

static const struct row rows[] = {
	{ "plain", "x /dev/sda none luks,discard,tries=0,key-slot=1,x-initrd.attach" },
	{ "no header", "x /dev/sda none plain",
	  "it has no LUKS header, and plain dm-crypt is not opened here" },
	{ "VeraCrypt", "x /dev/sda none tcrypt,veracrypt",
	  "volumes of TrueCrypt and VeraCrypt are not opened here" },
	{ "BitLocker", "x /dev/sda none bitlk", "volumes of BitLocker are not opened here" },
	{ "FileVault", "x /dev/sda none fvault2", "volumes of FileVault are not opened here" },
	{ "detached header", "x /dev/sda none luks,header=/h",
	  "its header is detached, and such ones are not read here" },
	{ "key file", "x /dev/sda /k luks", .unserved = "the key /k" },
	{ "key file elsewhere", "x /dev/sda /k:LABEL=keys luks",
	  .unserved = "the key /k on LABEL=keys" },
	{ "keyscript", "x /dev/sda k luks,keyscript=/bin/k", .unserved = "its keyscript" },
	{ "tokens", "x /dev/sda - tpm2-device=auto,fido2-device=auto,pkcs11-uri=auto" },
	{ "a token that the header does not tell of", "x /dev/sda - fido2-cid=AAAA",
	  .unserved = "fido2-cid=" },
	{ "measured", "x /dev/sda - tpm2-measure-pcr=yes", .unserved = "tpm2-measure-pcr=" },
	{ "passphrase", "x /dev/sda - try-empty-password,verify,headless,password-echo=yes" },
	{ "measured keyslot", "x /dev/sda - tpm2-measure-keyslot-nvpcr=cryptsetup",
	  .unserved = "tpm2-measure-keyslot-nvpcr=" },
	{ "device's timeout", "x /dev/sda - x-systemd.device-timeout=5" },
};

static void test_line(void **state)
{
	const struct row *row = *state;
	_cleanup_strbuf_ struct strbuf unserved = { 0 };
	const struct crypt_volume *volume;
	struct crypttab crypttab;

	assert_int_equal(crypttab_parse(row->line, &crypttab), 0);
	assert_int_equal(crypttab.volumes.n_items, 1);
	volume = crypttab.volumes.items[0];
	if (row->refusal)
		assert_string_equal(crypt_served_refuse(volume), row->refusal);
	else
		assert_null(crypt_served_refuse(volume));
	crypt_served_append_unserved(volume, &unserved);
	assert_string_equal(strbuf_string(&unserved), row->unserved ? row->unserved : "");
	crypttab_done(&crypttab);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_line, rows);
	return test_list_run(&list);
}
