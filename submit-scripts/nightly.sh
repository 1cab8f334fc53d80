#!/usr/bin/env bash
# The nightly run, for schedulers: runs, expires old runs if that went well, and keeps a log of each night.
#
#   submit-scripts/nightly.sh FILE [options for spark-submit]
#
# FILE has what to run, see conf/nightly.env.example. It is read, never executed.
#
# Exit status, also in the last line of the log:
#   0    published, or nothing to do
#   1    a bug, or the cluster failed (also whatever went wrong in cluster deploy mode)
#   2    the input or FILE cannot be used
#   3    the audit failed: the run is rejected, the one before stays
#   4    the warehouse is in use by another run, or the night before has not ended
#   128+ killed by a signal
set -uo pipefail
home=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
# shellcheck source=common.sh
. "$home/submit-scripts/common.sh"

[ $# -gt 0 ] || refuse "nightly.sh: which file? Copy conf/nightly.env.example"
file=$1
shift
[ -r "$file" ] && [ -f "$file" ] || refuse "$file: no such file; copy conf/nightly.env.example"

password='://[^/@]*:[^/@]*@'
run_args=()
submit_args=("$@")
declare -A setting=([ATTEMPTS]=2 [KEEP_LOGS]=30)
number=0
while IFS= read -r line || [ -n "$line" ]; do
  number=$((number + 1))
  line=${line%$'\r'} # of a file that Windows wrote
  [ "$number" -gt 1 ] || line=${line#$'\xef\xbb\xbf'}
  case $line in '' | '#'*) continue ;; *=*) ;; *) refuse "$file, line $number: expected NAME=value" ;; esac
  [[ ${line//$'\t'/} != *[[:cntrl:]]* ]] || refuse "$file, line $number: has a control character in it"
  key=${line%%=*}
  value=${line#*=}
  [[ ! $value =~ $password ]] ||
    refuse "$file, line $number: $key has a password in its URI, which would be logged; give it to Hadoop's credential provider"
  case $key in
    RUN_ARG)
      [[ ! $value =~ ^(--[a-z-]+)[[:space:]]+(.*)$ ]] ||
        refuse "$file, line $number: RUN_ARG is one argument; write RUN_ARG=${BASH_REMATCH[1]}=${BASH_REMATCH[2]}"
      run_args+=("$value")
      ;;
    SUBMIT_ARG) submit_args+=("$value") ;;
    MASTER | DEVICE | DEPLOY_MODE | SPARK_CONF | SPARK_HOME | JAVA_HOME | HADOOP_CONF_DIR | KINDRED_JAR | KINDRED_MEMORY)
      export "$key=$value"
      ;;
    CORPUS | MODEL | WAREHOUSE | KEEP | ATTEMPTS | LOG_DIR | KEEP_LOGS) setting[$key]=$value ;;
    *) refuse "$file, line $number: $key is not a setting; docs/operations.md and conf/nightly.env.example have them" ;;
  esac
done < "$file"

if [ -z "${MASTER:-}" ]; then
  [ -e "$home/pom.xml" ] || refuse "$file: MASTER is not set; give that of a cluster, or local[*] for this machine"
  [ ${#submit_args[@]} -eq 0 ] ||
    refuse "$file: SUBMIT_ARG=${submit_args[0]} is for spark-submit, which needs MASTER; local[*] is this machine"
fi
for key in WAREHOUSE LOG_DIR; do
  [ -n "${setting[$key]:-}" ] || refuse "$file: $key is not set"
done
for key in KEEP ATTEMPTS KEEP_LOGS; do
  [[ ${setting[$key]:-1} =~ ^[1-9][0-9]{0,5}$ ]] || refuse "$file: $key=${setting[$key]}: expected a whole number from 1"
done
# spark-submit may end with 0 although the driver failed there (SPARK-26365).
[[ ${MASTER:-} != k8s://* || ${DEPLOY_MODE:-client} = client ]] ||
  refuse "$file: DEPLOY_MODE=$DEPLOY_MODE does not tell on Kubernetes how a night went; use client, in a pod"
command -v flock > /dev/null || refuse "no flock; install util-linux"
mkdir -p "${setting[LOG_DIR]}" 2> /dev/null && [ -w "${setting[LOG_DIR]}" ] ||
  refuse "$file: LOG_DIR=${setting[LOG_DIR]}: cannot be written"

log=${setting[LOG_DIR]}/kindred-$(date -u +%Y%m%d-%H%M%S)-$$.log
started=$SECONDS
: >> "$log"
exec 8>&1 > >(exec tee -a "$log" >&8) 2>&1
tee=$!

# Says how the night went, in the last line of its log, and ends.
finish() {
  # Only once tee has ended is all that was said in the log.
  exec >&8 2>&8
  wait "$tee"
  local word
  case $1 in
    0) word=done ;; 2) word=refused ;; 3) word=rejected ;; 4) word=busy ;; 1) word=failed ;; *) word=killed ;;
  esac
  local run
  run=$(sed -n 's/^kindred: .*\brun_id=\(r-[^ ]*\).*/\1/p' "$log" | tail -n 1)
  echo "kindred: nightly outcome=$word status=$1 run_id=${run:--} attempts=$attempt seconds=$((SECONDS - started)) log=$log" |
    tee -a "$log"
  exit "$1"
}

# Nights never overlap. The driver inherits the lock: it is held until the last process of the night has gone.
attempt=0
exec 9> "${setting[LOG_DIR]}/nightly.lock"
if ! flock -n 9; then
  echo "kindred: the night before has not ended: ${setting[LOG_DIR]}/nightly.lock is held"
  finish 4
fi

logs=("${setting[LOG_DIR]}"/kindred-????????-??????-*.log)
excess=$((${#logs[@]} - setting[KEEP_LOGS]))
[ "$excess" -le 0 ] || rm -f -- "${logs[@]:0:excess}"

child=
stopped=
stop() {
  stopped=yes
  [ -z "$child" ] || kill -TERM "$child"
}
trap stop TERM INT HUP

# Runs a command of Kindred; its exit status is in $status.
kindred() {
  if [ -n "${MASTER:-}" ]; then
    "$home/submit-scripts/submit.sh" "${submit_args[@]}" -- "$@" &
  else
    "$home/submit-scripts/kindred.sh" "$@" &
  fi
  child=$!
  # A signal that is caught ends wait, not the child.
  while :; do
    wait "$child"
    status=$?
    kill -0 "$child" 2> /dev/null || break
  done
  child=
}

run=(run --warehouse "${setting[WAREHOUSE]}")
[ -z "${setting[CORPUS]:-}" ] || run+=(--corpus "${setting[CORPUS]}")
[ -z "${setting[MODEL]:-}" ] || run+=(--model "${setting[MODEL]}")
run+=("${run_args[@]}")

echo "kindred: nightly started $(date -u +%Y-%m-%dT%H:%M:%SZ) master=${MASTER:-local} warehouse=${setting[WAREHOUSE]}"
for ((attempt = 1; ; attempt++)); do
  kindred "${run[@]}"
  case $status in 0 | 2 | 3 | 4) break ;; esac
  [ -z "$stopped" ] && [ "$attempt" -lt "${setting[ATTEMPTS]}" ] || break
  echo "kindred: attempt $attempt ended with status $status; again, from what it committed"
done

if [ "$status" = 0 ] && [ -n "${setting[KEEP]:-}" ]; then
  kindred expire --keep "${setting[KEEP]}" --warehouse "${setting[WAREHOUSE]}"
  [ "$status" = 0 ] || echo "kindred: the run is published; expiring older ones ended with status $status"
fi

finish "$status"
