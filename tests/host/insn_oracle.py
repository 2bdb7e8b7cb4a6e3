#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
kernel/insn.c against binutils' disassembler: the class of a word and everything that was decoded
from it must be what objdump's text says. `insn_dump` (from insn_dump.c) is the other side.

  insn_oracle.py DUMP                    a sample: every combination of bits 31:21 and 15:10 of the
                                         load/store space with six fillings, and what lies outside
  insn_oracle.py DUMP --long             the class of all 2^30 words of that space; of all others,
                                         that they are no load or store
  insn_oracle.py DUMP --long --slice K/N the K-th of N parts of the former, K from 0
"""
import argparse
import array
import random
import re
import subprocess
import sys
import tempfile

OBJDUMP = ["aarch64-linux-gnu-objdump", "-b", "binary", "-m", "aarch64", "-D", "-z"]
NO_INDEX = "i31"

# Mnemonic to class. The first that matches the whole word decides.
CLASSES = [
    ("E", r"lda?x[rp][bh]?|stl?x[rp][bh]?|casp?a?l?[bh]?|swpa?l?[bh]?"),
    ("E", r"(ld|st)(add|clr|eor|set|[su]max|[su]min)a?l?[bh]?|ld64b|st64bv?0?"),
    ("A", r"ldr(s?[bh]|sw)?|str[bh]?"),
    ("A", r"(ldu|ldt|ldapu)r(s?[bh]|sw)?|st[utl]r[bh]?|stlur[bh]?|stllr[bh]?|ld(l?a|ap)r[bh]?"),
    ("A", r"(ld|st)n?p|ldpsw|(ld|st)[1-4]|ld[1-4]r"),
]
CLASSES = [(letter, re.compile(pattern)) for letter, pattern in CLASSES]
V_SIZE = {"b": 0, "h": 1, "s": 2, "d": 3, "q": 4}


def class_of(mnemonic, cache={}):
    if mnemonic not in cache:
        cache[mnemonic] = next((c for c, p in CLASSES if p.fullmatch(mnemonic)), "-")
    return cache[mnemonic]


def is_load_store(word):
    """Arm ARM C4.1: op0, bits 28:25, is x1x0."""
    return word >> 25 & 5 == 4


def canonical(word):
    """Forms that the manual leaves UNPREDICTABLE and objdump calls undefined, brought to those it
    does not: LDAR and its kin have ones in Rs and Rt2; CPY, SET and LDPSW (a check that objdump
    makes for no other pair) have registers that differ."""
    if word & 0x3fa00000 == 0x08800000:
        return word | 0x1f7c00
    if word & 0xfb200c00 == 0x19000400:
        return word & ~0x1f03ff | 2 << 16 | 1 << 5
    if word & 0xfe400000 == 0x68400000:
        return word & ~0x7fff | 2 << 10 | 1 << 5
    return word


def register(text):
    return 31 if text in ("sp", "wsp", "xzr", "wzr") else int(text[1:])


def number(text):
    return int(text.lstrip("#"), 0)


def address(operands):
    """(base, index text, mode, offset) of '[...]' and what follows it."""
    inside, after = re.fullmatch(r"\[([^]]*)\](.*)", operands).groups()
    base, *rest = [part.strip() for part in inside.split(",")]
    index, mode, offset = NO_INDEX, 0, 0
    if after.startswith("!"):
        mode = 1
    elif after:
        mode, rest = 2, [after.lstrip(", ")]
    if rest and rest[0].startswith("#"):
        offset = number(rest[0])
    elif rest:
        extend, _, amount = (rest[1] if len(rest) > 1 else "lsl #0").partition(" ")
        option = {"uxtw": 2, "lsl": 3, "uxtx": 3, "sxtw": 6, "sxtx": 7}[extend]
        shift = number(amount) if amount else 0
        index = f"i{register(rest[0])}.{option}.{shift}"
        index = NO_INDEX if index.startswith("i31") else index
    return register(base), index, mode, offset


def line(bank, rt, rt2, count, element, first, part, parts, fill, merge, write, sign, wide,
         where):
    base, index, mode, offset = where
    return (f"A {bank}{rt},{rt2}*{count} e{element}+{first} p{part}*{parts} f{fill} m{merge:d} "
            f"w{write:d} s{sign:d} x{wide:d} b{base} {index} {mode}{offset:+d}")


def fields_structure(mnemonic, operands):
    """LD1 to LD4, ST1 to ST4, LD1R to LD4R, by the shape of their register list."""
    inside, lane, memory = re.fullmatch(r"\{([^}]*)\}(?:\[(\d+)\])?, (.*)", operands).groups()
    names = re.findall(r"v(\d+)\.(\d*)([bhsd])", inside)
    first, shape = int(names[0][0]), names[0][1:]
    count = len(names)
    if "-" in inside:
        count = (int(names[1][0]) - first) % 32 + 1
    size, together = V_SIZE[shape[1]], int(mnemonic[2])
    where = address(memory)
    if lane is not None or mnemonic.endswith("r"):
        fill = 0 if lane is not None else (4 if int(shape[0]) << size == 16 else 3)
        at = 0 if lane is None else int(lane) << size
        layout = (count, size, at, size, count, fill, lane is not None)
    else:
        lanes = int(shape[0])
        width = 4 if lanes << size == 16 else 3
        part = size if lanes * count <= 8 else 3
        layout = (count, size if together > 1 else width, 0, part, (count << width) >> part, 0, 0)
    return line("V", first, (first + 1) % 32, *layout, mnemonic.startswith("st"), 0, 0, where)


def fields(mnemonic, operands, pc):
    """The line that insn_dump should print for a load or store."""
    if "{" in operands:
        return fields_structure(mnemonic, operands)
    *names, memory = re.split(r", (?=\[|(?:0x)?[0-9a-f]+$|[xwbhsdq]\d|[wx]zr)", operands, 2
                              if re.search(r"p(sw)?$", mnemonic) and "ldap" not in mnemonic else 1)
    regs = [register(name) for name in names]
    pair = len(regs) == 2
    bank = "X" if names[0][0] in "wx" else "V"
    width = re.search(r"r(s?)([bhw])$", mnemonic)
    if bank == "V":
        size, sign, wide = V_SIZE[names[0][0]], 0, 0
    elif width and not pair:
        size, sign = {"b": 0, "h": 1, "w": 2}[width[2]], width[1] == "s"
        wide = names[0][0] == "x"
    elif mnemonic == "ldpsw":
        size, sign, wide = 2, 1, 1
    else:
        wide = names[0][0] == "x"
        size, sign = (3 if wide else 2), 0
    if memory.startswith("["):
        where = address(memory)
    else:
        offset = (int(memory, 16) - pc + (1 << 63)) % (1 << 64) - (1 << 63)
        where = (32, NO_INDEX, 0, offset)
    count = 2 if pair else 1
    part = min(size, 3)
    return line(bank, regs[0], regs[1] if pair else (regs[0] + 1) % 32, count, size, 0, part,
                (count << size) >> part, 0, 0, mnemonic.startswith("st"), sign, wide, where)


def fields_exclusive(mnemonic, operands):
    """Base, and how many bytes."""
    names = operands.split(", ")
    first = names[1] if re.match("stl?x", mnemonic) else names[0]
    size = 8 if first[0] == "x" else 4
    if "64b" in mnemonic:
        size = 64
    elif mnemonic[-1] in "bh" and mnemonic != "ldg":
        size = {"b": 1, "h": 2}[mnemonic[-1]]
    elif re.search(r"xp$|^casp", mnemonic):
        size *= 2
    base = register(re.search(r"\[(\w+)\]", operands)[1])
    return f"E b{base} {size}"


def is_cache(mnemonic, operands):
    """DC and IC by address, also those that have no name yet."""
    if mnemonic in ("dc", "ic"):
        return "," in operands and re.match(r"\w+(sw|papa),", operands) is None  # papa: of EL3
    raw = re.match(r"#(\d), C7, C(\d+), #(\d)", operands) if mnemonic == "sys" else None
    op1, crm, op2 = map(int, raw.groups()) if raw else (0, 0, 0)
    return op2 % 2 == 1 and (op1 == 3 and crm >= 8 or op1 == 0 and crm == 6)


def expected(word, text, pc):
    mnemonic, _, operands = text.partition("\t")
    operands = operands.split("\t//")[0].split(" //")[0].strip()
    if not is_load_store(word):
        if mnemonic == "dc" and re.match(r"g?z?va,", operands):
            return f"Z i{register(operands.split(', ')[1])}"
        if is_cache(mnemonic, operands):
            return f"C i{word & 31}"
        return "-"
    letter = class_of(mnemonic)
    if letter == "A":
        return fields(mnemonic, operands, pc)
    if letter == "E":
        return fields_exclusive(mnemonic, operands)
    return letter


def disassemble(words):
    """objdump's lines."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(array.array("I", map(canonical, words)).tobytes())
        file.flush()
        return subprocess.run(OBJDUMP + [file.name], check=True, capture_output=True).stdout


def dump(program, mode, words):
    return subprocess.run([program, mode], input=words.tobytes(), check=True,
                          capture_output=True).stdout.decode()


def sample_words():
    """The seed is fixed: a failure repeats."""
    rng = random.Random(20)
    words = array.array("I")
    for n in range(1 << 15):
        fixed = (n >> 12 & 7) << 29 | (n >> 11 & 1) << 28 | 1 << 27 | (n >> 10 & 1) << 26
        fixed |= (n >> 6 & 15) << 21 | (n & 63) << 10
        for fill in (0, 0x1f03ff, 0x1f0000 | rng.getrandbits(10), rng.getrandbits(5) << 16 | 0x1f,
                     rng.getrandbits(21), rng.getrandbits(21)):
            words.append(fixed | fill & 0x1f03ff)
    return words


def outside_words():
    rng = random.Random(21)
    words = array.array("I", range(0xd50b7400, 0xd50b7500))
    words.extend(0xd5080000 | op1 << 16 | 7 << 12 | rest << 5 | rng.getrandbits(5)
                 for op1 in range(8) for rest in range(128))
    words.extend(w for w in (rng.getrandbits(32) for _ in range(40000)) if not is_load_store(w))
    words.extend(0xd5080000 | rng.getrandbits(19) for _ in range(5000))
    return words


def check_sample(program):
    words = sample_words() + outside_words()
    text = disassemble(words).decode()
    texts = re.findall(r"^ *[0-9a-f]+:\t[0-9a-f]{8} \t(.*)$", text, re.MULTILINE)
    lines = dump(program, "fields", words).splitlines()
    if not len(words) == len(texts) == len(lines):
        sys.exit(f"{len(words)} words, {len(texts)} disassembled, {len(lines)} decoded")
    wrong, count = 0, {}
    for n, (word, text, got) in enumerate(zip(words, texts, lines)):
        want = expected(word, text, n * 4)
        count[want[0]] = count.get(want[0], 0) + 1
        if canonical(word) != word and not word & 0x3fa00000 == 0x08800000:
            want, got = want[0], got[0]
        if got != want:
            wrong += 1
            if wrong <= 20:
                print(f"{word:08x} {text!r}\n  objdump: {want}\n  decoder: {got}")
    print(f"{len(words)} words, {wrong} differ;", ", ".join(f"{k} {v}" for k, v in count.items()))
    for letter in "AEZC-":
        if not count.get(letter):
            sys.exit(f"the sample has no word of class {letter}")
    return wrong


def check_outside(program):
    """All words outside the load/store space: the 96 forms of DC {,G,GZ}VA, the other DC and IC by
    address, and nothing else."""
    lines = subprocess.run([program, "outside"], check=True, capture_output=True, text=True).stdout
    cache = [(0, 6, op2) for op2 in (1, 3, 5, 7)] + [(3, 5, 1)]
    cache += [(3, crm, op2) for crm in range(8, 16) for op2 in (1, 3, 5, 7)]
    forms = [(3, 4, op2, "Z") for op2 in (1, 3, 4)] + [(*form, "C") for form in cache]
    want = sorted(f"{0xd5087000 | op1 << 16 | crm << 8 | op2 << 5 | rt:08x} {letter}"
                  for op1, crm, op2, letter in forms for rt in range(32))
    print("outside:", len(lines.splitlines()), "words that are not INSN_OTHER")
    return 0 if lines.splitlines() == want else 1


BLOCK = 1 << 21


def check_block(program, first):
    """Classes of BLOCK words that follow one another."""
    words = array.array("I", range(first, first + BLOCK))
    got = dump(program, "classes", words)
    mnemonics = re.findall(rb":\t[0-9a-f]{8} \t([^\t\n]+)", disassemble(words))
    known = {m: class_of(m.decode().split(" ")[0]) for m in set(mnemonics)}
    want = "".join([known[m] for m in mnemonics])
    if want == got:
        return 0
    if len(want) != len(got):
        sys.exit(f"block {first:08x}: {len(want)} disassembled, {len(got)} decoded")
    wrong = [n for n in range(BLOCK) if want[n] != got[n]]
    for n in wrong[:10]:
        print(f"{first + n:08x} {mnemonics[n].decode()}: objdump {want[n]}, decoder {got[n]}")
    return len(wrong)


def check_long(program, part, parts):
    blocks = [w for w in range(0, 1 << 32, BLOCK) if is_load_store(w)]
    mine = blocks[part::parts]
    wrong = sum(check_block(program, first) for first in mine)
    print(f"{len(mine) * BLOCK} words, {wrong} differ")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dump")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--slice", default="0/1")
    options = parser.parse_args()
    if options.long:
        part, parts = (int(n) for n in options.slice.split("/"))
        wrong = check_long(options.dump, part, parts)
        wrong += check_outside(options.dump) if part == 0 else 0
    else:
        wrong = check_sample(options.dump)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
