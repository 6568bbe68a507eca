# The commands of listeners: process groups, which have to end with their run.

# This machine since it started: process ids mean nothing elsewhere.
find_here() { # sets $here
  ask uname -n || fail "the name of this machine is not known: $problem"
  here=$answer
  contents_of /proc/sys/kernel/random/boot_id || contents=$(sysctl -n kern.boottime 2>/dev/null)
  here=$here${contents:+"$newline$contents"}
}

any_alive() { # LEADER...
  for pid; do
    if kill -0 "-$pid" 2>/dev/null; then return 0; fi
  done
  return 1
}

# `kill -SIGNAL -GROUP` is what dash, bash and BusyBox all take; BusyBox knows no `--` here.
group_ends() { # LEADER...: ends process groups, those that do not listen after a second
  for pid; do kill -TERM "-$pid" 2>/dev/null || kill -s TERM "$pid" 2>/dev/null; done
  tries=10
  while [ "$tries" -gt 0 ] && any_alive "$@"; do
    tries=$((tries - 1))
    sleep 0.1 2>/dev/null || { sleep 1 && tries=0; } # Not every sleep knows parts of a second.
  done
  for pid; do kill -KILL "-$pid" 2>/dev/null || kill -s KILL "$pid" 2>/dev/null; done
}

is_still() { # PID START: whether that process is there, and is the one that began then (as /proc counts)
  case $1 in '' | *[!0-9]* | 0 | 1) return 1 ;; esac
  [ -r "/proc/$1/stat" ] || { [ ! -d /proc/self ] && kill -s 0 "$1" 2>/dev/null; } || return 1
  [ "$2" != - ] || return 0
  contents_of "/proc/$1/stat" || return 1
  set -- "$2" ${contents##*') '}
  [ "$2" != Z ] && [ "$1" = "${21-}" ]
}

has_ended() { # PID: also of a child that nobody waited for yet
  if [ -r "/proc/$$/stat" ] || [ -r "/proc/$1/stat" ]; then
    ask cat "/proc/$1/stat" 2>/dev/null || {
      [ ! -e "/proc/$1/stat" ] # One that cannot be looked at counts as alive.
      return $?
    }
    set -- ${answer##*') '}
    [ "$1" = Z ] || [ "$1" = X ]
  else
    kill -s 0 "$1" 2>/dev/null || return 0
    case $(ps -o stat= -p "$1" 2>/dev/null) in *Z*) ;; *) return 1 ;; esac
  fi
}

# A subshell has no variable of its own for this, but its children do.
process_id() { # FILE: writes the id of this very shell there, and sets $contents to it
  # shellcheck disable=SC2016 # for the inner shell to expand
  sh -c 'printf "%s\n" "$PPID"' >"$1" 2>/dev/null
  contents_of "$1"
}

find_leaders() { # RUN-DIRECTORY: sets $leaders to the process groups of its listeners that are here
  leaders=''
  set +f
  for file in "$1"/commands/*; do
    set -f
    if ! contents_of "$file"; then continue; fi
    pid=${contents%% *}
    if is_still "$pid" "${contents##* }"; then leaders="$leaders $pid"; fi
  done
  set -f
}

commands_end() { # RUN-DIRECTORY: ends what its listeners still run here
  find_here
  if ! contents_of "$1/here" || [ "$contents" != "$here" ]; then return 0; fi
  find_leaders "$1"
  group_ends $leaders
  find_leaders "$1"
  [ -z "$leaders" ] || warn "a listener's command goes on, as another user:$leaders"
}

wait_at_most() { # SECONDS PID: waits for a child, and kills it when it takes longer
  (
    left=$1
    while [ "$left" -gt 0 ] && sleep 1; do left=$((left - 1)); done
    kill -s KILL "$2"
  ) >/dev/null 2>&1 &
  killer=$!
  wait "$2" 2>/dev/null
  kill -s KILL "$killer" 2>/dev/null
}
