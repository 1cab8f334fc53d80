#!/usr/bin/env bash
# Runs the whole experiment on this machine; without options on the embedded default corpus and model.
#
#   submit-scripts/run-local.sh [--corpus URI] [--model DIR] [--prompts N|FILE] [--prompt-seed S] [--window-length L]
#                               [--thresholds a,b,..] [--weights a,b,..] [--warehouse DIR] [--report FILE]
exec "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/kindred.sh" run "$@"
