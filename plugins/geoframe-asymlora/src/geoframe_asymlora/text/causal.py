"""Texts to learn to write, as token numbers and what is to be predicted of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_data import Message, Split

IGNORED = -100
"""Target of tokens that are read and not learned."""
LEARNED = "assistant"
"""The role whose messages are learned."""

Example = tuple[list[int], list[int]]
"""Token numbers, and the target of each."""


def causal_examples(split: Split, tokenizer: Any, max_length: int, separator: str) -> list[Example]:
    """Tokenize responses after their prompts, conversations, or texts that are learned whole.

    Raises
    ------
    DataError
        If an example has nothing to learn, or the tokenizer has no chat template.
    """
    end = [tokenizer.eos_token_id] if tokenizer.eos_token_id is not None else []
    # The start that the tokenizer itself gives a text: so the model is asked later.
    start = [each for each in tokenizer("")["input_ids"][:1] if each == tokenizer.bos_token_id]

    def tokens(text: str) -> list[int]:
        found: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
        return found

    if split.chats is not None:
        return [_chat(chat, tokenizer, max_length) for chat in split.chats]
    if split.seconds is None:
        room = max_length - len(start)
        rows = [tokens(text) + end for text in split.texts]
        pieces = [row[at : at + room] for row in rows for at in range(0, len(row), room)]
        # Of a single token nothing is predicted.
        return [_whole(start + piece) for piece in pieces if len(start + piece) > 1]
    found = []
    for number, (prompt, response) in enumerate(zip(split.texts, split.seconds, strict=True)):
        read, learned = tokens(prompt + separator), tokens(response) + end
        if not learned or len((start + read or end) + learned) < 2:
            raise DataError(
                f"'{shown(prompt)}' (example {number + 1}) has an empty response: nothing to learn"
            )
        found.append(_fitted(read, [IGNORED] * len(read), learned, max_length, start, end))
    return found


def _whole(ids: list[int]) -> Example:
    return ids, [IGNORED, *ids[1:]]


def _fitted(
    read: list[int],
    targets: list[int],
    learned: list[int],
    max_length: int,
    start: list[int],
    end: list[int],
) -> Example:
    """Cut an example: what is learned last has to fit; of what stands before it the end is kept."""
    room = max_length - len(start)
    learned = learned[: max(1, room - 1)]
    cut = max(0, len(read) + len(learned) - room)
    read, targets = start + read[cut:], [IGNORED] * len(start) + targets[cut:]
    if not read:  # something has to come before the first token that is learned
        read, targets = end, [IGNORED] * len(end)
    return read + learned, [IGNORED, *(targets + learned)[1:]]


def _chat(chat: Sequence[Message], tokenizer: Any, max_length: int) -> Example:
    """Lay a conversation out as the chat template does; what the assistant says is learned.

    Where the template lays out earlier answers in another way once there are later ones, the last
    answer alone is learned.
    """
    if not tokenizer.chat_template:
        raise DataError(
            "the tokenizer has no chat template; name a Jinja file with model.chat_template, or "
            "take another model"
        )
    answers = [place for place, (role, _) in enumerate(chat) if role == LEARNED]
    pieces: list[tuple[str, bool]] = []
    done = ""
    for place in answers:
        before = _rendered(chat[:place], tokenizer, ask=True)
        after = _rendered(chat[: place + 1], tokenizer, ask=False)
        if not before.startswith(done):
            pieces, done = [], ""
        if not after.startswith(before):
            raise DataError(
                f"'{shown(chat[place][1])}': the chat template does not put an answer after what "
                "it asks with (add_generation_prompt); name another one with model.chat_template"
            )
        pieces += [(before[len(done) :], False), (after[len(before) :], True)]
        done = after
    read: list[int] = []
    targets: list[int] = []
    learned: list[int] = []
    for text, learn in pieces:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        read, targets = read + learned, targets + learned
        learned = ids if learn else []
        if not learn:
            read, targets = read + ids, targets + [IGNORED] * len(ids)
    return _fitted(read, targets, learned, max_length, [], [])


def _rendered(chat: Sequence[Message], tokenizer: Any, *, ask: bool) -> str:
    messages = [{"role": role, "content": content} for role, content in chat]
    try:
        found: str = tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=ask
        )
    except Exception as error:  # templates of others raise what they like
        reason = " ".join(str(error).split())[:200]
        raise DataError(f"the chat template refuses '{shown(chat[0][1])}': {reason}") from None
    return found


def packed(examples: Sequence[Example], max_length: int) -> tuple[list[Example], list[list[int]]]:
    """Put examples one after the other, the longest first, each where it still fits.

    Returns
    -------
    tuple
        The packs, and the position of each token in its own example.
    """
    packs: list[Example] = []
    positions: list[list[int]] = []
    room: dict[int, list[int]] = {}
    for ids, targets in sorted(examples, key=lambda each: -len(each[0])):
        fitting = [left for left, open_packs in room.items() if open_packs and left >= len(ids)]
        left = min(fitting, default=max_length)
        if fitting:
            place = room[left].pop()
        else:
            place = len(packs)
            packs.append(([], []))
            positions.append([])
        packs[place][0].extend(ids)
        packs[place][1].extend(targets)
        positions[place].extend(range(len(ids)))
        room.setdefault(left - len(ids), []).append(place)
    return packs, positions
