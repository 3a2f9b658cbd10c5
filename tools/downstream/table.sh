#!/usr/bin/env bash
# Fine-tunes on the sample's four tasks from three starts and prints the table: pre-trained with TiMix, without mixing, from scratch.
#
#   tools/downstream/table.sh TIMIX_RUN NONE_RUN [DIR] [key=value …]
#
# TIMIX_RUN and NONE_RUN are directories of pre-trained runs of recipe sample (same seed, same steps). DIR (default runs-downstream)
# takes the runs; those that are finished there are not run again. TASKS (all four) says which tasks, TIMIX (the program), DATA
# (data/sample), SEED (1) and THREADS (1) are taken from the environment too. Settings go to every run.
#
# The default is small for retrieval, captioning and grounding: half the recipe's batch and 150 steps, some 9 minutes of one core.
# Questions need more. Their two pre-trained starts first go through 600 steps of sample-full, mixing as the start did, so that fusion
# encoder and decoder do not begin from nothing; then come the 1,500 steps of the recipe. Some 70 minutes of one core.
set -euo pipefail

timix=${TIMIX:-timix} data=${DATA:-data/sample} seed=${SEED:-1} threads=${THREADS:-1}
[ $# -ge 2 ] || { echo "usage: $0 TIMIX_RUN NONE_RUN [DIR] [key=value …]" >&2; exit 2; }
with=$1 without=$2 dir=${3:-runs-downstream}
shift $(($# < 3 ? $# : 3))
for start in "$with" "$without"; do
  [ -d "$start/snapshots" ] || { echo "$0: $start is no run with snapshots" >&2; exit 2; }
done
settings=("$@")
quick=(data.validation= run.evaluateEvery=0 run.keepSnapshots=1)
small=("${quick[@]}" optimization.steps=150 optimization.warmupSteps=15 optimization.microBatches=2 run.snapshotEvery=150)
full=("${quick[@]}" optimization.steps=600 optimization.warmupSteps=60 mix.rampSteps=100 run.snapshotEvery=100 "data.tests={}")

number() { # FILE SPLIT METRIC
  python3 -c 'import json, sys; print("%.2f" % json.load(open(sys.argv[1]))["evaluation"][sys.argv[2]][sys.argv[3]])' "$@"
}

one() { # TASK START INIT [key=value …]
  local task=$1 run="$1-$2-s$seed" init=$3
  shift 3
  if [ ! -f "$dir/$run/summary.json" ]; then
    rm -rf "${dir:?}/$run"
    echo "$run" >&2
    "$timix" train "sample-$task" --run "$run" --runs-dir "$dir" --data-dir "$data" --seed "$seed" --threads "$threads" --quiet \
      --set "$@" ${init:+"model.init=$init"} "${settings[@]}" >"$dir/$run.log" 2>&1 || { cat "$dir/$run.log" >&2; exit 1; }
  fi
}

mkdir -p "$dir"
for task in ${TASKS:-retrieval vqa captioning grounding}; do
  if [ "$task" = vqa ]; then
    one full timix "$with" "${full[@]}" mix.method=timix
    one full none "$without" "${full[@]}" mix.method=none
    one vqa timix "$dir/full-timix-s$seed" "${quick[@]}"
    one vqa none "$dir/full-none-s$seed" "${quick[@]}"
    one vqa scratch "" "${quick[@]}"
  else
    one "$task" timix "$with" "${small[@]}"
    one "$task" none "$without" "${small[@]}"
    one "$task" scratch "" "${small[@]}"
  fi
done

echo "| task | metric | split | TiMix | no mixing | from scratch |"
echo "|---|---|---|---|---|---|"
row() { # TASK METRIC NAME
  [[ " ${TASKS:-$1} " == *" $1 "* ]] || return 0
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
