/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machines that Linux distributions are made for, and what else differs from one to the next.
 * One that is missing here works all the same, but for its multiarch directories and for entries
 * of ld.so.cache, which are then taken whatever machine they are for: the libraries tell.
 */
#include "image/elf/elf-machine.h"

#include <elf.h>
#include <stddef.h>

#include "base/macro.h"

#define MACHINE_LOONGARCH 258 /* EM_LOONGARCH, which the elf.h of glibc 2.35 and before lacks */

/* The last column is _DL_CACHE_DEFAULT_ID in glibc's sysdeps/unix/sysv/linux/MACHINE/dl-cache.h. */
static const struct elf_machine machines[] = {
	{ EM_X86_64, ELFCLASS64, ELFDATA2LSB, "x86_64", "x86_64-linux-gnu", 0x0303 },
	{ EM_X86_64, ELFCLASS32, ELFDATA2LSB, "x32", "x86_64-linux-gnux32", 0x0803 },
	{ EM_386, ELFCLASS32, ELFDATA2LSB, "i386", "i386-linux-gnu", 0x0003 },
	{ EM_AARCH64, ELFCLASS64, ELFDATA2LSB, "aarch64", "aarch64-linux-gnu", 0x0a03 },
	{ EM_ARM, ELFCLASS32, ELFDATA2LSB, "arm", "arm-linux-gnueabihf", 0x0903 },
	{ EM_RISCV, ELFCLASS64, ELFDATA2LSB, "riscv64", "riscv64-linux-gnu", 0x1003 },
	{ EM_PPC64, ELFCLASS64, ELFDATA2LSB, "ppc64le", "powerpc64le-linux-gnu", 0x0503 },
	{ EM_PPC64, ELFCLASS64, ELFDATA2MSB, "ppc64", "powerpc64-linux-gnu", 0x0503 },
	{ EM_S390, ELFCLASS64, ELFDATA2MSB, "s390x", "s390x-linux-gnu", 0x0403 },
	{ MACHINE_LOONGARCH, ELFCLASS64, ELFDATA2LSB, "loongarch64", "loongarch64-linux-gnu",
	  0x1203 },
};

const struct elf_machine *elf_machine_find(const struct elf *elf)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (elf->machine == machines[i].machine &&
		    elf->bytes.is_64bit == (machines[i].class == ELFCLASS64) &&
		    elf->bytes.is_big_endian == (machines[i].byte_order == ELFDATA2MSB))
			return &machines[i];
	return NULL;
}

const char *elf_machine_name(const struct elf *elf)
{
	const struct elf_machine *machine = elf_machine_find(elf);

	return machine ? machine->name : "unknown";
}
