/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keyboards on all that they hang from, consoles, and TPMs. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "expect-host.h"
#include "fake-machine.h"
#include "support.h"

#define LETTERS "10000 0 e080ffdf01cfffff fffffffffffffffe\n"

static int set_up(void **state)
{
	fake_machine_new();
	fake_machine_device(&(struct fake_device){ "pci0000:00/0000:00:17.0", "pci", "pci:ahci",
						   "ahci", "ahci" });
	fake_machine_block("pci0000:00/0000:00:17.0/block/sda", "8:0");
	fake_machine_text("proc/self/mountinfo", FAKE_ROOT_MOUNT("8:0", "ext4", "/dev/sda"));
	return 0;
}

static void add_ps2_keyboard(void)
{
	fake_machine_device(&(struct fake_device){ "platform/i8042", "platform", "platform:i8042",
						   "i8042", NULL });
	fake_machine_device(&(struct fake_device){ "platform/i8042/serio0", "serio",
						   "serio:ty06pr00id00ex00", "atkbd", "atkbd" });
	fake_machine_input("platform/i8042/serio0/input/input3", "AT Set 2 keyboard\n", LETTERS);
}

static void add_usb_keyboard(void)
{
	static const char interface[] = "pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0";

	fake_machine_device(&(struct fake_device){ "pci0000:00/0000:00:14.0", "pci", "pci:xhci",
						   "xhci_hcd", "xhci_pci" });
	fake_machine_device(
		&(struct fake_device){ interface, "usb", "usb:v046DpC31C", "usbhid", "usbhid" });
	fake_machine_device(&(struct fake_device){
		"pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/0003:046D:C31C.0001", "hid",
		"hid:b0003g0001v0000046Dp0000C31C", "hid-generic", "hid_generic" });
	fake_machine_input("pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/0003:046D:C31C.0001/input/"
			   "input7",
			   "USB\tKeyboard\n", LETTERS);
}

static void encrypt_root(void)
{
	fake_machine_mapped("dm-0", "253:0", "root", "CRYPT-LUKS2-x",
			    "pci0000:00/0000:00:17.0/block/sda");
	fake_machine_text("proc/self/mountinfo",
			  FAKE_ROOT_MOUNT("253:0", "ext4", "/dev/mapper/root"));
}

static void test_ps2(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	add_ps2_keyboard();
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_ALIAS, "serio:ty06pr00id00ex00", false,
		    "the driver of the PS/2 port serio0, which the keyboard \"AT Set 2 keyboard\" "
		    "hangs from");
	expect_need(&host, HOST_NEED_MODULE, "atkbd", false, NULL);
	/* Its driver makes the device by itself, so no alias leads to it. */
	expect_need(&host, HOST_NEED_MODULE, "i8042", false, NULL);
	expect_no_need(&host, HOST_NEED_ALIAS, "input:b0003v0000p0000e0000-e0,1,k1");
}

static void test_usb(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	add_usb_keyboard();
	read_machine(&host);
	expect_need(&host, HOST_NEED_ALIAS, "hid:b0003g0001v0000046Dp0000C31C", false,
		    "the driver of the HID device 0003:046D:C31C.0001, which the keyboard "
		    "\"USB?Keyboard\" hangs from");
	expect_need(&host, HOST_NEED_MODULE, "usbhid", false, NULL);
	expect_need(&host, HOST_NEED_MODULE, "xhci_pci", false, NULL);
}

/* With what signals its keys. */
static void test_i2c(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_device(&(struct fake_device){ "pci0000:00/0000:00:15.0", "pci", "pci:lpss",
						   "intel-lpss", "intel_lpss_pci" });
	fake_machine_device(&(struct fake_device){ "pci0000:00/0000:00:15.0/i2c_designware.0",
						   "platform", "platform:i2c_designware",
						   "i2c_designware", "i2c_designware_platform" });
	fake_machine_device(
		&(struct fake_device){ "pci0000:00/0000:00:15.0/i2c_designware.0/i2c-1/i2c-ELAN:00",
				       "i2c", "acpi:ELAN", "i2c_hid_acpi", "i2c_hid_acpi" });
	fake_machine_input("pci0000:00/0000:00:15.0/i2c_designware.0/i2c-1/i2c-ELAN:00/"
			   "0018:04F3:31AA.0001/input/input12",
			   "\n", LETTERS);
	fake_machine_device(&(struct fake_device){ "platform/INTC1055:00", "platform",
						   "acpi:INTC1055", "tigerlake-pinctrl",
						   "pinctrl_tigerlake" });
	fake_machine_text("sys/devices/platform/INTC1055:00/gpiochip0/uevent", "\n");
	fake_machine_link("sys/bus/gpio/devices/gpiochip0",
			  "sys/devices/platform/INTC1055:00/gpiochip0");
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_MODULE, "i2c_hid_acpi", false,
		    "the driver of the I2C device i2c-ELAN:00, which the keyboard input12 hangs "
		    "from");
	expect_need(&host, HOST_NEED_MODULE, "i2c_designware_platform", false, NULL);
	expect_need(&host, HOST_NEED_MODULE, "intel_lpss_pci", false, NULL);
	expect_need(&host, HOST_NEED_MODULE, "pinctrl_tigerlake", false,
		    "the driver of the device INTC1055:00, which the GPIO chip gpiochip0 of "
		    "keyboards hangs from");
}

struct keys_row {
	const char *name;
	const char *keys;
	bool is_keyboard;
};

static const struct keys_row keys_rows[] = {
	{ "all keys", LETTERS, true },
	{ "words of 32 bits", "1f 0 e080ffdf 1cfffff ffffffff fffffffe\n", true },
	{ "one word", "fffffffe\n", true },
	{ "bit 0 as well", "ffffffff\n", true },
	{ "one letter is missing", "fffffffffffffffe fffffffefffffffc\n", false },
	{ "power button", "10000000000000 0\n", false },
	{ "mouse", "ff0000 0 0 0 0\n", false },
	{ "letters in a higher word", "fffffffffffffffe 0\n", false },
	{ "none", "0\n", false },
	{ "empty", "\n", false },
	{ "no number", "x y\n", false },
};

static void test_keys(void **state)
{
	const struct keys_row *row = *state;
	_cleanup_host_ struct host host = { 0 };

	fake_machine_device(
		&(struct fake_device){ "platform/keys", "platform", "platform:keys", NULL, NULL });
	fake_machine_input("platform/keys/input/input0", "keys\n", row->keys);
	read_machine(&host);
	if (row->is_keyboard)
		expect_need(&host, HOST_NEED_ALIAS, "platform:keys", false, NULL);
	else
		expect_no_need(&host, HOST_NEED_ALIAS, "platform:keys");
}

/* What a program provides is not there when the machine starts. */
static void test_without_hardware(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_device(&(struct fake_device){ "virtual/misc/uhid/0005:046D:B35B.0002", "hid",
						   "hid:b0005g0001", "hid-generic",
						   "hid_generic" });
	fake_machine_input("virtual/misc/uhid/0005:046D:B35B.0002/input/input9", "Bluetooth\n",
			   LETTERS);
	read_machine(&host);
	expect_no_need(&host, HOST_NEED_ALIAS, "hid:b0005g0001");
}

static void test_only_keyboard_of_encrypted_root(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	encrypt_root();
	add_ps2_keyboard();
	read_machine(&host);
	expect_need(&host, HOST_NEED_MODULE, "atkbd", true, NULL);
}

static void test_one_of_two_keyboards(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	encrypt_root();
	add_ps2_keyboard();
	add_usb_keyboard();
	read_machine(&host);
	expect_need(&host, HOST_NEED_MODULE, "atkbd", false, NULL);
	expect_need(&host, HOST_NEED_MODULE, "usbhid", false, NULL);
}

/* tty0 is on a screen, hvc0 on nothing that sysfs tells of, and what is on ttyS1 is none. */
static void test_consoles(void **state)
{
	static const char *const lines[] = { "pci0000:00/0000:00:1c.0/tty/ttyS4",
					     "pci0000:00/0000:00:1d.0/tty/ttyS1",
					     "virtual/tty/tty0", "virtual/tty/hvc0" };
	_cleanup_host_ struct host host = { 0 };

	fake_machine_device(&(struct fake_device){ "pci0000:00/0000:00:1c.0", "pci", "pci:exar",
						   "exar_serial", "8250_exar" });
	fake_machine_device(&(struct fake_device){ "pci0000:00/0000:00:1d.0", "pci", "pci:other",
						   "other_serial", "8250_other" });
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char link[64], path[96];

		(void)snprintf(link, sizeof(link), "sys/class/tty/%s", str_basename(lines[i]));
		(void)snprintf(path, sizeof(path), "sys/devices/%s", lines[i]);
		fake_machine_link(link, path);
	}
	fake_machine_text("sys/class/tty/console/active", "tty0 hvc0 ttyUSB0 ttyS4\n");
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_MODULE, "8250_exar", false,
		    "the driver of the PCI device 0000:00:1c.0, which the console ttyS4 hangs "
		    "from");
	expect_no_need(&host, HOST_NEED_MODULE, "8250_other");
}

static void test_tpm(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_device(&(struct fake_device){ "platform/MSFT0101:00", "platform",
						   "acpi:MSFT0101:", "tpm_crb", "tpm_crb" });
	fake_machine_text("sys/devices/platform/MSFT0101:00/tpm/tpm0/uevent", "\n");
	fake_machine_link("sys/class/tpm/tpm0", "sys/devices/platform/MSFT0101:00/tpm/tpm0");
	read_machine(&host);
	expect_need(&host, HOST_NEED_ALIAS, "acpi:MSFT0101:", false,
		    "the driver of the device MSFT0101:00, which the TPM tpm0 hangs from");
	expect_need(&host, HOST_NEED_MODULE, "tpm_crb", false, NULL);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_ps2);
	TEST(&list, test_usb);
	TEST(&list, test_i2c);
	TEST_ROWS(&list, test_keys, keys_rows);
	TEST(&list, test_without_hardware);
	TEST(&list, test_only_keyboard_of_encrypted_root);
	TEST(&list, test_one_of_two_keyboards);
	TEST(&list, test_consoles);
	TEST(&list, test_tpm);
	test_list_set_fixtures(&list, set_up, NULL);
	return test_list_run(&list);
}
