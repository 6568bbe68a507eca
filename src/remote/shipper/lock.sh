# The lock: a symlink to the holder's token, kept by the beats in the holder's directory.

holds() {
  text_of "$state/lock"
  [ "$text" = "$token" ]
}

still_holds() {
  if [ -d "$run" ] && holds; then return 0; fi
  fail "another run took over, since this one was not heard of for $lease seconds" LOCKED
}

# What a run adds anywhere, it reaches by way of its own directory: `$run/revisions` and `$run/home` are symlinks there.
# Once another took over there is no way any more.
fail_to_add() { # DIRECTORY WAY PROBLEM: for people, the problem is in DIRECTORY
  still_holds
  fail "${3%%"$2"*}$1${3#*"$2"}"
}

# A dead holder's directory is found inside that of whoever took over from it.
owner_of() { # TOKEN: sets $owner to the token whose beats count
  owner=''
  set +f
  for candidate in "$state/runs/$1" "$state"/runs/run-*; do
    if contains "$candidate" "$1"; then
      owner=${candidate##*/}
      break
    fi
  done
  set -f
}

contains() { # DIRECTORY TOKEN: whether it is that run's, or has that in it
  [ "${1##*/}" != "$2" ] || { [ -d "$1" ] && return 0; }
  for deeper in "$1"/run-*; do
    if [ -d "$deeper" ] && (contains "$deeper" "$2"); then return 0; fi
  done
  return 1
}

say_holder() { # KIND OWNER
  contents_of "$state/runs/$2/info" || :
  contents=${contents:-'- - - - - 0'} # A power cut can leave a name without its content.
  now
  printf '%s %s %s %s\n' "$1" "$2" "$contents" "$seconds"
}

lock() {
  [ ! -d "$revisions" ] || acquire
}

shares_group() { # whether what this run makes is for a group to write to
  case 00$umask in *[2367]?) return 1 ;; esac
}

# Two targets of one run can turn out to be one directory, under two names or on shared storage.
check_twin() { # HOLDER OWNER
  case $token in run-*-*) ;; *) return 0 ;; esac
  [ "${1%-*}" = "${token%-*}" ] && contents_of "$state/runs/$2/target" || return 0
  fail "$revisions is one directory for two targets of this run, $contents and $host: name it once"
}

acquire() {
  holds && return 0
  { try mkdir -p -- "$state/runs" && try mkdir -- "$run" "$run/trash" "$run/purged"; } || fail "cannot lock: $problem"
  process_id "$run/worker"
  printf '%010d\n' 0 >"$run/beat"
  now
  printf '%s %s %s\n' "$audit" "$about_run" "$seconds" >"$run/info"
  printf '%s\n' "$host" >"$run/target"
  find_here
  printf '%s\n' "$here" >"$run/here"
  { try ln -s ../../.. "$run/revisions" && try ln -s "$token" "$run/lock"; } ||
    fail "cannot lock: no symlink can be made in $run, as on vfat and exfat: $problem"
  waited=0 idle=0 freed=0 seen='' told='' alive=''
  until try ln -s "$token" "$state/lock" || holds; do
    holder=$text
    if [ -z "$holder" ]; then
      # It was freed a moment ago, unless it cannot be made at all.
      freed=$((freed + 1))
      [ "$freed" -lt 10 ] || fail "cannot lock: $problem"
      continue
    fi
    freed=0
    owner_of "$holder"
    check_twin "$holder" "$owner"
    contents_of "$state/runs/$owner/beat" || :
    if [ "$holder $owner $contents" = "$seen" ]; then
      idle=$((idle + 1))
    else
      alive=$seen idle=0 seen="$holder $owner $contents"
    fi
    if [ "$idle" -ge $((lease + lease / 5)) ]; then
      take_over "$holder" "$owner"
      idle=0
      continue
    fi
    [ -n "$told" ] || [ -z "$owner" ] || say_holder waiting "$owner"
    told=1
    # One that was not seen alive is not given up on: it is taken over soon.
    if [ "$waited" -ge "$lock_timeout" ] && [ -n "$alive" ]; then
      [ -z "$owner" ] || say_holder holder "$owner"
      fail "$revisions is locked by another run" LOCKED
    fi
    sleep 1
    waited=$((waited + 1))
  done
  check_version
  settle_inside "$run"
  # Only now: going back has to work on a full disk.
  if [ ! -s "$run/beat" ] || [ ! -s "$run/info" ]; then fail_to_write "$run"; fi
  sweep
  [ "$waited" -eq 0 ] || preflight
  [ -s "$state/version" ] || {
    # Closed to others, but for a group that shares it: it holds who did what, and the text of commands.
    if shares_group; then chmod o= "$state" 2>/dev/null; else chmod go= "$state" 2>/dev/null; fi
    printf '1\n' >"$run/version" && mv -- "$run/version" "$state/version"
  }
  [ -s "$state/active" ] || { printf '%s\n' "$active_symlink" >"$run/active" && mv -- "$run/active" "$state/active"; }
}

take_over() { # HOLDER OWNER
  if [ -z "$2" ]; then
    # Nobody's directory is there any more; make one without beats, for the next look to judge.
    mkdir -- "$state/runs/$1" 2>/dev/null
    return 0
  fi
  mv -- "$state/runs/$2" "$run/$2" 2>/dev/null || return 0
  # From here on nobody else can release that lock; before, its holder may have woken and done so.
  text_of "$state/lock"
  if [ "$text" != "$1" ]; then
    mv -- "$run/$2" "$state/runs/$2"
    return 0
  fi
  try mv -f -- "$run/lock" "$state/lock" || fail "cannot lock: $problem"
}

unlock() {
  # Without this file, the main shell starts no other watchdog, which would take what is let go for taken over.
  mv -f -- "$run/worker" "$run/unlocking" 2>/dev/null
  kill "${watchdog:-}" 2>/dev/null
  release
}

# Lets go of the lock, or of the place among those who wait for it.
release() {
  [ -d "$run" ] || return 0
  # A dead run that could not be settled is left to the next run: nobody else knows of it. One that had let go of the
  # lock itself is done.
  set +f
  for dead in "$run"/run-*; do
    set -f
    [ ! -L "$dead/released" ] || remove "$dead" || mv -- "$dead" "$run/trash/settled-${dead##*/}"
  done
  set +f
  set -- "$run"/run-*
  set -f
  [ ! -d "$1" ] || return 0
  ! holds || try mv -- "$state/lock" "$run/released" || try mv -- "$state/lock" "$run/released" || return 0
  # Out of the way of a beat, which would write its file anew.
  mv -- "$run" "$state/runs/gone-$token" && clear_away "$state/runs/gone-$token"
}

# Directories of runs that left something undeleted, and of those that died while they waited for the lock: after a day,
# which is longer than any lock-timeout makes sense.
sweep() {
  set +f
  for other in "$state"/runs/gone-*; do
    [ ! -d "$other" ] || clear_away "$other"
  done
  set +f
  for other in "$state"/runs/run-*; do
    set -f
    if [ "$other" = "$run" ] || [ ! -d "$other" ]; then continue; fi
    if [ -L "$other/released" ] || [ -n "$(find "$other" -prune -mtime +1)" ]; then clear_away "$other"; fi
  done
  set -f
}
