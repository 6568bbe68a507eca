#!/bin/sh
# The target's side of Shipper, static: POSIX shell and the usual tools, nothing else. The build puts the files that are
# read in below in place of these lines: what travels is one text.
#
# What a run has to say arrives as a frame: one line of words, separated by single spaces. In a word, every byte that
# could be mistaken stands as \0ooo (octal) and an empty word as \c, so that `printf %b` gives the value back. The
# first frame stands in $2, later ones are lines on stdin. What happened goes back the same way: one line a fact.
#
# Three processes: this shell reads stdin (frames, beats, the end of the connection); a worker takes the steps; a
# watchdog ends the run when the beats stop. A run holds the lock by its directory `runs/TOKEN`: everything that it
# moves into place, it moves from there or from `.shipper-TOKEN` beside the active symlink. Who takes over renames
# these away first, so whatever a run that was thought dead still tries fails for want of its source.
#
# The script contains no tilde: that character parts it from the first frame.
# shellcheck disable=SC2086 # words of a frame are split on purpose, with globbing off
# shellcheck disable=SC2016 # what is in single quotes is for awk
set -fu
IFS=' '
lang=${LC_ALL-}
export LC_ALL=C
unset CDPATH
cd /

# What the first frame says; the contract's words, and:
# goal: the command; token: this run's own word, run-…; lost_token: that of the run which `verdict` is about;
# revisions_text: how the active symlink writes `revisions`; audit: words for the journal;
# lease: seconds without a beat after which a run counts as dead.
goal='' token='' lost_token='' host='' revisions='' active_symlink='' revisions_text='' revision='' epoch=''
umask=022 lease=40 lock_timeout=90 revisions_to_keep=5 fail_on_symlink_error=false relative_symlinks=false sync=true
source_dir=''
directories='' symlinks='' again='' audit='- - -' about_run='- -' key=-

. ./words.sh
. ./tools.sh
. ./shipper/telling.sh
. ./shipper/journal.sh
. ./shipper/order.sh
. ./shipper/active.sh
. ./shipper/lock.sh
. ./shipper/commands.sh
. ./shipper/recovery.sh
. ./shipper/removing.sh
. ./shipper/revisions.sh
. ./shipper/symlinks.sh
. ./shipper/switch.sh
. ./shipper/adopting.sh
. ./shipper/reading.sh
. ./shipper/beats.sh

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

run_until_end() { # KEY VALUE... do LAST STEP...
  printf '\nshipper 1\n'
  while [ "$1" != 'do' ]; do
    case $1 in
      more) # What is not for a command line comes as the first line of stdin.
        IFS= read -r line
        case $line in
          'more '*) ;;
          *) fail 'a start-up file of the account reads stdin, and so took what the run needs: let it read nothing where there is no terminal' ;;
        esac
        shift 2
        set -- ${line#more } "$@"
        continue
        ;;
      directory) directories="$directories $2" ;;
      again) again="$again $2" ;;
      link)
        symlinks="$symlinks $2 $3"
        shift
        ;;
      audit)
        audit="$2 $3 $4"
        about_run="$5 $6"
        key=$7
        shift 5
        ;;
      token | lost_token | goal | host | revisions | active_symlink | revisions_text | revision | epoch | umask | lease | \
        lock_timeout | revisions_to_keep | fail_on_symlink_error | relative_symlinks | sync | source_dir)
        decode "$2"
        eval "$1=\$value"
        ;;
      *) fail "cannot understand $1" INTERNAL ;;
    esac
    shift 2
  done
  shift
  state=$revisions/.shipper run=$revisions/.shipper/runs/$token home=${active_symlink%/*} name=${active_symlink##*/}
  home=${home:-/}
  umask "$umask"
  worker='' watchdog='' beats=0
  trap '' PIPE
  trap lost HUP INT TERM
  trap 'exit 0' USR1
  if [ ! -c /dev/null ] || [ ! -r /dev/null ] || [ ! -w /dev/null ]; then
    say error TARGET '' "/dev/null is missing or closed, and no shell works without it; on the server: sudo sh -c 'rm -f /dev/null; mknod -m 666 /dev/null c 1 3'"
    say end 1
    exit 1
  fi
  [ "$lease" -eq 0 ] || start_watch
  start_work "$@"
  while read -r line; do
    case $line in
      b)
        beat
        mind
        kill -s USR1 "$watchdog" 2>/dev/null
        ;;
      'do '*)
        set -- $line
        decode "$2"
        revision=${value:-"$revision"}
        shift 2
        start_work "$@"
        ;;
      interrupt)
        end_work
        commands_end "$run"
        say interrupted
        ;;
      'stop '*)
        group_ends "${line#stop }"
        say stopped
        ;;
    esac
  done
  lost
}

case $2 in
  'run '*)
    set -- $2
    shift
    run_until_end "$@"
    ;;
esac
