# SPDX-License-Identifier: Apache-2.0
"""Building programs and RAM images, and how LeNet-5's weights are packed into them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from golden.msb_skip import Mode
from golden.network import load
from golden.packing import EMPTY, lenet5_orders, pack_weights
from scripts import firmware
from scripts.errors import UserError
from scripts.firmware import Region, build, segments, symbols, write_image


def test_program_is_built_once_and_starts_at_the_reset_vector() -> None:
    elf = build("lenet5")
    built = elf.stat().st_mtime_ns
    assert build("lenet5") == elf
    assert elf.stat().st_mtime_ns == built
    assert min(address for address, _ in segments(elf)) == 0x8000_0000
    assert symbols(elf)["images"][1] == 784


def test_unknown_program_names_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"unknown firmware 'lenet6': choose one of .*\blenet5, "):
        build("lenet6")


def test_missing_compiler_gives_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError, match="apt-get install gcc-riscv64-unknown-elf"):
        build("lenet5")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('const char big[40000] __attribute__((section(".text.big"))) = {1};', "instruction_ram"),
        ("char big[140000]; ", "data_ram"),
        ("int main(void) { return nothing; }", "undeclared"),
    ],
)
def test_program_that_does_not_fit_or_compile_is_explained(
    text: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = firmware.FIRMWARE / "common"
    folder = tmp_path / "huge"
    folder.mkdir()
    (tmp_path / "common").symlink_to(common)
    main = (
        "" if "main" in text else "\nint main(void) { return big[*(volatile int *)0x80100000]; }\n"
    )
    (folder / "main.c").write_text(text + main)
    (folder / "program.toml").write_text(
        f'sources = ["main.c", "{common}/start.S"]\nlinker = "{common}/soc.ld"\n'
    )
    monkeypatch.setattr(firmware, "FIRMWARE", tmp_path)
    with pytest.raises(UserError, match=complaint):
        build("huge")


def test_file_that_is_no_elf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "program.elf"
    path.write_bytes(b"not an ELF")
    with pytest.raises(UserError, match="not a readable ELF"):
        segments(path)


def test_image_holds_little_endian_words_from_the_start_of_the_region(tmp_path: Path) -> None:
    path = tmp_path / "ram.hex"
    parts = [(0x104, bytes([1, 2, 3, 4, 5])), (0x900, b"elsewhere"), (0xFE, b"ab\x07")]
    write_image(parts, Region("RAM", 0x100, 64), path)
    assert path.read_text().split() == ["@0", "00000007", "04030201", "00000005"]


def test_image_that_does_not_fit_says_how_much_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="RAM has 64 bytes and is 6 short"):
        write_image([(0x100, bytes(70))], Region("RAM", 0x100, 64), tmp_path / "ram.hex")
    assert not (tmp_path / "ram.hex").exists()


def test_every_product_has_exactly_one_lane() -> None:
    network = load("lenet5-relu")
    for layer in network.layers:
        order = lenet5_orders()[layer.name]
        assert len(order) % 4 == 0
        assert order[order != EMPTY].sort().values.tolist() == list(range(layer.weights[0].numel()))


def test_packed_lanes_are_the_weights_in_order_and_empty_lanes_are_zero() -> None:
    weights = torch.randint(-127, 128, (3, 5), generator=torch.Generator().manual_seed(1)).to(
        torch.int8
    )
    order = torch.tensor([4, 0, EMPTY, 1, 2, 3, EMPTY, EMPTY])
    words = pack_weights(weights, order)
    for output in range(3):
        for lane, index in enumerate(order.tolist()):
            byte = int(words[output, lane // 4]) >> 8 * (lane % 4) & 0xFF
            expected = 0 if index == EMPTY else int(weights[output, index]) & 0xFF
            assert byte == expected


def test_order_of_the_firmware_only_matters_to_the_running_maximum() -> None:
    network = load("lenet5-relu")
    images = torch.randint(0, 256, (2, 28, 28), generator=torch.Generator().manual_seed(2)).to(
        torch.uint8
    )
    for mode in (Mode.EXACT, Mode.ZERO, Mode.ABSOLUTE):
        natural, packed = network.run(images, mode), network.run(images, mode, lenet5_orders())
        assert torch.equal(natural.logits, packed.logits)
        for name in natural.counts:
            assert torch.equal(natural.counts[name].kept, packed.counts[name].kept)
