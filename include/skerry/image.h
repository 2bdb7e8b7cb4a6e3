/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The payload behind the kernel in skerry.img: a header, which says where the tables are, the
 * tables one behind the other, then blobs. Everything little-endian, sizes and addresses in bytes,
 * offsets from the header's start. Tables are arrays of the structs below; `pad` fields are zero;
 * there are no pointers. The tool (tools/skerrylib/pack.py) writes it and checks it; the kernel
 * (image.c) checks every entry by itself before anything is used, and names the table and
 * entry that it refuses.
 *
 * Rules that both sides hold: offsets 8-byte aligned inside the payload and behind the header; VM,
 * vCPU, server, CPU numbers are indices into their tables and in range; addresses and sizes of
 * regions, pools, segments, frames and windows are multiples of 4096 (pools and the PA of regions:
 * of 2 MiB), not zero in size, without wrap; physical memory lies in the machine's RAM, outside
 * kernel and payload, is given out once, and no 2 MiB block of it has two owners (pools are the
 * kernel's); what a VM sees (regions, windows) does not overlap and lies below 2^40, and no window
 * is within a page of the end of a region; what a server sees (segments, stacks, frames) lies
 * inside its range, behind the gate page, and does not overlap, and no frame is within a page of
 * the end of a segment; servers call such as come before them.
 * - Names are printable; tables are in order; flags that nobody knows are refused.
 * - A VM has memory, vCPUs and an entry point in executable memory; a CPU has at most one vCPU;
 *   MPIDRs hold affinity only and differ among CPUs and in a VM. A load lies within one region,
 *   alone.
 * - Servers' ranges differ; entry points are in executable segments; nothing is writable and
 *   executable; each stack is page-aligned, in a writable segment, and nothing is mapped in the
 * page below it. Frames are outside RAM and the GIC, and given out once.
 * - Who is named by a window, register or SMCCC range has `access`, by an interrupt `notified`, by
 *   an edge `called` or `notified`. Within a VM registers, SMCCC ranges, lines' and routes'
 *   virtual INTIDs are unique; so are physical SPIs, a server's bits of `notified` and its lines'
 *   handles.
 * - Segments, frames and lines are sorted by server, edges by caller, vCPUs, system registers and
 *   SMCCC ranges by VM.
 */
#pragma once

#include <stdint.h>

#define IMAGE_MAGIC   UINT64_C(0x0031595252454b53) /* "SKERRY1\0" */
#define IMAGE_FORMAT  2
#define ABI_VERSION   1
#define IMAGE_PAGE    4096
#define IMAGE_BLOCK   (2u << 20) /* unit of ownership of RAM */
#define IMAGE_NAME    16         /* bytes, NUL-terminated */

#define RAM_MAX       (UINT64_C(64) << 30)
#define CPU_MAX       16
#define VM_MAX        8
#define VCPU_MAX      16 /* of one VM */
#define VCPU_TOTAL    32
#define SERVER_MAX    32
#define STACK_TOTAL   96 /* of all servers: one each, of a concurrent one one a CPU */
#define INTERRUPT_MAX 64 /* physical ones of servers */
#define IPA_BITS      40
#define SERVER_VA_END (UINT64_C(1) << 39)
#define SPI_END       992 /* virtual INTIDs 32..991; blocks 1..30 */

enum image_type {
    IMAGE_MACHINE = 1, /* exactly one entry */
    IMAGE_CPU,
    IMAGE_VM,
    IMAGE_VCPU,
    IMAGE_REGION,
    IMAGE_LOAD,
    IMAGE_SERVER,
    IMAGE_SEGMENT,
    IMAGE_FRAME,
    IMAGE_WINDOW,
    IMAGE_SYSREG,
    IMAGE_SMCCC,
    IMAGE_EDGE,
    IMAGE_INTERRUPT,
    IMAGE_ROUTE,
    IMAGE_LINE,
    IMAGE_RIGHT,
    IMAGE_TYPE_END
};

struct image_header {
    uint64_t magic;
    uint32_t format;
    uint32_t abi;
    uint64_t size;     /* of the payload, this header included */
    uint64_t checksum; /* CRC-32 (IEEE 802.3) of the payload with this field zero */
    struct image_table {
        uint32_t count, entry_size, offset;
    } table[IMAGE_TYPE_END]; /* by enum image_type; the first is no table's */
};

struct image_machine {
    uint64_t ram_base, ram_size;
    uint64_t gicd, gicr;         /* GICv3, redistributor frames of 128 KiB one after another */
    uint64_t pool_pa, pool_size; /* RAM for the kernel's own and the servers' tables */
    uint32_t flags;              /* MACHINE_* */
    uint32_t pad;
};
#define MACHINE_NO_FAST_PATH 1u /* every access takes the C path */

struct image_cpu {
    uint64_t mpidr; /* affinity fields of MPIDR_EL1; entry 0 is the CPU that boots */
};

struct image_vm {
    char name[IMAGE_NAME];
    uint64_t entry;              /* IPA where vCPU 0 starts, at EL1h with the MMU off */
    uint64_t argument;           /* its x0: the device tree's IPA */
    uint64_t pool_pa, pool_size; /* quota: RAM for stage-2 and window tables */
};

struct image_vcpu { /* those of a VM follow one another; the first is its vCPU 0 */
    uint64_t mpidr; /* affinity that the guest sees */
    uint8_t vm;
    uint8_t cpu;
    uint8_t pad[6];
};

struct image_region { /* memory of a VM */
    uint64_t ipa, pa, size;
    uint8_t vm;
    uint8_t flags; /* REGION_* */
    uint8_t pad[6];
};
#define REGION_WRITE   1u
#define REGION_EXECUTE 2u

struct image_load { /* copied into a VM's memory at each start; the rest of it is zero */
    uint64_t ipa, offset, size;
    uint8_t vm;
    uint8_t pad[7];
};

enum image_boundary { BOUNDARY_EL0 = 0, BOUNDARY_EL1 = 1, BOUNDARY_EL2 = 2, BOUNDARY_COUNT };

/* When a server fails. */
enum image_policy { POLICY_RESTART = 0, POLICY_STOP_VM = 1, POLICY_HALT = 2, POLICY_COUNT };

struct image_server {
    char name[IMAGE_NAME];
    uint64_t base, size; /* its range of addresses: gate page, segments, stacks, frames */
    uint64_t init, access, notified, called; /* entry points; 0: has none */
    uint64_t stack_top; /* of CPU 0; a concurrent server: CPU n has it n * stack_stride higher */
    uint32_t stack_size;
    uint32_t stack_stride; /* larger than the size: unmapped guard pages between */
    uint32_t budget_us;    /* 1..500; what the tool adds up: the kernel counts ticks */
    uint8_t boundary;      /* enum image_boundary */
    uint8_t policy;        /* enum image_policy */
    uint8_t next_policy;   /* past `restarts` a second */
    uint8_t restarts;
    uint32_t flags; /* SERVER_* */
    uint32_t pad;
};
#define SERVER_FP         1u /* uses V registers */
#define SERVER_CONCURRENT 2u /* may be entered by several CPUs at a time */
#define SERVER_LOG        4u /* drains the kernel's log */

/* What the ELF file of a server says of itself, in a note that libvmm/server.c makes (gABI, "Note
 * Section"). The tool refuses a program of another ABI. */
struct server_note {
    uint32_t name_size, abi_size, type;
    char name[8]; /* padded with zeros */
    uint32_t abi; /* ABI_VERSION as the program was compiled */
};
#define SERVER_NOTE      0x5345 /* the type: one that no other tool uses */
#define SERVER_NOTE_NAME "Skerry"

struct image_segment { /* memory of a server; stacks are segments without a file part */
    uint64_t va, pa, size;
    uint64_t offset, file_size; /* pristine bytes; the rest is zero */
    uint8_t server;
    uint8_t flags; /* SEGMENT_* */
    uint8_t pad[6];
};
#define SEGMENT_WRITE   1u
#define SEGMENT_EXECUTE 2u
#define SEGMENT_STATE   4u /* survives a restart */

struct image_frame { /* physical frames of a device, mapped into a server (Device-nGnRE, no exec) */
    uint64_t va, pa, size;
    uint8_t server;
    uint8_t flags; /* FRAME_* */
    uint8_t pad[6];
};
#define FRAME_WRITE 1u
#define FRAME_DMA   128u /* a bus master, which its server is trusted with: the boot says so */

struct image_window { /* a piece of a VM's address space that a server answers for */
    uint64_t ipa, size;
    uint64_t offset; /* x1 of an access to the window's first byte */
    uint16_t right;
    uint8_t vm;
    uint8_t server;
    uint8_t pad[4];
};

struct image_sysreg {  /* a trapped system register that a server answers for */
    uint32_t encoding; /* SYSREG_ENCODING */
    uint16_t right;
    uint8_t vm;
    uint8_t server;
};

struct image_smccc { /* function ids first..last of HVC and SMC */
    uint32_t first, last;
    uint16_t right;
    uint8_t vm;
    uint8_t server;
    uint8_t pad[4];
};

struct image_edge { /* caller may call and signal callee; its handle: its place among the caller's
                     */
    uint16_t right; /* in the callee's badge */
    uint8_t caller, callee;
    uint8_t pad[4];
};

struct image_interrupt { /* a physical SPI that notifies a server */
    uint32_t intid;
    uint8_t server;
    uint8_t bit; /* 0..31 of `notified` */
    uint8_t cpu;
    uint8_t flags; /* INTERRUPT_EDGE */
};
#define INTERRUPT_EDGE 1u

struct image_route { /* a physical interrupt that is a VM's own (HW=1 in the list register) */
    uint32_t intid;  /* physical: PPI 27 or 30 (every vCPU), or an SPI */
    uint32_t virtual_intid;
    uint8_t vm;
    uint8_t flags; /* INTERRUPT_EDGE */
    uint8_t pad[6];
};

struct image_line { /* a virtual interrupt line that a server drives */
    uint32_t intid; /* PPI 16..31 (of vCPU `vcpu`) or SPI */
    uint16_t handle;
    uint8_t server;
    uint8_t vm;
    uint8_t vcpu;
    uint8_t pad[7];
};

struct image_right { /* what a server may do to a VM */
    uint8_t server;
    uint8_t vm;
    uint16_t rights; /* RIGHT_* */
    uint32_t pad;
};
#define RIGHT_IRQ   1u
#define RIGHT_VCPU  2u
#define RIGHT_POWER 4u

/*
 * What a server may know of the system. The tool fills in a server's variable of this type if it
 * has one with the name `server_config`.
 */
struct config_vm {
    uint32_t vcpu_count;
    uint32_t spi_end; /* one past the largest virtual SPI, a multiple of 32, at least 64 */
    uint64_t mpidr[VCPU_MAX];
};

struct server_config {
    uint32_t vm_count; /* VMs that the server has any window, right or line of are filled in */
    uint32_t cpu_count;
    struct config_vm vm[VM_MAX];
};
