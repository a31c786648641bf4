/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/header-check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "unlock/header-rules.h"

/* What the header says ends up on a terminal, so only what prints is taken from it. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static void _printf_(4, 0)
	write_sentence(char *buf, size_t size, const char *field, const char *format, va_list args)
{
	int n = snprintf(buf, size, "%s ", field);

	if (n >= 0 && (size_t)n < size)
		(void)vsnprintf(buf + n, size - (size_t)n, format, args);
	make_printable(buf);
}

int header_refuse(struct header_verdict *verdict, const char *field, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_sentence(verdict->text, sizeof(verdict->text), field, format, args);
	va_end(args);
	return -EBADMSG;
}

void keyslot_leave_out(struct header_keyslot *keyslot, const char *field, const char *format, ...)
{
	va_list args;

	if (keyslot->is_left_out)
		return;
	keyslot->is_left_out = true;
	va_start(args, format);
	write_sentence(keyslot->reason, sizeof(keyslot->reason), field, format, args);
	va_end(args);
}

void keyslot_check_iterations(struct header_keyslot *keyslot, const char *field,
			      uint64_t iterations, const struct luks_limits *limits)
{
	if (iterations > limits->kdf_iterations)
		keyslot_leave_out(keyslot, field,
				  "asks for %" PRIu64 " iterations, more than the %" PRIu64
				  " that this image allows",
				  iterations, limits->kdf_iterations);
}

int digest_check_iterations(struct header_verdict *verdict, const char *field, uint64_t iterations,
			    const struct luks_limits *limits)
{
	if (iterations <= limits->kdf_iterations)
		return 0;
	return header_refuse(verdict, field,
			     "asks for %" PRIu64 " iterations, more than the %" PRIu64
			     " that this image allows",
			     iterations, limits->kdf_iterations);
}

const char *memory_text(uint64_t kib, char buf[32])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;

	/* As far as it stays a number that two decimals would not tell more exactly. */
	for (; unit + 1 < ARRAY_SIZE(units) && kib > 0 && (kib % 1024 == 0 || kib >= 10240); unit++)
		kib /= 1024;
	(void)snprintf(buf, 32, "%" PRIu64 " %s", kib, units[unit]);
	return buf;
}

/* At least one must be left to try; what it takes in memory is the verdict's. */
static int count_keyslots(struct header_verdict *verdict)
{
	const struct header_keyslot *left_out = NULL;
	size_t n_kept = 0;

	for (size_t i = 0; i < HEADER_KEYSLOTS_MAX; i++) {
		const struct header_keyslot *keyslot = &verdict->keyslots[i];

		if (keyslot->is_active && keyslot->is_left_out && !left_out)
			left_out = keyslot;
		if (!keyslot->is_active || keyslot->is_left_out)
			continue;
		n_kept++;
		verdict->memory_kib = MAX(verdict->memory_kib, keyslot->memory_kib);
	}
	if (n_kept > 0)
		return 0;
	if (!left_out)
		return header_refuse(verdict, "keyslots", "hold no key of this volume");
	(void)snprintf(verdict->text, sizeof(verdict->text), "%s, and no other keyslot is left",
		       left_out->reason);
	return -EBADMSG;
}

int header_check(const uint8_t *bytes, size_t size, const struct header_context *context,
		 struct header_verdict *ret_verdict)
{
	static const uint8_t luks1[] = { 'L', 'U', 'K', 'S', 0xba, 0xbe, 0, 1 };
	int r;

	*ret_verdict = (struct header_verdict){ 0 };
	ret_verdict->is_luks2 = size < sizeof(luks1) || memcmp(bytes, luks1, sizeof(luks1)) != 0;
	r = ret_verdict->is_luks2 ? luks2_check(bytes, size, context, ret_verdict)
				  : luks1_check(bytes, size, context, ret_verdict);
	return r < 0 ? r : count_keyslots(ret_verdict);
}
