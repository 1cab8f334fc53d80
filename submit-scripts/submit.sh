#!/usr/bin/env bash
# Submits a command of Kindred to a cluster with the spark-submit of SPARK_HOME (or of PATH).
#
#   MASTER=yarn submit-scripts/submit.sh run --corpus hdfs:///corpus --model hdfs:///model --warehouse hdfs:///warehouse
#
# MASTER       as spark-submit takes it (default: what spark-defaults.conf says)
# SPARK_CONF   Spark's settings (default: conf/spark-cluster.conf; conf/spark-gpu.conf for executors with GPUs)
# SUBMIT_ARGS  further options for spark-submit, e.g. "--num-executors 20 --executor-cores 4 --executor-memory 8g"
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
spark_submit=${SPARK_HOME:+$SPARK_HOME/bin/}spark-submit
if ! command -v "$spark_submit" > /dev/null; then
  echo "kindred: no $spark_submit; set SPARK_HOME to a Spark 4.1 distribution" >&2
  exit 2
fi

jar=$(find "$home/jobs/target" -maxdepth 1 -name 'kindred-jobs-*-spark.jar' 2> /dev/null | head -n 1)
if [ -z "$jar" ]; then
  echo "kindred: no jobs jar in $home/jobs/target; build it with: mvn -pl jobs -am -DskipTests package" >&2
  exit 2
fi

spark_conf=${SPARK_CONF:-$home/conf/spark-cluster.conf}
if [ ! -r "$spark_conf" ]; then
  echo "kindred: SPARK_CONF=$spark_conf: no such file; name one such as $home/conf/spark-gpu.conf" >&2
  exit 2
fi

# shellcheck disable=SC2086  # options are words
exec "$spark_submit" ${MASTER:+--master "$MASTER"} --class dev.kindred.jobs.Kindred \
  --properties-file "$spark_conf" ${SUBMIT_ARGS:-} "$jar" "$@"
