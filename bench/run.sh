#!/usr/bin/env bash
# Measures Kindred on this machine, building it first where that is needed. docs/benchmarks.md explains the figures.
#
#   bench/run.sh [--corpus URI --model DIR] [--quick] --json FILE [--plot FILE.png]      bench/run.sh --help
#
# KINDRED_BENCH_MEMORY   heap of the comparing process (default 6g); whole runs have 2 GiB a core
# TMPDIR                 where the runs' warehouses go; 8 GB for TinyShakespeare with its model
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target="$home/bench/target"

if [ -n "${JAVA_HOME:-}" ]; then java="$JAVA_HOME/bin/java"; else java=java; fi
if ! "$java" -version > /dev/null 2>&1; then
  echo "bench: no Java found; install JDK 17 or set JAVA_HOME" >&2
  exit 2
fi

is_current() {
  [ -s "$target/bench.classpath" ] &&
    [ -z "$(find "$home/pom.xml" "$home"/{pipeline,jobs,bench}/{pom.xml,src/main} "$home/conf/kindred.conf" \
      -newer "$target/bench.classpath" -print -quit)" ] &&
    tr ':' '\n' < "$target/bench.classpath" | while read -r entry; do [ -e "$entry" ] || exit 1; done
}

if ! is_current; then
  echo "bench: building" >&2
  if ! (cd "$home" && mvn -B -ntp -q -pl jobs,bench -am -DskipTests -Dspotless.check.skip package) >&2; then
    echo "bench: the build failed" >&2
    exit 1
  fi
  touch "$target/bench.classpath" # Maven leaves it alone if it would say the same again.
fi

module_options=$(sed -n 's:.*<spark.java.options>\(.*\)</spark.java.options>.*:\1:p' "$home/pom.xml")

export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
# One engine thread a task, as in a run. The settings of Spark are those of conf/spark-local.conf.
spark_conf=()
while read -r key value; do
  case $key in '' | '#'*) ;; *) spark_conf+=("-D$key=$value") ;; esac
done < "$home/conf/spark-local.conf"

# shellcheck disable=SC2086  # options are words
exec "$java" -Xmx"${KINDRED_BENCH_MEMORY:-6g}" $module_options \
  -Dkindred.home="$home" -Djava.awt.headless=true -Djava.io.tmpdir="${TMPDIR:-/tmp}" -Djmh.ignoreLock=true \
  -Dlog4j2.configurationFile="$home/conf/log4j2.properties" \
  "${spark_conf[@]}" \
  -cp "$target/classes:$(cat "$target/bench.classpath")" \
  dev.kindred.bench.Bench "$@"
