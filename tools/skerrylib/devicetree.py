# SPDX-License-Identifier: BSD-2-Clause
"""The flattened device tree that a VM finds, made from the same description as its windows and
interrupts, so that the two cannot disagree. guest.py calls it. Bindings: Linux,
Documentation/devicetree/bindings/."""

import libfdt

from .devices import GICD_SIZE, GICR_SIZE, PHYSICAL_TIMER_PPI, VIRTUAL_TIMER_PPI
from .schema import Problem

ROOM = 60 << 10  # of the 64 KiB that guest.py keeps for it
MINIMUM = 40   # bytes of a tree's header
PHANDLE_GIC, PHANDLE_CLOCK = 1, 2
GIC_SPI, GIC_PPI = 0, 1
LEVEL_HIGH = 4
CLOCK_HZ = 24_000_000
# Secure, non-secure, virtual, hypervisor timer: the binding fixes the order.
TIMER_PPIS = (29, PHYSICAL_TIMER_PPI, VIRTUAL_TIMER_PPI, 26)


class Tree:
    """A thin layer over libfdt's sequential writer."""

    def __init__(self):
        self.fdt = libfdt.FdtSw()
        self.fdt.resize(ROOM)
        self.fdt.finish_reservemap()

    def cells(self, name, *values):
        self.fdt.property(name, b"".join(value.to_bytes(4, "big") for value in values))

    def pairs(self, name, *values):
        """Values of two cells each."""
        self.fdt.property(name, b"".join(value.to_bytes(8, "big") for value in values))

    def strings(self, name, *values):
        self.fdt.property(name, b"".join(value.encode() + b"\0" for value in values))

    def flag(self, name):
        self.fdt.property(name, b"")

    def interrupt(self, intid, trigger=LEVEL_HIGH):
        self.cells("interrupts", GIC_SPI, intid - 32, trigger)

    def finish(self):
        fdt = self.fdt.as_fdt()
        fdt.pack()
        return bytes(fdt.as_bytearray()[:fdt.totalsize()])


def mpidr(vcpu):
    """Affinity of a vCPU: 16 to a cluster, since a target list of ICC_SGI1R_EL1 has 16 bits."""
    return vcpu // 16 << 8 | vcpu % 16


def _chosen(tree, vm, initrd, seed):
    with tree.fdt.add_node("chosen"):
        uart = next((device for device in vm.device if device.kind == "pl011"), None)
        if uart is not None:
            tree.strings("stdout-path", f"/pl011@{uart.address:x}")
        tree.strings("bootargs", vm.command_line)
        if initrd is not None:
            tree.pairs("linux,initrd-start", initrd.ipa)
            tree.pairs("linux,initrd-end", initrd.ipa + len(initrd.content))
        tree.fdt.property("kaslr-seed", seed[:8])
        tree.fdt.property("rng-seed", seed[8:64])


def _memory(tree, vm):
    for region in vm.memory:
        if region.hidden or not region.write:
            continue
        with tree.fdt.add_node(f"memory@{region.address:x}"):
            tree.strings("device_type", "memory")
            tree.pairs("reg", region.address, region.size)


def _cpus(tree, vm):
    with tree.fdt.add_node("cpus"):
        tree.cells("#address-cells", 1)
        tree.cells("#size-cells", 0)
        for vcpu in range(vm.vcpus):
            with tree.fdt.add_node(f"cpu@{mpidr(vcpu):x}"):
                tree.strings("device_type", "cpu")
                tree.strings("compatible", "arm,armv8")
                tree.cells("reg", mpidr(vcpu))
                if any(device.kind == "psci" for device in vm.device):
                    tree.strings("enable-method", "psci")


def _timer(tree):
    with tree.fdt.add_node("timer"):
        tree.strings("compatible", "arm,armv8-timer")
        tree.cells("interrupts", *(cell for ppi in TIMER_PPIS
                                   for cell in (GIC_PPI, ppi - 16, LEVEL_HIGH)))
        tree.flag("always-on")


def _clock(tree):
    with tree.fdt.add_node("apb-pclk"):
        tree.strings("compatible", "fixed-clock")
        tree.cells("#clock-cells", 0)
        tree.cells("clock-frequency", CLOCK_HZ)
        tree.strings("clock-output-names", "clk24mhz")
        tree.cells("phandle", PHANDLE_CLOCK)


def _psci(tree, _vm, _device):
    with tree.fdt.add_node("psci"):
        tree.strings("compatible", "arm,psci-1.0", "arm,psci-0.2")
        tree.strings("method", "hvc")


def _gicv3(tree, vm, device):
    with tree.fdt.add_node(f"interrupt-controller@{device.address:x}"):
        tree.strings("compatible", "arm,gic-v3")
        tree.cells("#interrupt-cells", 3)
        tree.flag("interrupt-controller")
        tree.pairs("reg", device.address, GICD_SIZE, device.redistributors,
                   vm.vcpus * GICR_SIZE)
        tree.cells("phandle", PHANDLE_GIC)


def _primecell(tree, device, *clock_names):
    with tree.fdt.add_node(f"{device.kind}@{device.address:x}"):
        tree.strings("compatible", f"arm,{device.kind}", "arm,primecell")
        tree.pairs("reg", device.address, 0x1000)
        tree.interrupt(device.interrupt)
        tree.cells("clocks", *[PHANDLE_CLOCK] * len(clock_names))
        tree.strings("clock-names", *clock_names)


def _pl011(tree, _vm, device):
    _primecell(tree, device, "uartclk", "apb_pclk")


def _pl031(tree, _vm, device):
    _primecell(tree, device, "apb_pclk")


def _window(tree, _vm, device):
    if device.compatible is None:
        return
    with tree.fdt.add_node(f"device@{device.address:x}"):
        tree.strings("compatible", *device.compatible)
        tree.pairs("reg", device.address, device.size)
        if device.interrupt is not None:
            tree.interrupt(device.interrupt)


NODES = {"psci": _psci, "gicv3": _gicv3, "pl011": _pl011, "pl031": _pl031, "window": _window}


def devicetree_make(vm, initrd, seed):
    """The tree's bytes. `initrd` is a piece of guest.py or None; the seeds make a guest's
    randomness repeatable: a pack of the same description is the same bytes."""
    tree = Tree()
    with tree.fdt.add_node(""):
        tree.strings("compatible", "linux,dummy-virt")
        tree.strings("model", f"Skerry {vm.name}")
        tree.cells("#address-cells", 2)
        tree.cells("#size-cells", 2)
        if any(device.kind == "gicv3" for device in vm.device):
            tree.cells("interrupt-parent", PHANDLE_GIC)
        _chosen(tree, vm, initrd, seed)
        _memory(tree, vm)
        _cpus(tree, vm)
        if vm.timer:
            _timer(tree)
        if any(device.kind in ("pl011", "pl031") for device in vm.device):
            _clock(tree)
        for device in vm.device:
            if device.kind in NODES:
                NODES[device.kind](tree, vm, device)
    return tree.finish()


def devicetree_check(content, key):
    """Refuses a user's own file that is no flattened device tree."""
    tree = bytearray(content)
    if len(tree) < MINIMUM or libfdt.fdt_check_full(tree, len(tree)) != 0:
        raise Problem(key, "it is no flattened device tree", "compile it with dtc -O dtb")
