# SPDX-License-Identifier: Apache-2.0
"""The pieces of random programs: a few lines of assembly each, complete in themselves.

A piece leaves alone what frame.S owns (x2, x8, x24, x26, x28..x31), unless that is its point, and
any piece may be left out of a program. Local labels: 1 to 3 within a piece.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

OWNED = frozenset({2, 8, 24, 26, 28, 29, 30, 31})
FREE = tuple(register for register in range(1, 32) if register not in OWNED)
SHORT = (9, 10, 11, 12, 13, 14, 15)  # those of x8..x15 that compressed instructions may change

CORNERS = (0, 1, 2, 3, -1, -2, 0x7FFFFFFF, -0x80000000, -0x7FFFFFFF, 0x55555555, 0xFF, 0x8000)
REGISTER = ("add", "sub", "sll", "slt", "sltu", "xor", "srl", "sra", "or", "and")
MULTIPLY = ("mul", "mulh", "mulhsu", "mulhu", "div", "divu", "rem", "remu")
IMMEDIATE = ("addi", "slti", "sltiu", "xori", "ori", "andi")
SHIFT = ("slli", "srli", "srai")
BRANCHES = ("beq", "bne", "blt", "bge", "bltu", "bgeu")
LOADS = ("lb", "lh", "lw", "lbu", "lhu")
STORES = ("sb", "sh", "sw")
CSRS = (
    *("mstatus", "mstatush", "misa", "mie", "mcountinhibit", "mscratch", "mepc", "mcause"),
    *("mtval", "mip", "mcycle", "mcycleh", "minstret", "minstreth", "mhpmcounter3"),
    *("mhpmcounter31h", "mhpmevent3", "mhpmevent31", "mvendorid", "marchid", "mimpid", "mhartid"),
    *("cycle", "cycleh", "instret", "instreth", "hpmcounter3", "hpmcounter31h"),
    *("tselect", "tdata1", "tdata2", "tdata3"),
    *("0xf15",),  # mconfigptr, which this assembler does not know by name
)
CSR_FORMS = ("csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci")
NOWHERE = (0x0, 0x1000, 0x40000000, 0x7FFFFFFC, 0x80400000, 0x90000000, 0xFFFFFFF0)


class Pieces:
    """Makes pieces with one source of randomness.

    A few registers are `hot`, and most operands are among them, so that instructions depend on each
    other at all distances.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.new_hot()

    def new_hot(self) -> None:
        """Choose which registers are hot, usually some that compressed instructions reach."""
        self.hot = [*self.random.sample(SHORT, 2), *self.random.sample(FREE, 2)]

    def source(self) -> str:
        """A register to read; any, x0 and the frame's too, or more often a hot one."""
        if self.random.random() < 0.8:
            return f"x{self.random.choice(self.hot)}"
        return f"x{self.random.randrange(32)}"

    def destination(self) -> str:
        """A register to change."""
        if self.random.random() < 0.8:
            return f"x{self.random.choice(self.hot)}"
        return f"x{self.random.choice((0, *FREE))}"

    def small(self) -> int:
        """A 12-bit immediate, often at an end of its range."""
        return self.random.choice((0, 1, -1, 2047, -2048, self.random.randrange(-2048, 2048)))

    def simple(self) -> str:
        """One instruction that cannot trap or jump."""
        kind = self.random.random()
        if kind < 0.45:
            name = self.random.choice(REGISTER)
            return f"{name} {self.destination()}, {self.source()}, {self.source()}"
        if kind < 0.75:
            name = self.random.choice(IMMEDIATE)
            return f"{name} {self.destination()}, {self.source()}, {self.small()}"
        if kind < 0.9:
            amount = self.random.choice((0, 1, 31, self.random.randrange(32)))
            name = self.random.choice(SHIFT)
            return f"{name} {self.destination()}, {self.source()}, {amount}"
        name = self.random.choice(("lui", "auipc"))
        return f"{name} {self.destination()}, {self.random.choice((0, 1, 0xFFFFF, 0x80000))}"

    def arithmetic(self) -> str:
        """One instruction, in 32 bits although 16 might do."""
        return f".option norvc\n{self.simple()}\n.option rvc"

    def corner(self) -> str:
        """A corner value, and at once something that uses it."""
        register = f"x{self.random.choice(self.hot)}"
        value = self.random.choice((*CORNERS, 1 << self.random.randrange(32)))
        name = self.random.choice((*REGISTER, *MULTIPLY))
        operands = [register, self.source()]
        self.random.shuffle(operands)
        return f"li {register}, {value}\n{name} {self.destination()}, {', '.join(operands)}"

    def frame_register(self) -> str:
        """Any value in a register of the frame that nobody counts on just now."""
        register = self.random.choice(("x24", "x28", "x29", "x30"))
        use = f"{self.random.choice(REGISTER)} {self.destination()}, {register}, {self.source()}"
        return f"li {register}, {self.random.getrandbits(32)}\n{use}"

    def multiply(self) -> str:
        """A multiplication or division."""
        name = self.random.choice(MULTIPLY)
        return f"{name} {self.destination()}, {self.source()}, {self.source()}"

    def compressed(self) -> str:
        """One 16-bit instruction by name; with the assembler's own choices all forms occur."""
        random = self.random
        short, other = (f"x{random.choice(SHORT)}" for _ in range(2))
        free = f"x{random.choice(FREE)}"
        six = random.choice((-32, -1, 1, 31, random.randrange(1, 31)))
        upper = random.choice((1, 31, 0xFFFE0, 0xFFFFF))
        return random.choice(
            (
                f"c.addi4spn {short}, x2, {4 * random.randrange(1, 256)}",
                f"c.addi {free}, {six}",
                f"c.li {free}, {six}",
                f"c.lui {free}, {upper}",
                f"c.srli {short}, {random.randrange(1, 32)}",
                f"c.srai {short}, {random.randrange(1, 32)}",
                f"c.slli {free}, {random.randrange(1, 32)}",
                f"c.andi {short}, {six}",
                f"c.sub {short}, {other}",
                f"c.xor {short}, {other}",
                f"c.or {short}, {other}",
                f"c.and {short}, {other}",
                f"c.mv {free}, x{random.randrange(1, 32)}",
                f"c.add {free}, x{random.randrange(1, 32)}",
                "c.nop",
                f"c.lw {short}, {4 * random.randrange(32)}(x8)",
                f"c.sw {short}, {4 * random.randrange(32)}(x8)",
                f"c.lwsp {free}, {4 * random.randrange(64)}(x2)",
                f"c.swsp x{random.randrange(32)}, {4 * random.randrange(64)}(x2)",
                "c.addi16sp x2, 64\nc.addi16sp x2, -64",
            )
        )

    def load(self) -> str:
        """A load of any size and alignment, often used at once."""
        target = self.destination()
        name, base = self.random.choice(LOADS), self.random.choice(("x2", "x8"))
        return f"{name} {target}, {self.random.randrange(-2048, 2044)}({base}){self.use(target)}"

    def use(self, register: str) -> str:
        """Mostly something that needs `register` at once: early or late in its cycle."""
        random = self.random
        return random.choice(
            (
                *("", "", ""),
                f"\n{random.choice(REGISTER)} {self.destination()}, {register}, {register}",
                f"\nmul {self.destination()}, {register}, {self.source()}",
                f"\nmulh {self.destination()}, {self.source()}, {register}",
                f"\nsw {register}, {random.randrange(-2048, 2044)}(x8)",
                f"\n{random.choice(BRANCHES)} {register}, {self.source()}, 1f\nnop\n1:",
                f"\n{self.offered(self.destination(), register)}",
            )
        )

    def store(self) -> str:
        """A store of any size and alignment, sometimes loaded back at once."""
        name, base = self.random.choice(STORES), self.random.choice(("x2", "x8"))
        place = f"{self.random.randrange(-2048, 2044)}({base})"
        text = f"{name} {self.source()}, {place}"
        if self.random.random() < 0.4:
            text += f"\n{self.random.choice(LOADS)} {self.destination()}, {place}"
        return text

    def rebase(self) -> str:
        """Another place in the data, aligned or not."""
        register = self.random.choice(("x2", "x8"))
        step = 1 if register == "x8" else 16
        place = 2048 + step * self.random.randrange(4096 // step)
        return f"la x24, data + {place}\nmv {register}, x24"

    def branch(self) -> str:
        """A branch over a few instructions."""
        name, skipped = self.random.choice(BRANCHES), self.random.randrange(1, 4)
        lines = [f"{name} {self.source()}, {self.source()}, 1f"]
        if self.random.random() < 0.25:
            short = self.random.choice(("c.beqz", "c.bnez"))
            lines = [f"{short} x{self.random.choice(SHORT)}, 1f"]
        return "\n".join([*lines, *(self.simple() for _ in range(skipped)), "1:"])

    def loop(self) -> str:
        """A short loop, back by a branch of 16 or 32 bits."""
        body = [self.simple() for _ in range(self.random.randrange(4))]
        back = self.random.choice(("bnez x30, 1b", ".option norvc\nbnez x30, 1b\n.option rvc"))
        passes = self.random.randrange(1, 6)
        return "\n".join([f"li x30, {passes}", "1:", *body, "addi x30, x30, -1", back])

    def call(self) -> str:
        """Out and back by one of the ways there are."""
        body = [self.simple().replace("x1,", "x5,") for _ in range(self.random.randrange(3))]
        link = self.random.choice(("x1", "x5"))
        out = self.random.choice(
            (
                f"jal {link}, 2f",
                f"la x24, 2f\njalr {link}, x24",
                f"la x24, 2f + 1\njalr {link}, 0(x24)",  # the lowest bit does not count
                f"la x24, 2f - 64\njalr {link}, 64(x24)",
                *(("c.jal 2f", "la x24, 2f\nc.jalr x24") if link == "x1" else ()),
            )
        )
        back = self.random.choice((f"jr {link}", f"c.jr {link}", f"jalr x0, 0({link})"))
        safe = [line for line in body if not line.split()[1].startswith(f"{link},")]
        return "\n".join([out, "j 3f", "2:", *safe, back, "3:"])

    def csr(self) -> str:
        """Any form of access to any CSR that is there, mtvec in its two modes."""
        if self.random.random() < 0.1:
            mode = self.random.randrange(2)
            return f"la x24, trap_table + {mode}\ncsrrw {self.destination()}, mtvec, x24"
        form, csr = self.random.choice(CSR_FORMS), self.random.choice(CSRS)
        immediate = self.random.choice((0, 31, self.random.randrange(32)))
        operand = f"{immediate}" if form.endswith("i") else self.source()
        return f"{form} {self.destination()}, {csr}, {operand}"

    def enable(self) -> str:
        """Interrupts on again: the handler leaves them off."""
        return self.random.choice(
            ("csrsi mstatus, 8", "li x24, 0x888\ncsrs mie, x24", "csrci mstatus, 8")
        )

    def illegal(self) -> str:
        """An instruction that traps: absent CSR, reserved encoding, ECALL, EBREAK."""
        random = self.random
        return random.choice(
            (
                "ecall",
                "ebreak",
                ".option norvc\nebreak\n.option rvc",
                ".2byte 0",  # defined illegal
                f".2byte {random.choice((0x2000, 0x6000, 0x8000, 0x9C01, 0x9002 - 0x1000)):#x}",
                f".4byte {random.getrandbits(32) & ~0x7F | 0x0F | random.randrange(2, 8) << 12:#x}",
                f".4byte {random.getrandbits(25) << 7 | 0x5B:#x}",  # custom-2: nobody's
                f".4byte {random.getrandbits(17) << 15 | 1 << 31 | 0x33:#x}",
                f"csrrw {self.destination()}, {random.randrange(0x7C0, 0x800):#x}, {self.source()}",
                f"csrrs {self.destination()}, {random.choice((0x100, 0x180, 0x3A0, 0x7A4)):#x}, x0",
                f"csrrw {self.destination()}, {random.choice(('mvendorid', 'mhartid'))}, x0",
                ".4byte 0x10200073",  # sret
                # one bit away from ECALL, EBREAK, MRET and WFI, but not a write to mstatus
                f".4byte {random.choice((0x73, 0x100073)) ^ 1 << random.randrange(7, 32):#x}",
                f".4byte {0x30200073 ^ 1 << random.choice((*range(7, 12), *range(15, 32))):#x}",
                f".4byte {0x10500073 ^ 1 << random.choice((*range(7, 12), *range(15, 32))):#x}",
            )
        )

    def fault(self) -> str:
        """A load or store where nothing is, with something right behind it."""
        register = f"x{self.random.choice(FREE)}"
        place = self.random.choice(NOWHERE) + self.random.choice((0, 1, 2, 3, -1, -3))
        name = self.random.choice((*LOADS, *STORES))
        behind = self.random.choice((self.coprocessor, self.simple, self.load, self.branch))
        return f"li {register}, {place}\n{name} {self.destination()}, 0({register})\n{behind()}"

    def astray(self) -> str:
        """A jump to where nothing is. The handler goes on with the next block."""
        place = f"li x24, {self.random.choice(NOWHERE)}"
        jump = self.random.choice((f"jalr {self.destination()}, 0(x24)", "csrw mepc, x24\nmret"))
        return f"{place}\n{jump}"

    def coprocessor(self) -> str:
        """An instruction of the bench's coprocessor, its result often used at once."""
        target = self.destination()
        return f"{self.offered(target)}{self.use(target)}"

    def burst(self) -> str:
        """Several in a row: those without a result do not wait for each other."""
        count = self.random.randrange(2, 20)
        return "\n".join(self.offered(self.destination(), function=1) for _ in range(count))

    def offered(self, target: str, source: str = "", function: int | None = None) -> str:
        """One instruction for the coprocessor, or now and then one like it that is refused."""
        other = 0
        if function is None:
            function = self.random.choice((0, 0, 1, 1, 2, 2, self.random.randrange(3, 8)))
            other = self.random.choice((0, 0, 0, 0, 0, 1, 0x40))
        first, second = source or self.source(), self.source()
        return f".insn r 0x2b, {function}, {other}, {target}, {first}, {second}"

    def patch(self) -> str:
        """Code that changes code: an instruction is written, FENCE.I, and executed."""
        rd, rs1 = self.random.choice(FREE), self.random.randrange(32)
        function = self.random.choice((0, 2, 3, 4, 6, 7))
        word = (self.small() & 0xFFF) << 20 | rs1 << 15 | function << 12 | rd << 7 | 0x13
        value = f"x{self.random.choice(FREE)}"
        return (
            f"la x24, 1f\nli {value}, {word}\nsw {value}, 0(x24)\nfence.i\n"
            f"1: .4byte {(word ^ 0x00100000):#x}"
        )

    def wait(self) -> str:
        """WFI until the device raises one of the lines."""
        line, delay = self.random.choice((1, 2, 4)), self.random.randrange(1, 60)
        value = f"x{self.random.choice(FREE)}"
        return (
            f"li {value}, 0x888\ncsrs mie, {value}\nli x24, 0xf0000000\n"
            f"li {value}, {line << 29 | delay}\nsw {value}, 0x10(x24)\nwfi\n"
            f"li x24, 0xf0000000\nsw x0, 0x0c(x24)"
        )

    def device(self) -> str:
        """Cycles and interrupt lines, which only the RTL knows."""
        return f"li x24, 0xf0000000\nlw {self.destination()}, {self.random.choice((8, 12))}(x24)"

    def fence(self) -> str:
        """FENCE, or FENCE.I with nothing to do."""
        return self.random.choice(("fence", "fence.i", "fence.tso"))

    def kinds(self) -> dict[str, tuple[float, Callable[[], str]]]:
        """All kinds of pieces with their usual weights."""
        return {
            "simple": (12, self.simple),
            "arithmetic": (8, self.arithmetic),
            "corner": (6, self.corner),
            "frame_register": (1, self.frame_register),
            "multiply": (4, self.multiply),
            "compressed": (12, self.compressed),
            "load": (8, self.load),
            "store": (7, self.store),
            "rebase": (1, self.rebase),
            "branch": (8, self.branch),
            "loop": (2, self.loop),
            "call": (4, self.call),
            "csr": (5, self.csr),
            "enable": (2, self.enable),
            "illegal": (1.5, self.illegal),
            "fault": (1.5, self.fault),
            "astray": (0.2, self.astray),
            "coprocessor": (5, self.coprocessor),
            "burst": (1, self.burst),
            "patch": (0.7, self.patch),
            "wait": (0.4, self.wait),
            "device": (0.5, self.device),
            "fence": (0.7, self.fence),
        }
