#!/usr/bin/env python3
"""Makes the sprite sheets and concepts.json of the sample corpus from unpacked npm packages.

usage: make-sprites.py PACKAGES_DIR OUTPUT_DIR
Each sheet is one SVG with every icon in its own cell, rasterised by one call of rsvg-convert.
"""
import json
import pathlib
import re
import subprocess
import sys

CELL, MARGIN, COLUMNS = 48, 1, 20
STYLES = {"noto": "noto", "twemoji": "twemoji", "fluent": "fluent-emoji-flat", "emojione": "emojione"}


def plain(code_point):
    """Lower case, without the variation selectors, which the packages do not use alike."""
    return "-".join(p for p in code_point.lower().split("-") if p not in ("fe0e", "fe0f"))


def slug(label):
    label = label.lower().replace("’", "").replace("'", "")
    return re.sub(r"[^a-z0-9]+", "-", label).strip("-")


class Style:
    def __init__(self, folder):
        self.data = json.loads((folder / "icons.json").read_text(encoding="utf-8"))
        chars = json.loads((folder / "chars.json").read_text(encoding="utf-8"))
        self.by_code_point = {plain(k): v for k, v in chars.items()}

    def icon(self, code_point, label):
        name = self.by_code_point.get(code_point, slug(label))
        alias = self.data.get("aliases", {}).get(name)
        if alias:
            if set(alias) - {"parent"}:
                raise SystemExit(f"{name}: the alias is transformed, choose another concept")
            name = alias["parent"]
        return self.data["icons"].get(name)

    def cell(self, icon, prefix, x, y):
        get = lambda key, default: icon.get(key, self.data.get(key, default))
        box = f'{get("left", 0)} {get("top", 0)} {get("width", 16)} {get("height", 16)}'
        body = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}\1"', icon["body"])
        body = re.sub(r'url\(#([^)]+)\)', rf'url(#{prefix}\1)', body)
        body = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}\1"', body)
        side = CELL - 2 * MARGIN
        return f'<svg x="{x + MARGIN}" y="{y + MARGIN}" width="{side}" height="{side}" viewBox="{box}">{body}</svg>'


def read_concepts(path, labels):
    concepts, names = [], set()
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        group = None
        for word in line.split():
            some, word = word.endswith("*"), word.rstrip("*")
            code_point, _, name = word.partition("=")
            name = (name.replace("_", " ") if name else slug(labels[code_point]).replace("-", " "))
            if not re.fullmatch(r"[a-z]+( [a-z]+){0,2}", name) or name in names or " and " in name:
                raise SystemExit(f"{code_point}: '{name}' is no plain name of one to three words, or occurs twice")
            names.add(name)
            group = group or name
            # "an hourglass" but "a unicorn": the only names of the list that the first letter does not settle
            vowel = name[0] in "aeiou" and not name.startswith(("uni", "eu", "ewe")) or name.startswith("hourglass")
            concepts.append({"codePoint": code_point, "name": name, "group": group,
                             "article": "some" if some else "an" if vowel else "a", "cell": len(concepts)})
    return concepts


def main(packages, output):
    here = pathlib.Path(__file__).parent
    data = json.loads((packages / "emojibase-data/en/data.json").read_text(encoding="utf-8"))
    labels = {plain(e["hexcode"]): e["label"] for e in data}
    concepts = read_concepts(here / "concepts.txt", labels)
    rows = -(-len(concepts) // COLUMNS)
    output.mkdir(parents=True, exist_ok=True)
    for file, package in STYLES.items():
        style, cells = Style(packages / package), []
        for c in concepts:
            icon = style.icon(c["codePoint"], labels[c["codePoint"]])
            if icon is None:
                raise SystemExit(f'{c["codePoint"]} {c["name"]}: not in {package}')
            x, y = c["cell"] % COLUMNS * CELL, c["cell"] // COLUMNS * CELL
            cells.append(style.cell(icon, f'c{c["cell"]}-', x, y))
        size = f'width="{COLUMNS * CELL}" height="{rows * CELL}"'
        svg = (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {size}>'
               + "\n".join(cells) + "</svg>")
        subprocess.run(["rsvg-convert", "--unlimited", "-o", str(output / f"{file}.png")],
                       input=svg.encode(), check=True)
    lines = ",\n".join("    " + json.dumps(c) for c in concepts)
    (output / "concepts.json").write_text(
        f'{{\n  "cellSize": {CELL},\n  "columns": {COLUMNS},\n  "concepts": [\n{lines}\n  ]\n}}\n', encoding="utf-8")
    print(f"{len(concepts)} concepts in {len({c['group'] for c in concepts})} groups")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
