#!/usr/bin/env bash
# Fine-tunes on the sample's four tasks from three starts and prints the table: pre-trained with TiMix, without mixing, from scratch.
#
#   tools/downstream/table.sh TIMIX_RUN NONE_RUN [DIR] [key=value …]
#
# TIMIX_RUN and NONE_RUN are directories of pre-trained runs of recipe sample (same seed, same steps). DIR (default runs-downstream)
# takes the twelve runs; those that are finished there are not run again. Settings go to every run; the default is small: a quarter of
# the scenes' batch and 150 steps, some 12 minutes of one core. TIMIX (the program), DATA (data/sample), SEED (1) and THREADS (1) are
# taken from the environment.
set -euo pipefail

timix=${TIMIX:-timix} data=${DATA:-data/sample} seed=${SEED:-1} threads=${THREADS:-1}
[ $# -ge 2 ] || { echo "usage: $0 TIMIX_RUN NONE_RUN [DIR] [key=value …]" >&2; exit 2; }
with=$1 without=$2 dir=${3:-runs-downstream}
shift $(($# < 3 ? $# : 3))
for start in "$with" "$without"; do
  [ -d "$start/snapshots" ] || { echo "$0: $start is no run with snapshots" >&2; exit 2; }
done
small=(optimization.steps=150 optimization.warmupSteps=15 optimization.microBatches=2 data.validation= run.evaluateEvery=0 run.snapshotEvery=150 run.keepSnapshots=1)

number() { # FILE SPLIT METRIC
  python3 -c 'import json, sys; print("%.2f" % json.load(open(sys.argv[1]))["evaluation"][sys.argv[2]][sys.argv[3]])' "$@"
}

one() { # TASK START INIT
  local run="$1-$2-s$seed"
  if [ ! -f "$dir/$run/summary.json" ]; then
    rm -rf "${dir:?}/$run"
    echo "$run" >&2
    "$timix" train "sample-$1" --run "$run" --runs-dir "$dir" --data-dir "$data" --seed "$seed" --threads "$threads" --quiet \
      --set "${small[@]}" ${3:+"model.init=$3"} "${settings[@]}" >"$dir/$run.log" 2>&1 || { cat "$dir/$run.log" >&2; exit 1; }
  fi
}

mkdir -p "$dir"
settings=("$@")
tasks=(retrieval vqa captioning grounding)
for task in "${tasks[@]}"; do
  one "$task" timix "$with"
  one "$task" none "$without"
  one "$task" scratch ""
done

echo "| task | metric | split | TiMix | no mixing | from scratch |"
echo "|---|---|---|---|---|---|"
row() { # TASK METRIC NAME
  for split in test heldout; do
    echo "| $1 | $3 | $split | $(number "$dir/$1-timix-s$seed/summary.json" $split "$2") | $(number "$dir/$1-none-s$seed/summary.json" $split "$2") | $(number "$dir/$1-scratch-s$seed/summary.json" $split "$2") |"
  done
}
row retrieval meanRecall "mean recall, %"
row retrieval rerankedMeanRecall "the same, re-ranked, %"
row vqa vqaAccuracy "VQA accuracy, %"
row captioning bleu4 "BLEU-4"
row captioning cider "CIDEr (10 is perfect)"
row grounding groundingAccuracy "IoU at least 0.5, %"
