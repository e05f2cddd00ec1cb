"""Counting again only what differs gives what counting everything gives."""

from __future__ import annotations

from knowledge.spelling import count_stretches
from knowledge.term_tables import stretches
from knowledge.wordings import NAME, Wording


def _groups(texts: list[list[str]]) -> list[list[Wording]]:
    return [
        [Wording(f"SG-{i}", NAME, text, text, False) for text in group]
        for i, group in enumerate(texts)
    ]


def test_stretches_of_what_differs_are_counted_anew() -> None:
    """After a change, an addition and a removal; zeros say that a stretch occurs no more."""
    listed = [[f"办理事项{chr(0x4E00 + i)}", f"怎么办{chr(0x4E80 + i)}"] for i in range(40)]
    for _ in range(3):
        counted = {text: n for text, n in stretches(_groups(listed)).items() if n}
        assert counted == count_stretches(text for group in listed for text in group)
        listed = [["改了名字", *listed[0][1:]], *listed[2:], ["新的事项"]]
