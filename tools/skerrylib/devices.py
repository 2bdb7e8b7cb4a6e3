# SPDX-License-Identifier: BSD-2-Clause
"""Turns each [[vm.device]] into what the kernel's tables hold: windows, trapped registers, SMCCC
ranges, interrupt lines and rights; and checks that what a VM sees does not collide. describe.py
calls it. A new kind of device is one entry in KINDS and one function."""

from types import SimpleNamespace as Entry

from .image import overlaps
from .schema import IPA_END, PAGE, Problem

PHYSICAL_TIMER_PPI, VIRTUAL_TIMER_PPI = 30, 27
GICD_SIZE = 0x10000
GICR_SIZE = 0x20000  # of one CPU: the RD and SGI frames
RIGHTS = {"irq": 1, "vcpu": 2, "power": 4}

# Rights (badges) under which gicd-server knows its three kinds of access.
GICV3_DISTRIBUTOR, GICV3_REDISTRIBUTORS, GICV3_REGISTERS = 0, 1, 2
# op0, op1, CRn, CRm, op2 of ICC_SGI1R_EL1, ICC_ASGI1R_EL1, ICC_SGI0R_EL1: the writes that
# ICH_HCR_EL2 cannot leave to the hardware (GICv3 specification, 12.3).
GICV3_SGI_REGISTERS = [(3, 0, 12, 11, 5), (3, 0, 12, 11, 6), (3, 0, 12, 11, 7)]


def _encoding(op0, op1, crn, crm, op2):
    """SYSREG_ENCODING of include/skerry/access.h."""
    return op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | crm << 1


def _window(system, vm, device, address, size, right):
    system.windows.append(Entry(key=device.key, ipa=address, size=size, offset=0, right=right,
                                vm=vm, server=device.owner))


def _line(system, vm, device):
    if device.interrupt is None and device.line is not None:
        raise Problem(f"{device.key}.line", "the device has no interrupt",
                      "give it one, or take line out")
    if device.interrupt is not None:
        handle = vm.number if device.line is None else device.line
        system.lines.append(Entry(key=device.key, intid=device.interrupt, handle=handle,
                                  server=device.owner, vm=vm, vcpu=0))


def _sysreg(system, vm, device, fields, right):
    system.sysregs.append(Entry(key=device.key, encoding=_encoding(*fields), right=right, vm=vm,
                                server=device.owner))


def _primecell(system, vm, device):
    """PL011, PL031: one page and one level interrupt."""
    _window(system, vm, device, device.address, PAGE, device.right)
    _line(system, vm, device)


def _gicv3(system, vm, device):
    if any(other.kind == "gicv3" and other is not device for other in vm.device):
        raise Problem(f"{device.key}.kind", "the VM has two interrupt controllers", "keep one")
    _window(system, vm, device, device.address, GICD_SIZE, GICV3_DISTRIBUTOR)
    _window(system, vm, device, device.redistributors, vm.vcpus * GICR_SIZE, GICV3_REDISTRIBUTORS)
    for fields in GICV3_SGI_REGISTERS:
        _sysreg(system, vm, device, fields, GICV3_REGISTERS)
    device.rights = ["irq"]


def _psci(system, vm, device):
    device.first = 0 if device.first is None else device.first
    device.last = 0xffffffff if device.last is None else device.last
    _smccc(system, vm, device)
    device.rights = ["vcpu", "power"]


def _smccc(system, vm, device):
    if device.first > device.last:
        raise Problem(f"{device.key}.last", "it is below first", "swap them")
    system.smcccs.append(Entry(key=device.key, first=device.first, last=device.last,
                               right=device.right, vm=vm, server=device.owner))


def _plain_window(system, vm, device):
    _window(system, vm, device, device.address, device.size, device.right)
    _line(system, vm, device)


# What traps of those with op0 3 (of op0 2: all): op1; CRn; CRm, op2: first and last.
TRAPPED = (
    (0, 1, (0, 0), (1, 1)),     # ACTLR_EL1
    (0, 5, (3, 5), (0, 7)),     # error records
    (0, 9, (12, 14), (0, 7)),   # PMU
    (3, 9, (12, 14), (0, 7)),
    (3, 14, (8, 15), (0, 7)),
    (0, 10, (4, 4), (0, 7)),    # LORegions
    (0, 12, (11, 11), (5, 7)),  # ICC_SGI1R_EL1, ICC_ASGI1R_EL1, ICC_SGI0R_EL1
    (3, 13, (2, 15), (0, 7)),   # AMU; and those that are IMPLEMENTATION DEFINED
    *((op1, crn, (0, 15), (0, 7)) for op1 in range(8) for crn in (11, 15)))


def _fits(register, row):
    (op1, crn, crm, op2), (row_op1, row_crn, row_crm, row_op2) = register, row
    return ((op1, crn) == (row_op1, row_crn) and row_crm[0] <= crm <= row_crm[1]
            and row_op2[0] <= op2 <= row_op2[1])


def _plain_sysreg(system, vm, device):
    if device.register[0] not in (2, 3) or device.register[1] > 7 or device.register[4] > 7:
        raise Problem(f"{device.key}.register", "there is no such register",
                      "write [op0, op1, CRn, CRm, op2] as the Arm ARM does")
    if device.register[:3] == [3, 0, 0] and device.register[3] <= 7:
        raise Problem(f"{device.key}.register", "an ID register is the kernel's",
                      "name another: docs/system.md says which")
    if device.register[0] == 3 and not any(_fits(device.register[1:], row) for row in TRAPPED):
        raise Problem(f"{device.key}.register", "it does not trap, so no access gets here",
                      "name another: docs/system.md says which")
    _sysreg(system, vm, device, device.register, device.right)


# kind: (function, keys it needs, keys it may have besides)
KINDS = {
    "pl011": (_primecell, ("address", "interrupt"), ("line", "right")),
    "pl031": (_primecell, ("address", "interrupt"), ("line", "right")),
    "gicv3": (_gicv3, ("address", "redistributors"), ()),
    "psci": (_psci, (), ("first", "last", "right")),
    "window": (_plain_window, ("address", "size"),
               ("interrupt", "line", "right", "rights", "compatible")),
    "sysreg": (_plain_sysreg, ("register",), ("right", "rights")),
    "smccc": (_smccc, ("first", "last"), ("right", "rights")),
}
OPTIONAL = ("address", "size", "redistributors", "interrupt", "line", "register", "first", "last",
            "compatible")


def _keys(device):
    _, needed, allowed = KINDS[device.kind]
    for name in OPTIONAL:
        present = getattr(device, name) is not None
        if name in needed and not present:
            raise Problem(f"{device.key}.{name}", "the key is missing", f"a {device.kind} needs it")
        if present and name not in needed + allowed:
            raise Problem(f"{device.key}.{name}", f"a {device.kind} has no such key", "remove it")
    if device.rights and "rights" not in allowed:
        raise Problem(f"{device.key}.rights", f"a {device.kind} has no such key", "remove it")
    if device.right and "right" not in allowed:
        raise Problem(f"{device.key}.right", f"a {device.kind} has no such key", "remove it")


def devices_expand(system, vm):
    for device in vm.device:
        _keys(device)
        device.owner = system.server(device.server, f"{device.key}.server")
        KINDS[device.kind][0](system, vm, device)
        if device.rights:
            _grant(system, vm, device)


def _grant(system, vm, device):
    """One entry for each server and VM, however many devices of it ask for rights."""
    bits = sum(RIGHTS[right] for right in set(device.rights))
    for right in system.rights:
        if right.server is device.owner and right.vm is vm:
            right.rights |= bits
            return
    system.rights.append(Entry(key=device.key, server=device.owner, vm=vm, rights=bits))


def _check_windows(vm, windows):
    for n, window in enumerate(windows):
        if window.ipa + window.size > IPA_END:
            raise Problem(f"{window.key}.address", "the window ends above 2^40",
                          "guest addresses have 40 bits")
        for other in windows[:n]:
            if overlaps(window.ipa, window.size, other.ipa, other.size):
                raise Problem(f"{window.key}.address", f"it overlaps the window of {other.key}",
                              "move one of them")
        for region in vm.memory:
            if overlaps(window.ipa, window.size, region.address, region.size):
                raise Problem(f"{window.key}.address", f"it overlaps {region.key}",
                              "move one of them")
            # An access across the end of RAM is reported with the second page's address alone,
            # and would be taken for one of the device.
            if overlaps(window.ipa, window.size, region.address - PAGE, region.size + 2 * PAGE):
                raise Problem(f"{window.key}.address", f"it is next to {region.key}",
                              "leave a page free between memory and a device")


def _check_calls(vm, smcccs, sysregs):
    for n, smccc in enumerate(smcccs):
        for other in smcccs[:n]:
            if smccc.first <= other.last and other.first <= smccc.last:
                raise Problem(f"{smccc.key}.first", f"it overlaps the functions of {other.key}",
                              f"VM {vm.name}: narrow one range by first and last")
    for n, sysreg in enumerate(sysregs):
        for other in sysregs[:n]:
            if sysreg.encoding == other.encoding:
                raise Problem(f"{sysreg.key}.register", f"{other.key} has this register",
                              "a register has one owner")


def _check_lines(system, vm):
    taken = {}
    for route in vm.routes:
        if route.virtual in taken:
            raise Problem(f"{route.key}.virtual",
                          f"{route.virtual} is also {taken[route.virtual]}'s",
                          "give each route an interrupt of its own")
        taken[route.virtual] = route.key
    for line in system.lines:
        if line.vm is not vm:
            continue
        if line.intid in taken:
            raise Problem(f"{line.key}.interrupt", f"{line.intid} is also {taken[line.intid]}'s",
                          "give each device an interrupt of its own")
        taken[line.intid] = line.key


def devices_check(system):
    for vm in system.vms:
        _check_windows(vm, [window for window in system.windows if window.vm is vm])
        _check_calls(vm, [smccc for smccc in system.smcccs if smccc.vm is vm],
                     [sysreg for sysreg in system.sysregs if sysreg.vm is vm])
        _check_lines(system, vm)
    handles = {}
    for line in system.lines:
        name = (line.server.number, line.handle)
        if name in handles:
            raise Problem(f"{line.key}.line",
                          f"server {line.server.name} uses {line.handle} for {handles[name]}",
                          "give this device a line of its own")
        handles[name] = line.key
