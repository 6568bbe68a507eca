# The worker, which takes the steps, and what the main shell does about it.

# Every end that is told is an exit status of 0: so the main shell knows those that were not.
ended() { # STATUS
  cd /
  case $1 in 0 | 1) ;; *) say error TARGET "${step-}" "the shell that takes the steps ended with status $1" ;; esac
  [ ! -f "$run/worker" ] || printf '' >"$run/worker"
  say end "$1"
  if [ "$1" -eq 0 ] && [ "$last" = true ]; then kill -s USR1 $$; fi
  exit 0
}

work() { # STEP...
  trap 'ended $?' EXIT
  trap 'exit 143' TERM
  need awk cat chmod date id ln mkdir mv od readlink rm rmdir sleep uname
  [ "$sync" = false ] || need sync
  for step; do
    kill -s 0 $$ 2>/dev/null || exit 1
    case $step in
      create_revision | create_symlinks | link_current_revision | purge_old_revisions | complete) still_holds ;;
      preflight | lock | choose | adopt | inspect | verdict | init_directories | unlock | go_back | discard) ;;
      *) fail "there is no step $step" INTERNAL ;;
    esac
    "$step"
    say step "$step"
  done
  exit 0
}

# The worker ends after the tool that it is waiting for, so that nothing of it comes late; a tool that takes longer than
# five seconds (a flush, a copy) is left behind: what it would still do has lost its place by then.
end_work() {
  [ -n "$worker" ] || return 0
  kill -s TERM "$worker" 2>/dev/null
  wait_at_most 5 "$worker"
  worker=''
}

start_work() { # LAST STEP...
  last=$1
  shift
  work "$@" &
  worker=$!
  [ ! -d "$run" ] || printf '%s\n' "$worker" >"$run/worker"
}

start_watch() {
  { watch; } >/dev/null 2>&1 & # In braces, or dash and BusyBox keep a copy of the output open for as long as it runs.
  watchdog=$!
}

# A worker that was killed, or had no memory, or no /dev/null to start with, says nothing: this shell does.
mind() {
  # In this order: `unlock` moves the file away before it ends the watchdog.
  if [ -n "$watchdog" ] && has_ended "$watchdog" && [ -f "$run/worker" ]; then start_watch; fi
  if [ -z "$worker" ] || ! has_ended "$worker"; then return 0; fi
  wait "$worker" 2>/dev/null
  status=$?
  worker=''
  [ "$status" -ne 0 ] || return 0
  say error TARGET '' "the shell that takes the steps ended without a word, with status $status: it was killed, or had no memory left, or no /dev/null; on the server: dmesg | tail"
  say end 1
}
