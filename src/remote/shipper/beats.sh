# The watch over the runner's beats, and what happens without them.

# Ends the run when the beats stop, or when another run took over: it then takes no further step.
watch() {
  idle=0 ours=''
  trap 'idle=0' USR1
  while sleep 2 || :; do # That of ksh93 fails when a beat wakes it.
    kill -s 0 $$ 2>/dev/null || exit 0
    idle=$((idle + 2))
    if [ -d "$run" ]; then
      ours=1
    elif [ -n "$ours" ]; then
      idle=$lease
    fi
    [ "$idle" -lt "$lease" ] || kill -s TERM $$
  done
}

beat() {
  beats=$((beats + 1))
  [ ! -d "$run" ] || printf '%010d\n' "$beats" 1<>"$run/beat"
}

# While a run settles itself, what others judge by goes on; for ten minutes at the most.
keep_beating() {
  left=600
  while [ "$left" -gt 0 ] && [ -d "$run" ] && kill -s 0 $$ 2>/dev/null; do
    left=$((left - 1))
    beat
    sleep 1
  done
}

# The runner is gone, or this run is no longer the holder: the target settles it alone.
lost() {
  trap '' HUP INT TERM USR1
  kill "${watchdog:-}" 2>/dev/null
  end_work
  if [ -d "$run" ]; then
    keep_beating >/dev/null 2>&1 &
    beater=$!
    if holds; then
      settle_inside "$run"
      settle "$run"
    fi
    release
    kill -s KILL "$beater" 2>/dev/null
  fi >/dev/null
  exit 1
}
