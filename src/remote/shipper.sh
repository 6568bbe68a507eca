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
lang=${LC_ALL-}
export LC_ALL=C

. ./account.sh
. ./words.sh
. ./tools.sh

cd /

# What the first frame says; the contract's words, and:
# goal: the command; token: this run's own word, run-…; lost_token: that of the run which `verdict` is about;
# revisions_text: how the active symlink writes `revisions`; audit: words for the journal;
# lease: seconds without a beat after which a run counts as dead.
goal='' token='' lost_token='' host='' revisions='' active_symlink='' revisions_text='' revision='' epoch=''
umask=022 lease=40 lock_timeout=90 revisions_to_keep=5 fail_on_symlink_error=false relative_symlinks=false sync=true
source_dir=''
directories='' symlinks='' again='' audit='- - -' about_run='- -' key=-

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
. ./shipper/adopted-order.sh
. ./shipper/adopting.sh
. ./shipper/reading.sh
. ./shipper/beats.sh
. ./shipper/work.sh
. ./shipper/shell.sh

run_until_end() { # KEY VALUE... do LAST STEP...
  check_shell
  printf '\nshipper 1\n'
  while [ "$1" != 'do' ]; do
    case $1 in
      more) # What is not for a command line comes as the first line of stdin.
        IFS= read -r line
        case $line in
          'more '*) ;;
          *) refuse 'a start-up file of the account reads stdin, and so took what the run needs: let it read nothing where there is no terminal' ;;
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
      *) refuse "cannot understand $1" INTERNAL ;;
    esac
    shift 2
  done
  shift
  state=$revisions/.shipper run=$revisions/.shipper/runs/$token home=${active_symlink%/*} name=${active_symlink##*/}
  home=${home:-/}
  umask "$umask"
  worker='' watchdog='' beats=0
  # shellcheck disable=SC2172 # 25 is XFSZ, which not every shell knows: what may not grow is an error of what writes it
  trap '' PIPE 25
  trap lost HUP INT TERM
  trap 'exit 0' USR1
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
