/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What insn_decode says, as text, for insn_oracle.py to compare with a disassembler.
 *   insn_dump classes   words from standard input, one letter each to standard output
 *   insn_dump fields    the same, one line each with all that was decoded
 *   insn_dump outside   all words that are no load or store by the manual's top table (C4.1):
 *                       prints those that decode as anything but INSN_OTHER
 */
#include <stdio.h>
#include <string.h>

#include "insn.h"

static const char letter[INSN_CLASS_COUNT] = {
    [INSN_ACCESS] = 'A', [INSN_EXCLUSIVE] = 'E', [INSN_ZERO_LINE] = 'Z',
    [INSN_CACHE] = 'C',  [INSN_OTHER] = '-',
};

static void print_fields(const struct insn *insn) {
    enum insn_class class = insn->class;
    char index[8] = "";

    if (insn->index != 31) /* how XZR is extended says nothing */
        snprintf(index, sizeof(index), ".%u.%u", insn->index_option & 7u, insn->shift & 7u);
    printf("%c", letter[class]);
    if (class == INSN_ACCESS)
        printf(" %c%d,%d*%d e%d+%d p%d*%d f%d m%d w%d s%d x%d b%d i%d%s %d%+d",
               insn->vector ? 'V' : 'X', insn->access.rt, insn->rt2, insn->count,
               insn->element_log2, insn->first, insn->access.size_log2, insn->part_count,
               insn->fill_log2, insn->vector && !insn->clear, insn->access.write,
               !insn->vector && insn->access.sign, !insn->vector && insn->access.wide, insn->base,
               insn->index, index, insn->mode, insn->offset);
    if (class == INSN_EXCLUSIVE)
        printf(" b%d %d", insn->base, insn->part_count << insn->access.size_log2);
    if (class == INSN_ZERO_LINE || class == INSN_CACHE) printf(" i%d", insn->index);
    printf("\n");
}

static void dump_words(bool fields) {
    uint32_t word[4096];
    struct insn insn;
    size_t count;

    while ((count = fread(word, sizeof(word[0]), 4096, stdin)) > 0) {
        for (size_t n = 0; n < count; n++) {
            insn_decode(word[n], &insn);
            if (fields)
                print_fields(&insn);
            else
                putchar(letter[insn.class]);
        }
    }
}

static void dump_outside(void) {
    uint32_t word = 0;
    struct insn insn;

    do {
        if ((word >> 25 & 5) == 4) /* op0 = x1x0 */
            continue;
        insn_decode(word, &insn);
        if (insn.class != INSN_OTHER) printf("%08x %c\n", word, letter[insn.class]);
    } while (++word != 0);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "classes") == 0)
        dump_words(false);
    else if (argc == 2 && strcmp(argv[1], "fields") == 0)
        dump_words(true);
    else if (argc == 2 && strcmp(argv[1], "outside") == 0)
        dump_outside();
    else
        return 2;
    return 0;
}
