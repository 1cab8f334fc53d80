#!/usr/bin/env bash
# Prints this host's NVIDIA GPUs in the form that Spark expects from a discovery script, by the numbers that CUDA
# gives them (with CUDA_DEVICE_ORDER=PCI_BUS_ID): {"name": "gpu", "addresses": ["0", "1"]}. See docs/gpu.md.
#
# CUDA_VISIBLE_DEVICES   if set, only these; CUDA numbers them from 0
set -euo pipefail

fail() {
  echo "discover-gpus.sh: $1" >&2
  exit 1
}

command -v nvidia-smi > /dev/null ||
  fail "no nvidia-smi on PATH; install the NVIDIA driver, or submit without spark.*.resource.gpu.*"
indexes=$(nvidia-smi --query-gpu=index --format=csv,noheader) || fail "nvidia-smi failed: $indexes"
echo "$indexes" | grep -qvE '^[0-9]+$' && fail "no GPUs: nvidia-smi prints '$indexes'"
count=$(echo "$indexes" | wc -l)

if [ -n "${CUDA_VISIBLE_DEVICES+set}" ]; then
  # CUDA ignores what follows the first device that does not exist.
  visible=$(echo "$CUDA_VISIBLE_DEVICES" | sed -E 's/(^|,)-1(,.*)?$//' | tr ',' '\n' | grep -c . || true)
  [ "$visible" -gt 0 ] || fail "no GPUs: CUDA_VISIBLE_DEVICES is '$CUDA_VISIBLE_DEVICES'"
  [ "$visible" -le "$count" ] ||
    fail "CUDA_VISIBLE_DEVICES=$CUDA_VISIBLE_DEVICES names $visible GPUs, nvidia-smi $count"
  count=$visible
fi

printf '{"name": "gpu", "addresses": ["0"'
[ "$count" -eq 1 ] || printf ', "%s"' $(seq 1 $((count - 1)))
printf ']}\n'
