#!/usr/bin/env bash
# The all-reduce here (shared memory, then links only) and by Gloo, by turns, one thread a process; prints medians in ms and ratios.
# Needs: sudo apt install python3-torch
set -euo pipefail
cd "$(dirname "$0")/../.."
dotnet build -c Release tools/benchmarks-exchange -v q --nologo > /dev/null
python=${PYTHON:-/usr/bin/python3}
"$python" -c "import torch" || { echo 'python3-torch is missing: sudo apt install python3-torch' >&2; exit 1; }
here="tools/benchmarks-exchange/bin/Release/net10.0/TiMix.Exchange.Benchmarks allreduce"
rounds=${1:-3}
for members in 2 4; do
  for megabytes in 20 350; do
    for _ in $(seq "$rounds"); do
      $here $members $megabytes | sed 's/^/shared /'
      $here $members $megabytes --no-shared-memory | sed 's/^/links /'
      OMP_NUM_THREADS=1 "$python" tools/compare/allreduce_gloo.py $members $megabytes 2> /dev/null | sed 's/^/gloo /'
    done | sort -k1,1 -k2,2n | awk -v what="$members members, $megabytes MB" '{ v[$1] = v[$1] " " $2; n[$1]++ }
      END { for (k in v) { split(v[k], a, " "); m[k] = a[int((n[k] + 1) / 2)] }
        printf "%s: shared memory %.1f ms, links %.1f, gloo %.1f; gloo/shared %.1f, gloo/links %.2f\n", what, m["shared"], m["links"], m["gloo"], m["gloo"] / m["shared"], m["gloo"] / m["links"] }'
  done
done
