#!/usr/bin/env bash
# Makes a release of what is committed, in artifacts/:
#   timix-VERSION-linux-x64.tar.gz   a folder that runs where there is no .NET: timix-VERSION/timix
#   TiMix.VERSION.nupkg              for "dotnet tool install --global TiMix --add-source artifacts", where there is the .NET 10 SDK
# The version is in Directory.Build.props and nowhere else.
# usage: tools/release.sh [folder|tool]   (default: both)
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-both}
version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
commit=$(git rev-parse HEAD)
grep -qF "## [$version]" CHANGELOG.md || echo "note: CHANGELOG.md has no section [$version] yet"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1
out=$PWD/artifacts
mkdir -p "$out"
# A copy: what else is built here stays as it is, and nothing that is not committed gets in.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git archive "$commit" | tar -x -C "$work"
cd "$work"
build=(-c Release -v minimal --nologo -p:SourceRevisionId="$commit" -p:RestoreLockedMode=true)

# The packages of a project, with their licences, from what the restore found.
packages() { # $1: project.assets.json
  local root name version licence file
  root=$(sed -n 's/.*"packagesPath": "\(.*\)",/\1/p' "$1" | head -n 1)
  sed -n '/^  "libraries": {/,/^  }/s/^    "\(.*\)": {$/\1/p' "$1" | sort -u | while IFS=/ read -r name version; do
    file="$root${name,,}/${version,,}/${name,,}.nuspec"
    [ -f "$file" ] || continue # a project of this repository
    licence=$(tr '\r\n' '  ' < "$file" | sed -n 's:.*<license type="expression"[^>]*>\([^<]*\)</license>.*:\1:p')
    grep -q '<license type="file"' "$file" && licence="see the package"
    [ -n "$licence" ] || licence=$(tr '\r\n' '  ' < "$file" | sed -n 's:.*<licenseUrl>\([^<]*\)</licenseUrl>.*:\1:p')
    printf '%s %s  %s\n' "$name" "$version" "${licence:-see the package}"
  done
}

if [ "$what" != tool ]; then
  folder="$work/release/timix-$version"
  dotnet publish src/TiMix.Node "${build[@]}" -r linux-x64 --self-contained -o "$folder"
  cp LICENSE NOTICE README.md CHANGELOG.md "$folder/"
  cp -r docs "$folder/docs"
  packages src/TiMix.Node/obj/project.assets.json > "$folder/PACKAGES.txt"
  tar --sort=name --mode=u+w,go-w,a+rX --owner=0 --group=0 --numeric-owner -C "$work/release" -czf "$out/timix-$version-linux-x64.tar.gz" "timix-$version"
  echo "$out/timix-$version-linux-x64.tar.gz"
  rm -rf "$work/release"
fi

if [ "$what" != folder ]; then
  dotnet restore src/TiMix.Node -v quiet --nologo -p:RestoreLockedMode=true # the folder's was for its runtime
  packages src/TiMix.Node/obj/project.assets.json > PACKAGES.txt
  dotnet pack src/TiMix.Node "${build[@]}" -p:PackAsTool=true -o "$out"
  echo "$out/TiMix.$version.nupkg"
fi
