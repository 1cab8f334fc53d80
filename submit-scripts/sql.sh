#!/usr/bin/env bash
# SQL over a warehouse in a local Spark: tables kindred.current.*, kindred.runs and the functions of docs/sql.md.
#
#   submit-scripts/sql.sh                                      asks for statements
#   submit-scripts/sql.sh -e "select * from kindred.runs"      runs them; -f FILE those of a file
#                         [--format table|csv|json] [--warehouse DIR]
#
# KINDRED_WAREHOUSE   the warehouse, unless --warehouse names it (default: warehouse)
# KINDRED_MEMORY      heap of the one Java process (default 2g)
set -euo pipefail

case " $* " in
  *" --warehouse "* | *" --warehouse="*) warehouse= ;;
  *) warehouse=${KINDRED_WAREHOUSE:-} ;;
esac

export KINDRED_MEMORY="${KINDRED_MEMORY:-2g}"
exec "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/kindred.sh" sql ${warehouse:+--warehouse "$warehouse"} "$@"
