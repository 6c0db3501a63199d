# SPDX-License-Identifier: Apache-2.0
#
# Every CSR in every form, with corner operands where it can be written, and absent ones.

#include "macros.h"

# mtvec must be right when the next instruction traps; counting must go on.
.macro repair
  la   a3, trap_handler
  csrw mtvec, a3
  csrw mcountinhibit, x0
  csrw mie, x0
  csrw mstatus, x0
.endm

.macro forms csr
  .irp name, csrrw, csrrs, csrrc
  .irp source, x0, a0
  .irp rd, x0, a2
  checkpoint
  \name \rd, \csr, \source
  repair
  .endr
  .endr
  .endr
  .irp name, csrrwi, csrrsi, csrrci
  .irp source, 0, 21
  .irp rd, x0, a2
  checkpoint
  \name \rd, \csr, \source
  repair
  .endr
  .endr
  .endr
.endm

.macro event n
  .irp base, 0xb00, 0xb80, 0x320, 0xc00, 0xc80
  csrrw a2, \base + \n, a0
  csrrs a2, \base + \n, a0
  .endr
.endm

  .section .text
  .globl csrs
csrs:
  checkpoint
  mv   s0, ra
  sw   x0, Arm(tp)            # no trap may come by chance while mtvec is anything
  checkpoint
  li   x25, 1
  .irp csr, 0x300, 0x301, 0x304, 0x305, 0x310, 0x320, 0x340, 0x341, 0x342, 0x343, 0x344
  lw   a0, 20(gp)
  forms \csr
  .endr
  .irp csr, 0xb00, 0xb02, 0xb80, 0xb82, 0xf11, 0xf12, 0xf13, 0xf14, 0xf15, 0xc00, 0xc02, 0xc80, 0xc82, 0x7a0, 0x7a1, 0x7a2, 0x7a3
  lw   a0, 20(gp)
  forms \csr
  .endr
  .irp csr, 0x300, 0x304, 0x305, 0x320, 0x340, 0x341, 0x342, 0x343, 0xb00, 0xb02, 0xb80, 0xb82
  .irp corner, 0, 8, 12, 20
  .irp name, csrrw, csrrs, csrrc
  checkpoint
  lw   a0, \corner(gp)
  \name a2, \csr, a0
  repair
  .endr
  .endr
  .endr
  .irp n, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26
  event \n
  .endr
  .irp n, 27, 28, 29, 30, 31
  event \n
  .endr
  # user, supervisor, hypervisor, delegation, counter enable, protection, debug, time, information
  .irp csr, 0x001, 0x180, 0x242, 0x302, 0x306, 0x3a0, 0x7b0, 0xc01, 0xfc0
  forms \csr
  .endr
  checkpoint
  li   x25, 1
  sw   x25, Arm(tp)
  li   x25, 0
  jr   s0
