/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct volume;

/* Which passphrase a volume is tried with next, and whether somebody is asked for it. */

/* Of a volume that is locked: hands over what is known, else asks. */
void passphrase_step(struct volume *volume);

/* What was tried last was wrong: says so, and what is next; without a try left the volume fails. */
void passphrase_refused(struct volume *volume);

/* What was tried last has opened the volume; other volumes may profit. */
void passphrase_accepted(struct volume *volume);

/* This volume's question is over, if it was the one that asked, and its answer is wiped. */
void passphrase_forget(struct volume *volume);

/* For the volume's timer of that name, and for unlock's. */
void passphrase_on_question_timeout(void *userdata);
void passphrase_on_delay_over(void *userdata);
