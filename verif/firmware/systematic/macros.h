# SPDX-License-Identifier: Apache-2.0
#
# What the parts of the program share. Registers:
#
#   x27  where to go on after a trap         x25       not 0: behind the instruction instead
#   gp   the pool of corner values              x30, x31  the trap handler's
#   tp   the device of the bench                x26       mstatus of the pairs

  .equ Device, 0xf0000000
  .equ Arm, 0x18          # offsets of the device's registers
  .equ Raise, 0x10
  .equ Lines, 0x0c

  .equ Zero, 0            # offsets in the pool
  .equ Scratch, 64
  .equ MemoryEnd, 0x80400000

# To the next whole word, also where the code so far has 16-bit instructions and may not add one
.macro aligned
  .option push
  .option rvc
  .balign 4
  .option pop
.endm

# Where to go on if the trap handler itself traps, which happens with bus errors
.macro checkpoint
1:
  la   x27, 1b
.endm

# Loads \reg with each corner and executes `insn` as the first, second, third and fourth
# instruction behind it. All between are loads, so that the bus can hold up every one. `before` is
# executed first.
.macro distances reg, insn, before
  .irp corner, 0, 4, 8, 12, 16, 20, 24
  checkpoint
  \before
  lw   \reg, \corner(gp)
  \insn
  \before
  lw   \reg, \corner(gp)
  lw   a4, Zero(gp)
  \insn
  \before
  lw   \reg, \corner(gp)
  lw   a4, Zero(gp)
  lw   a5, Zero(gp)
  \insn
  \before
  lw   \reg, \corner(gp)
  lw   a4, Zero(gp)
  lw   a5, Zero(gp)
  lw   a4, Zero(gp)
  \insn
  lw   a4, Zero(gp)
  .endr
.endm

# Every corner in \first with every corner in \second.
.macro both first, second, insn
  .irp corner, 0, 4, 8, 12, 16, 20, 24
  checkpoint
  .irp other, 0, 4, 8, 12, 16, 20, 24
  lw   \first, \corner(gp)
  lw   \second, \other(gp)
  \insn
  .endr
  .endr
.endm

# The instructions of the bench's coprocessor
.macro x.xor rd, rs1, rs2
  .insn r 0x2b, 0, 0, \rd, \rs1, \rs2
.endm
.macro x.add rs1, rs2
  .insn r 0x2b, 1, 0, x0, \rs1, \rs2
.endm
.macro x.sum rd, rs1, rs2
  .insn r 0x2b, 2, 0, \rd, \rs1, \rs2
.endm
