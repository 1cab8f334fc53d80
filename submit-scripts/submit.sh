#!/usr/bin/env bash
# Submits a command of Kindred to a cluster, or to this machine, with the spark-submit of SPARK_HOME (or of PATH).
#
#   MASTER=yarn submit-scripts/submit.sh run --corpus hdfs:///corpus --model hdfs:///model --warehouse hdfs:///warehouse
#   MASTER=spark://host:7077 submit-scripts/submit.sh --executor-memory 8g --conf spark.cores.max=32 -- run --prompts 500
#
# What stands before the first -- goes to spark-submit, what follows to Kindred; without a -- all is for Kindred. Every
# argument arrives as it is.
#
# MASTER          spark://host:port, yarn, k8s://https://host:port, or local[*] for this machine
# DEVICE          cpu (default) or gpu
# DEPLOY_MODE     client (default): the driver runs here; cluster (YARN and Kubernetes): it runs there
# SPARK_CONF      a file of further Spark settings, which win over those of conf/cluster
# KINDRED_MEMORY  heap with MASTER=local[*] (default 6g); on a cluster give spark-submit --driver-memory
# KINDRED_JAR     the jar (default: lib/ or jobs/target/ of this folder); local:///path if each host has it there
#
# Exit status, in client mode: the program's, see docs/operations.md.
set -euo pipefail
home=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
# shellcheck source=common.sh
. "$home/submit-scripts/common.sh"

use_utf8

options=()
for ((i = 1; i <= $#; i++)); do
  if [ "${!i}" = -- ]; then
    options=("${@:1:i-1}")
    shift "$i"
    break
  fi
done

master=${MASTER:-}
case $master in
  spark://*) kind=standalone ;;
  yarn) kind=yarn ;;
  k8s://*) kind=kubernetes ;;
  local | local\[*\]) kind=local ;;
  '') refuse "MASTER is not set; give spark://host:port, yarn, k8s://https://host:port or local[*]" ;;
  *) refuse "MASTER=$master: expected spark://host:port, yarn, k8s://https://host:port or local[*]" ;;
esac

if [ "$kind" = local ]; then
  files=("$home/conf/spark-local.conf")
else
  files=("$home/conf/cluster/common.conf" "$home/conf/cluster/$kind.conf")
fi

case ${DEVICE:-cpu} in
  cpu) ;;
  gpu)
    [ "$kind" != local ] || refuse "DEVICE=gpu: on a cluster only, of one host if need be; MASTER is $master"
    files+=("$home/conf/cluster/gpu.conf")
    [ ! -e "$home/conf/cluster/gpu-$kind.conf" ] || files+=("$home/conf/cluster/gpu-$kind.conf")
    ;;
  *) refuse "DEVICE=$DEVICE: expected cpu or gpu" ;;
esac

case ${DEPLOY_MODE:-client}:$kind in
  client:*) ;;
  cluster:local) refuse "DEPLOY_MODE=cluster: on YARN and Kubernetes only; MASTER is $master" ;;
  cluster:standalone) refuse "DEPLOY_MODE=cluster: on YARN and Kubernetes only; a standalone cluster does not say how the driver ended" ;;
  cluster:*) ;;
  *) refuse "DEPLOY_MODE=$DEPLOY_MODE: expected client or cluster" ;;
esac

spark_submit=${SPARK_HOME:+$SPARK_HOME/bin/}spark-submit
command -v "$spark_submit" > /dev/null || refuse "no $spark_submit; set SPARK_HOME to a Spark 4.1 distribution"

jar=${KINDRED_JAR:-}
if [ -z "$jar" ]; then
  # The newest: those of earlier versions stay there.
  jar=$(ls -t "$home"/lib/kindred-jobs-*-spark.jar 2> /dev/null | head -n 1 || true)
  [ -n "$jar" ] || jar=$(ls -t "$home"/jobs/target/kindred-jobs-*-spark.jar 2> /dev/null | head -n 1 || true)
  [ -e "$jar" ] ||
    refuse "no jobs jar in $home/lib or $home/jobs/target; build it with: mvn -pl jobs -am -DskipTests package"
fi

if [ "${DEPLOY_MODE:-client}:$kind" = cluster:kubernetes ] && [[ $jar != local:///* ]]; then
  refuse "KINDRED_JAR=$jar: a driver pod cannot read it; give the image's, local:///opt/kindred/lib/kindred-jobs-spark.jar"
fi

# Settings become options of spark-submit, so that spark-defaults.conf still counts, below them. The user's own file is
# not copied to the command line, which others can see; it wins since its settings are left out of ours.
declare -A value
keys=()
for file in "${files[@]}"; do
  while read -r key rest; do
    case $key in '' | '#'* | spark.master) continue ;; esac
    [ -n "${value[$key]+set}" ] || keys+=("$key")
    value[$key]=$rest
  done < "$file"
done

if [ "$kind" = local ]; then # all work is in the driver
  check_memory "${KINDRED_MEMORY:-6g}"
  check_machine
  use_loopback
  keys+=(spark.driver.memory)
  value[spark.driver.memory]=${KINDRED_MEMORY:-6g}
fi

settings=()
if [ -n "${SPARK_CONF:-}" ]; then
  [ -r "$SPARK_CONF" ] || refuse "SPARK_CONF=$SPARK_CONF: no such file"
  while read -r key _; do
    unset "value[${key%%[=:]*}]"
  done < <(grep -Ev '^[[:space:]]*([#!]|$)' "$SPARK_CONF")
  settings+=(--properties-file "$SPARK_CONF" --load-spark-defaults)
fi

for key in "${keys[@]}"; do
  [ -z "${value[$key]+set}" ] || settings+=(--conf "$key=${value[$key]}")
done

[ "${DEVICE:-cpu}:$kind" != gpu:yarn ] || settings+=(--files "$home/submit-scripts/discover-gpus.sh")

if [ "${DEPLOY_MODE:-client}" = client ]; then
  # Options of this JVM, the driver, beside those that spark.driver.extraJavaOptions may have. Spark reads quotes.
  quoted=${home//\\/\\\\}
  quoted=${quoted//\"/\\\"}
  SPARK_SUBMIT_OPTS="${SPARK_SUBMIT_OPTS:+$SPARK_SUBMIT_OPTS }\"-Dkindred.home=$quoted\""
  SPARK_SUBMIT_OPTS+=" -Dkindred.launcher=submit-scripts/submit.sh"
  case ${SPARK_SUBMIT_OPTS} in
    *-Dlog4j2.configurationFile=*) ;;
    *) SPARK_SUBMIT_OPTS+=" \"-Dlog4j2.configurationFile=$quoted/conf/log4j2.properties\"" ;;
  esac
  export SPARK_SUBMIT_OPTS MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
fi

exec "$spark_submit" --master "$master" --deploy-mode "${DEPLOY_MODE:-client}" --class dev.kindred.jobs.Kindred \
  "${settings[@]}" "${options[@]}" "$jar" "$@"
