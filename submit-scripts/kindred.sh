#!/usr/bin/env bash
# Runs a command of Kindred in a local Spark, building the project first where that is needed.
#
#   submit-scripts/kindred.sh <command> [options]      submit-scripts/kindred.sh --help
#
# KINDRED_MEMORY   heap of the one Java process (default 6g)
# KINDRED_JAVA     further options for java
set -euo pipefail
home=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
# shellcheck source=common.sh
. "$home/submit-scripts/common.sh"

check_memory "${KINDRED_MEMORY:-6g}"
check_machine
use_utf8
use_loopback

if [ -n "${JAVA_HOME:-}" ]; then java="$JAVA_HOME/bin/java"; else java=java; fi
command -v "$java" > /dev/null || refuse "no $java; install JDK 17 or set JAVA_HOME"
if ! version=$("$java" -version 2>&1); then
  refuse "$java does not start: $(grep -v '^Picked up' <<< "$version" | head -n 3 | paste -sd " ")"
fi
case $version in
  *'version "17'[.\"-]* | *'version "21'[.\"-]*) ;;
  *) refuse "$java is $(grep -m 1 ' version ' <<< "$version" || echo "of an unknown version"); install JDK 17 or 21, or set JAVA_HOME to one" ;;
esac

[ -e "$home/pom.xml" ] ||
  refuse "$home has no sources to build from; there, MASTER='local[*]' submit-scripts/submit.sh runs commands"
[[ $home != *:* ]] || refuse "$home: Java's class path cannot have a colon in it; move or rename the folder"

jar() {
  # The newest: those of earlier versions stay there.
  ls -t "$home"/jobs/target/kindred-jobs-*-spark.jar 2> /dev/null | head -n 1
}

is_current() {
  [ -n "$(jar)" ] && [ -s "$home/jobs/target/spark.classpath" ] &&
    [ -z "$(find "$home/pom.xml" "$home"/{pipeline,udfs,jobs}/{pom.xml,src/main} "$home/conf/kindred.conf" \
      "$home/data-schemas" -newer "$(jar)" -print -quit)" ] &&
    # The class path names files of the local Maven repository, which may have gone.
    tr ':' '\n' < "$home/jobs/target/spark.classpath" | while read -r entry; do [ -e "$entry" ] || exit 1; done
}

if ! is_current; then
  echo "kindred: building (the first time also downloads Spark and PyTorch)" >&2
  if ! (cd "$home" && mvn -B -ntp -q -pl jobs -am -DskipTests -Dspotless.check.skip package) >&2; then
    echo "kindred: the build failed" >&2
    exit 1
  fi
fi

spark_conf=()
while read -r key value; do
  case $key in '' | '#'*) ;; *) spark_conf+=("-D$key=$value") ;; esac
done < "$home/conf/spark-local.conf"

# What Spark adds to the JVMs that it starts itself.
module_options=$(sed -n 's:.*<spark.java.options>\(.*\)</spark.java.options>.*:\1:p' "$home/pom.xml")

# How wide the terminal is that progress is drawn on; 0 if standard error is none.
columns=0
if [ -t 2 ]; then columns=$(stty size <&2 2> /dev/null | cut -d ' ' -f 2 || true); fi
case $columns in '' | *[!0-9]*) columns=0 ;; esac

export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"

# Classes as this Java wants them in memory, which the first sql after a build leaves when it ends: the next ones answer
# in half the time. A file without anything in it says that this Java cannot leave them.
archive="$home/jobs/target/classes-$(cksum <<< "$version" | cut -d ' ' -f 1).jsa"
left=
class_data=()
if [ "$archive" -nt "$(jar)" ]; then
  if [ -s "$archive" ]; then class_data=(-XX:SharedArchiveFile="$archive"); fi
elif [ "${1:-}" = sql ] && [ -w "$home/jobs/target" ]; then
  echo "kindred: the first since the build, so that it ends some seconds later and the next ones start sooner" >&2
  left="$archive.$$"
  class_data=(-XX:ArchiveClassesAtExit="$left")
fi

# shellcheck disable=SC2086  # options are words
command=("$java" -Xmx"${KINDRED_MEMORY:-6g}" $module_options
  -Dkindred.home="$home" -Djava.awt.headless=true
  -Dlog4j2.configurationFile="$home/conf/log4j2-local.properties" -Dkindred.log=file -Dkindred.columns="$columns"
  -Xlog:cds=off -Xlog:cds+dynamic=off "${class_data[@]}" "${spark_conf[@]}" ${KINDRED_JAVA:-}
  -cp "$(jar):$(cat "$home/jobs/target/spark.classpath")"
  dev.kindred.jobs.Kindred "$@")
[ -n "$left" ] || exec "${command[@]}"

status=0
"${command[@]}" || status=$?
if [ "$status" = 0 ]; then
  [ -s "$left" ] || : > "$left"
  mv -f "$left" "$archive"
fi

rm -f "$left"
exit "$status"
