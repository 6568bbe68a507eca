# The watch over the runner's beats, and what happens without them.

# Ends the run when the beats stop, or when another run took over: it then takes no further step.
watch() {
  idle=0 ours=''
  [ ! -d "$run" ] || ours=1
  trap 'idle=0' USR1
  while sleep 2 || [ $? -ne 127 ]; do # One that was killed is no reason to stop watching.
    ! has_ended $$ || bereft
    idle=$((idle + 2))
    if [ -d "$run" ]; then
      ours=1
    elif [ -n "$ours" ] && [ "$idle" -lt "$lease" ]; then
      idle=$lease
    fi
    [ "$idle" -lt "$lease" ] || kill -s TERM $$
    # One that does not listen while it reads, as yash; its place is taken then.
    [ "$idle" -lt $((lease + 10)) ] || kill -s KILL $$
  done
}

beat() {
  beats=$((beats + 1))
  [ ! -d "$run" ] || printf '%010d\n' "$beats" 1<>"$run/beat"
}

# While a run settles itself, what others judge by goes on; for ten minutes at the most.
keep_beating() { # SETTLER: the process that settles
  left=600
  while [ "$left" -gt 0 ] && [ -d "$run" ] && kill -s 0 "$1" 2>/dev/null; do
    left=$((left - 1))
    beat
    sleep 1
  done
}

settle_alone() { # SETTLER
  if [ -d "$run" ]; then
    keep_beating "$1" >/dev/null 2>&1 &
    beater=$!
    if holds; then
      settle_inside "$run"
      settle "$run"
    fi
    release
    kill -s KILL "$beater" 2>/dev/null
  fi >/dev/null
}

# The runner is gone, or this run is no longer the holder: the target settles it alone.
lost() {
  trap '' HUP INT TERM USR1
  kill "${watchdog:-}" 2>/dev/null
  end_work
  settle_alone $$
  exit 1
}

# The main shell was killed: the watchdog does what is left to do.
bereft() {
  trap '' HUP INT TERM USR1
  [ -d "$run" ] || exit 0
  if contents_of "$run/worker" && [ -n "$contents" ]; then
    worker=$contents left=5
    kill -s TERM "$worker" 2>/dev/null
    while [ "$left" -gt 0 ] && ! has_ended "$worker"; do
      left=$((left - 1))
      sleep 1
    done
    kill -s KILL "$worker" 2>/dev/null
  fi
  process_id "$run/settler"
  settle_alone "$contents"
  exit 0
}
