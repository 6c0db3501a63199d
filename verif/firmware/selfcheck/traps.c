// SPDX-License-Identifier: Apache-2.0
//
// Exceptions: cause, mepc, mtval and mstatus of each, and that nothing behind a failing access has
// happened.

#include "selfcheck.h"

// Runs `text`, whose label 1 is the instruction that must trap.
#define CHECK_TRAP(text, operand, want_cause, want_value)                            \
  do {                                                                               \
    uint32_t pc, before = trap.count;                                                \
    __asm__ volatile(".option push\n.option norvc\nla %0, 1f\n" text "\n.option pop" \
                     : "=&r"(pc)                                                     \
                     : "r"(operand)                                                  \
                     : "memory", "t0", "a0");                                        \
    check(trap.count - before, 1);                                                   \
    check(trap.cause, (want_cause));                                                 \
    check(trap.epc, pc);                                                             \
    check(trap.value, (want_value));                                                 \
  } while (0)

#define CHECK_ILLEGAL(word) CHECK_ILLEGAL_EXPANDED(word)
#define CHECK_ILLEGAL_EXPANDED(word) CHECK_TRAP("1: .word " #word, 0, 2, word)
#define CHECK_ILLEGAL_16(parcel) CHECK_TRAP("1: .half " #parcel "\n.half 1", 0, 2, parcel)

static void check_illegal(void) {
  group("illegal instructions");
  CHECK_ILLEGAL(0xffffffff);
  CHECK_ILLEGAL(0x0000000b);  // custom-0: the coprocessor of the bench rejects it
  CHECK_ILLEGAL(0x0000302b);  // custom-1 with a funct3 that it does not know
  CHECK_ILLEGAL(0x00003003);  // ld
  CHECK_ILLEGAL(0x00007003);
  CHECK_ILLEGAL(0x00003023);  // sd
  CHECK_ILLEGAL(0x00002063);  // branch with funct3 2
  CHECK_ILLEGAL(0x00003063);
  CHECK_ILLEGAL(0x00001067);  // jalr with funct3 1
  CHECK_ILLEGAL(0x40001013);  // slli with funct7 0x20
  CHECK_ILLEGAL(0x02001013);  // slli by 32
  CHECK_ILLEGAL(0x80005013);  // srli with funct7 0x40
  CHECK_ILLEGAL(0x40001033);  // sll with funct7 0x20
  CHECK_ILLEGAL(0x04000033);  // add with funct7 2
  CHECK_ILLEGAL(0x42000033);  // mul with bit 30
  CHECK_ILLEGAL(0x0000001b);  // addiw
  CHECK_ILLEGAL(0x0000200f);  // misc-mem with funct3 2
  CHECK_ILLEGAL(0x00000057);  // vector
  CHECK_ILLEGAL(0x00004073);  // system with funct3 4
  CHECK_ILLEGAL(0x000000f3);  // ecall with rd
  CHECK_ILLEGAL(0x00008073);  // ecall with rs1
  CHECK_ILLEGAL(0x00200073);  // uret
  CHECK_ILLEGAL(0x10200073);  // sret
  CHECK_ILLEGAL(0x7b200073);  // dret
  CHECK_ILLEGAL(0x12000073);  // sfence.vma
  CHECK_ILLEGAL_16(0x0000);
  CHECK_ILLEGAL_16(0x0004);  // c.addi4spn with 0
  CHECK_ILLEGAL_16(0x2000);  // c.fld
  CHECK_ILLEGAL_16(0x6000);  // c.flw
  CHECK_ILLEGAL_16(0x8000);
  CHECK_ILLEGAL_16(0xa000);  // c.fsd
  CHECK_ILLEGAL_16(0xe000);  // c.fsw
  CHECK_ILLEGAL_16(0x6101);  // c.addi16sp with 0
  CHECK_ILLEGAL_16(0x6501);  // c.lui with 0
  CHECK_ILLEGAL_16(0x9001);  // c.srli by 32
  CHECK_ILLEGAL_16(0x9401);  // c.srai by 32
  CHECK_ILLEGAL_16(0x9c01);  // c.subw
  CHECK_ILLEGAL_16(0x9c21);  // c.addw
  CHECK_ILLEGAL_16(0x1502);  // c.slli by 32
  CHECK_ILLEGAL_16(0x2002);  // c.fldsp
  CHECK_ILLEGAL_16(0x4002);  // c.lwsp to x0
  CHECK_ILLEGAL_16(0x6002);  // c.flwsp
  CHECK_ILLEGAL_16(0x8002);  // c.jr x0
  CHECK_ILLEGAL_16(0xa002);  // c.fsdsp
  CHECK_ILLEGAL_16(0xe002);  // c.fswsp
}

// One bit away from ECALL, EBREAK, MRET or WFI
#define CHECK_NEIGHBOUR(bit) CHECK_ILLEGAL((SYSTEM ^ (1 << bit)))
#define CHECK_NEIGHBOURS                                                                       \
  CHECK_NEIGHBOUR(7);                                                                          \
  CHECK_NEIGHBOUR(8);                                                                          \
  CHECK_NEIGHBOUR(9);                                                                          \
  CHECK_NEIGHBOUR(10);                                                                         \
  CHECK_NEIGHBOUR(11);                                                                         \
  CHECK_NEIGHBOUR(15);                                                                         \
  CHECK_NEIGHBOUR(16);                                                                         \
  CHECK_NEIGHBOUR(17);                                                                         \
  CHECK_NEIGHBOUR(18);                                                                         \
  CHECK_NEIGHBOUR(19);                                                                         \
  CHECK_NEIGHBOUR(21);                                                                         \
  CHECK_NEIGHBOUR(22);                                                                         \
  CHECK_NEIGHBOUR(23);                                                                         \
  CHECK_NEIGHBOUR(24);                                                                         \
  CHECK_NEIGHBOUR(25);                                                                         \
  CHECK_NEIGHBOUR(26);                                                                         \
  CHECK_NEIGHBOUR(27);                                                                         \
  CHECK_NEIGHBOUR(28);                                                                         \
  CHECK_NEIGHBOUR(29);                                                                         \
  CHECK_NEIGHBOUR(30);                                                                         \
  CHECK_NEIGHBOUR(31)

static void check_neighbours(void) {
  group("one bit from SYSTEM instructions");
#define SYSTEM 0x00000073
  CHECK_NEIGHBOURS;
#undef SYSTEM
#define SYSTEM 0x00100073
  CHECK_NEIGHBOURS;
#undef SYSTEM
#define SYSTEM 0x30200073
  CHECK_NEIGHBOURS;
#undef SYSTEM
#define SYSTEM 0x10500073
  CHECK_NEIGHBOURS;
#undef SYSTEM
}

static void check_absent_csrs(void) {
  group("absent and read-only CSRs");
  CHECK_ILLEGAL(0xc0102573);  // csrr a0, time
  CHECK_ILLEGAL(0xc8102573);  // csrr a0, timeh
  CHECK_ILLEGAL(0xc0001573);  // csrrw a0, cycle, x0
  CHECK_ILLEGAL(0xc020e573);  // csrrsi a0, instret, 1
  CHECK_ILLEGAL(0x10002573);  // csrr a0, sstatus
  CHECK_ILLEGAL(0x18002573);  // csrr a0, satp
  CHECK_ILLEGAL(0x30202573);  // csrr a0, medeleg
  CHECK_ILLEGAL(0x30602573);  // csrr a0, mcounteren
  CHECK_ILLEGAL(0x3a002573);  // csrr a0, pmpcfg0
  CHECK_ILLEGAL(0x7a402573);  // csrr a0, tinfo
  CHECK_ILLEGAL(0x7b002573);  // csrr a0, dcsr
  CHECK_ILLEGAL(0x7c002573);  // csrr a0, 0x7c0
  CHECK_ILLEGAL(0xb0102573);  // csrr a0, 0xb01
  CHECK_ILLEGAL(0xb8102573);  // csrr a0, 0xb81
  CHECK_ILLEGAL(0x32102573);  // csrr a0, 0x321
  CHECK_ILLEGAL(0xf1651573);  // csrrw a0, 0xf16, a0
  CHECK_ILLEGAL(0xf1451573);  // csrrw a0, mhartid, a0
  CHECK_ILLEGAL(0xf1452573);  // csrrs a0, mhartid, a0
  CHECK_ILLEGAL(0xf140e573);  // csrrsi a0, mhartid, 1
  CHECK_ILLEGAL(0xf1405573);  // csrrwi a0, mhartid, 0
  // The destination of an illegal instruction keeps its value, and minstret does not count it.
  uint32_t kept, first, second;
  __asm__ volatile("li a0, 77\n.word 0xc0102573\nmv %0, a0" : "=r"(kept)::"a0");
  check(kept, 77);
  CSR_WRITE(mcountinhibit, 0);
  uint32_t traps = trap.count;
  __asm__ volatile("csrr %0, minstret\ncsrr %1, minstret" : "=&r"(first), "=&r"(second));
  check(second - first, 1);
  check(trap.count, traps);
}

static void check_environment(void) {
  uint32_t pc;
  group("ecall, ebreak, mstatus");
  CHECK_TRAP("1: ecall", 0, 11, 0);
  __asm__ volatile("la %0, 1f\n.option push\n.option norvc\n1: ebreak\n.option pop" : "=&r"(pc));
  check(trap.cause, 3);
  check(trap.epc, pc);
  check(trap.value, pc);
  __asm__ volatile("la %0, 1f\n1: c.ebreak" : "=&r"(pc));
  check(trap.cause, 3);
  check(trap.epc, pc);
  check(trap.value, pc);
  // The handler finds MIE in MPIE; mret brings it back and leaves MPIE set.
  CSR_WRITE(mie, 0);
  CSR_WRITE(mstatus, 0x8);
  __asm__ volatile("ecall" ::: "memory");
  check(trap.status, 0x1880);
  check(CSR_READ(mstatus), 0x1888);
  CSR_WRITE(mstatus, 0);
  __asm__ volatile("ecall" ::: "memory");
  check(trap.status, 0x1800);
  check(CSR_READ(mstatus), 0x1880);
}

// What an instruction behind a failing access writes: the handler must not see it (trap_watch),
// then it happens once.
static volatile uint32_t cell[2] __asm__("cell") __attribute__((used));

static void check_access_faults(void) {
  group("access faults");
  CHECK_TRAP("1: lw t0, 0(%1)", UNMAPPED, 5, UNMAPPED);
  CHECK_TRAP("1: lb t0, 3(%1)", UNMAPPED, 5, UNMAPPED + 3);
  CHECK_TRAP("1: lhu t0, 2(%1)", UNMAPPED, 5, UNMAPPED + 2);
  CHECK_TRAP("1: sw t0, 4(%1)", UNMAPPED, 7, UNMAPPED + 4);
  CHECK_TRAP("1: sb t0, 1(%1)", UNMAPPED, 7, UNMAPPED + 1);
  CHECK_TRAP("1: lw t0, 1(%1)", UNMAPPED, 5, UNMAPPED + 1);
  CHECK_TRAP("1: lw t0, -1(%1)", MEMORY_END, 5, MEMORY_END);  // the second part fails
  CHECK_TRAP("1: sh t0, -1(%1)", MEMORY_END, 7, MEMORY_END);
  CHECK_TRAP("1: lw t0, -2(%1)", 0x80000000u, 5, 0x7ffffffeu);  // the first part fails
  // The register to be loaded keeps its value.
  uint32_t kept;
  __asm__ volatile("mv %0, %1\nlw %0, 0(%0)" : "=&r"(kept) : "r"(UNMAPPED));
  check(kept, UNMAPPED);
  __asm__ volatile("mv %0, %1\nlw %0, 1(%0)" : "=&r"(kept) : "r"(UNMAPPED));
  check(kept, UNMAPPED);
}

static void check_behind_faults(void) {
  group("what stands behind a failing access");
  cell[0] = 1;
  trap_watch = &cell[0];
  CHECK_TRAP("la t0, cell\n1: lw a0, 0(%1)\nsw %1, 0(t0)", UNMAPPED, 5, UNMAPPED);
  check(trap.watched, 1);
  check(cell[0], UNMAPPED);
  cell[0] = 1;
  CHECK_TRAP("la t0, cell\n1: sw a0, 0(%1)\nsw %1, 0(t0)", UNMAPPED, 7, UNMAPPED);
  check(trap.watched, 1);
  check(cell[0], UNMAPPED);
  cell[0] = 1;
  CHECK_TRAP("la t0, cell\n1: lw a0, 0(%1)\nsw a0, 1(t0)", UNMAPPED, 5, UNMAPPED);  // split
  check(trap.watched, 1);
  uint32_t sum;
  __asm__ volatile("li %0, 1\nlw a0, 0(%1)\naddi %0, %0, 1\naddi %0, %0, 1"
                   : "=&r"(sum)
                   : "r"(UNMAPPED)
                   : "a0");
  check(sum, 3);
  __asm__ volatile("li %0, 1\nsw a0, 0(%1)\nj 1f\nli %0, 9\n1: addi %0, %0, 1"
                   : "=&r"(sum)
                   : "r"(UNMAPPED)
                   : "a0");
  check(sum, 2);
  __asm__ volatile("li %0, 1\nlw a0, 0(%1)\ncsrw mscratch, %1\nmul %0, %0, %0"
                   : "=&r"(sum)
                   : "r"(UNMAPPED)
                   : "a0");
  check(sum, 1);
  check(CSR_READ(mscratch), UNMAPPED);
  uint32_t before =
      trap.count;  // an illegal instruction behind a failing load: one trap each, in order
  __asm__ volatile("lw a0, 0(%0)\n.word 0xffffffff" ::"r"(UNMAPPED) : "a0");
  check(trap.count - before, 2);
  check(trap.cause, 2);
  trap_watch = &trap_resume;
}

static void check_fetch_faults(void) {
  uint32_t back;
  group("fetch faults");
#define CHECK_FETCH(address, want_value)             \
  __asm__ volatile("la %0, 1f\nsw %0, %1\njr %2\n1:" \
                   : "=&r"(back), "=m"(trap_resume)  \
                   : "r"(address));                  \
  check(trap.cause, 1);                              \
  check(trap.epc, address);                          \
  check(trap.value, want_value)
  CHECK_FETCH(UNMAPPED, UNMAPPED);
  CHECK_FETCH(UNMAPPED + 2, UNMAPPED + 2);
  CHECK_FETCH(MEMORY_END, MEMORY_END);
  // The lower half of an instruction is the last half word of the memory: mtval names the half that
  // failed.
  *(volatile uint16_t *)(MEMORY_END - 2) = 0x0013;
  __asm__ volatile("fence.i" ::: "memory");
  CHECK_FETCH(MEMORY_END - 2, MEMORY_END);
}

void check_traps(void) {
  check_illegal();
  check_neighbours();
  check_absent_csrs();
  check_environment();
  check_access_faults();
  check_behind_faults();
  check_fetch_faults();
}
