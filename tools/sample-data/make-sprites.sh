#!/usr/bin/env bash
# Makes src/TiMix.Data/Sample/sprites again from the npm packages. See README.md.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
output="${1:-$here/../../src/TiMix.Data/Sample/sprites}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

for tool in npm python3 rsvg-convert tar; do
    command -v "$tool" >/dev/null || { echo "$tool is missing (rsvg-convert is in Debian's librsvg2-bin)" >&2; exit 1; }
done

unpack() { # folder package@version
    local archive
    archive="$(cd "$work" && npm pack --silent "$2" | tail -n 1)"
    mkdir "$work/$1"
    tar -xzf "$work/$archive" -C "$work/$1" --strip-components=1
}

unpack noto @iconify-json/noto@1.2.9
unpack twemoji @iconify-json/twemoji@1.2.5
unpack fluent-emoji-flat @iconify-json/fluent-emoji-flat@1.2.6
unpack emojione @iconify-json/emojione@1.2.3
unpack emojibase-data emojibase-data@17.0.0

python3 "$here/make-sprites.py" "$work" "$output"
