/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Copies what the boot loader's stub has put into the image about signed states of the TPM to where
 * plug-ins for tokens look for it, and the host's systemd later. @root is that of the image: "",
 * but for tests. What cannot be copied is told.
 */
void stub_files_copy(const char *root);
