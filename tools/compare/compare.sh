#!/usr/bin/env bash
# The plain contrastive step here and in Python, by turns, one thread each; prints both medians and their ratio.
# Needs: sudo apt install python3-torch libopenblas0-openmp
set -euo pipefail
cd "$(dirname "$0")/../.."
dotnet build -c Release tools/benchmarks -v q --nologo > /dev/null
${PYTHON:-/usr/bin/python3} -c "import torch" || { echo 'python3-torch is missing: sudo apt install python3-torch libopenblas0-openmp' >&2; exit 1; }
rounds=${1:-5}
for _ in $(seq "$rounds"); do
  dotnet tools/benchmarks/bin/Release/net10.0/TiMix.Benchmarks.dll plain | sed 's/.*: /here /'
  OMP_NUM_THREADS=1 OPENBLAS_CORETYPE=SkylakeX "${PYTHON:-/usr/bin/python3}" tools/compare/plain_step.py | sed 's/.*: /python /'
done | sort -k1,1 -k2,2n | awk '{ v[$1] = v[$1] " " $2; n[$1]++ }
  END { for (k in v) { split(v[k], a, " "); m[k] = a[int((n[k] + 1) / 2)]; print k, m[k], "samples/s" } print "ratio", m["here"] / m["python"] }'
