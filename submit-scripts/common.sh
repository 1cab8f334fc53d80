# What the scripts of this folder share; they read it, nobody runs it. It expects $home, the folder above this one.

refuse() {
  echo "kindred: $1" >&2
  exit 2
}

# Names of files, prompts of the command line and what is printed are UTF-8, also under cron and systemd, which have no
# locale. Java takes the charset of names and arguments from the locale alone.
use_utf8() {
  local locale
  for locale in '' C.UTF-8 en_US.UTF-8; do
    case $(LC_ALL=${locale:-${LC_ALL:-}} locale charmap 2> /dev/null) in
      UTF-8)
        [ -z "$locale" ] || export LC_ALL="$locale"
        return
        ;;
    esac
  done
  export LC_ALL=C.UTF-8
}

# Checks a heap of this machine's one Java process.
check_memory() {
  local value=$1 digits=${1%[kKmMgG]}
  [[ $value =~ ^[1-9][0-9]{0,8}[kKmMgG]$ ]] ||
    refuse "KINDRED_MEMORY=$value: expected a whole number of megabytes or gigabytes, such as 2000m or 4g"
  case $value in
    *[kK]) digits=$((digits / 1024)) ;;
    *[gG]) digits=$((digits * 1024)) ;;
  esac
  [ "$digits" -ge 512 ] || refuse "KINDRED_MEMORY=$value: Spark needs 512m or more"
}

# Checks that files enough can be open, and that the user has a name.
check_machine() {
  local limit
  limit=$(ulimit -Hn)
  [ "$limit" = unlimited ] || [ "$limit" -ge 1024 ] ||
    refuse "only $limit files may be open at once; allow 1024 or more (ulimit -n)"
  # Hadoop asks for the user's name.
  id -un > /dev/null 2>&1 ||
    refuse "the user $(id -u) has no name; add a line for it to /etc/passwd (docker run: --volume /etc/passwd:/etc/passwd:ro)"
}

# All of a local Spark is on this machine, so it needs no name of the host that others can resolve.
use_loopback() {
  export SPARK_LOCAL_IP="${SPARK_LOCAL_IP:-127.0.0.1}" SPARK_LOCAL_HOSTNAME="${SPARK_LOCAL_HOSTNAME:-localhost}"
}
