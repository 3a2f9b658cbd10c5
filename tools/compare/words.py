#!/usr/bin/env python3
"""BERT's words, written down once more from the rules of transformers' BertTokenizer (do_lower_case, strip_accents,
tokenize_chinese_chars), with Python's own Unicode data.

    tools/compare/words.py decompositions > src/TiMix.Data/Text/decompositions.txt
    tools/compare/words.py reference > tests/fixtures/bert-words.txt

The first is what the program needs of NFD, which .NET does not have under invariant globalization. The second says of every
code point what becomes of it between two letters; the tests compare the program with it.
"""
import sys
import unicodedata

SYLLABLES = range(0xAC00, 0xD7A4)
CHINESE = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF),
           (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))


def code_points():
    return (code for code in range(0x110000) if not 0xD800 <= code < 0xE000)


def without_marks(text):
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")


def is_space(c):
    return c in " \t\n\r" or unicodedata.category(c) == "Zs"


def is_control(c):
    return c not in "\t\n\r" and unicodedata.category(c).startswith("C")


def is_punctuation(c):
    code = ord(c)
    ascii_symbol = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return ascii_symbol or unicodedata.category(c).startswith("P")


def is_chinese(c):
    return any(first <= ord(c) <= last for first, last in CHINESE)


def words(text):
    """BasicTokenizer.tokenize."""
    cleaned = ""
    for c in text:
        if ord(c) in (0, 0xFFFD) or is_control(c):
            continue
        cleaned += " " if is_space(c) else f" {c} " if is_chinese(c) else c
    found = []
    for token in cleaned.split():
        word = ""
        for c in without_marks(token.lower()):
            if is_punctuation(c):
                found += [word, c]
                word = ""
            else:
                word += c
        found.append(word)
    return [word for word in " ".join(found).split()]


def decompositions():
    for code in code_points():
        base = without_marks(chr(code))
        if code not in SYLLABLES and base != chr(code) and unicodedata.category(chr(code)) != "Mn":
            print(f"{code:X} {' '.join(f'{ord(c):X}' for c in base)}")


def behaviour(code):
    """gone, space, alone, in (as it is), or what it becomes."""
    split = words("a" + chr(code) + "b")
    if split == ["ab"]:
        return "gone"
    if split == ["a", "b"]:
        return "space"
    if split == ["a", chr(code), "b"]:
        return "alone"
    if split == ["a" + chr(code) + "b"]:
        return "in"
    return "=" + "|".join(" ".join(f"{ord(c):X}" for c in word) for word in split)


def reference():
    first, last, what = None, None, None
    for code in code_points():
        if unicodedata.category(chr(code)) == "Cn" or (code in SYLLABLES and code % 97):
            continue
        now = behaviour(code)
        if what == now and not now.startswith("=") and (last + 1 == code):
            last = code
            continue
        if what is not None:
            print(f"{first:X} {last:X} {what}")
        first, last, what = code, code, now
    print(f"{first:X} {last:X} {what}")


if __name__ == "__main__":
    {"decompositions": decompositions, "reference": reference}[sys.argv[1]]()
