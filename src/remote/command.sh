#!/bin/sh
# A command of a listener, on a channel of its own beside that of the run; the same loader, and words as in shipper.sh.
# Its variables have a prefix and are few: the command has to find those of the account, and those that were handed
# over, as they are. So it does the functions that bash took from its environment, which `command` passes over.
#
# Before the command, one line on stdout and one on stderr begin what it prints: what start-up files said came earlier.
# shellcheck disable=SC2086 # words of a frame are split on purpose, with globbing off
set -fu
[ -z "${BASH_VERSION-}" ] || eval 'set +aeCkmPvx +o pipefail' # It may have taken options from its environment.
IFS=' '
unset CDPATH
command cd / || exit 126

shipper_decode() { # WORD: sets $shipper_value
  case $1 in
    *\\*)
      shipper_value=$(printf '%bx' "$1")
      shipper_value=${shipper_value%x}
      ;;
    *) shipper_value=$1 ;;
  esac
}

shipper_export() { # NAME VALUE...
  while [ $# -gt 1 ]; do
    shipper_decode "$2"
    export "$1=$shipper_value"
    shift 2
  done
}

shipper_start() { # PID: prints when that process began, as /proc counts; a dash where there is no /proc
  if read -r shipper_value 2>/dev/null <"/proc/$1/stat"; then
    set -- ${shipper_value##*') '}
    printf '%s\n' "${20}"
  else
    echo -
  fi
}

# The command's text and what is forwarded come on stdin, as one line that begins with the mark: command lines can be
# read by every user of the machine.
shipper_command() { # MARK RUN-DIRECTORY ID DIRECTORY UMASK NAME VALUE...
  shipper_mark=$1
  shipper_decode "$2"
  shipper_file=$shipper_value/commands/$3
  umask "$5"
  command mkdir -- "$shipper_value/commands" 2>/dev/null
  [ -d "$shipper_value/commands" ] || shipper_file=/dev/null
  shipper_decode "$4"
  shipper_directory=$shipper_value
  shift 5
  printf '\n%s\n' "$shipper_mark" >&2
  IFS= read -r shipper_value
  case $shipper_value in
    "$shipper_mark "*) shipper_forwarded=${shipper_value#* } ;;
    *)
      echo 'shipper: a start-up file of the account reads stdin, and so took what the command needs: let it read nothing where there is no terminal' >&2
      exit 126
      ;;
  esac
  shipper_decode "${shipper_forwarded%% *}"
  shipper_text=$shipper_value
  case $shipper_forwarded in *' '*) shipper_forwarded=${shipper_forwarded#* } ;; *) shipper_forwarded='' ;; esac
  shipper_export "$@"
  # Where a run has failed before its switch, its revision is gone by now.
  [ "${SHIPPER_EVENT-}" != on:error ] || [ -d "$shipper_directory" ] || shipper_directory=''
  command cd -- "${shipper_directory:-${HOME:-/}}" || exit 126
  shipper_export $shipper_forwarded
  set +fu # A bash that was told to hands its options on.
  # The command leads a process group, so that all of it can be ended: this shell's own, where it leads one.
  if kill -0 "-$$" 2>/dev/null || ! command -v setsid >/dev/null; then
    printf '%s %s\n' $$ "$(shipper_start $$)" >"$shipper_file"
    printf '\n%s %s\n' "$shipper_mark" $$
    # shellcheck disable=SC2016 # for the inner shell to expand
    printf '%s\n' "$shipper_text" | sh -ec 'eval "$(command cat)" </dev/null'
  else
    # shellcheck disable=SC2016 # for the inner shell to expand
    printf '%s\n' "$shipper_text" |
      setsid sh -c 'printf "%s -\n" "$$" >"$1"; printf "\n%s %s\n" "$2" "$$"; exec sh -ec "eval \"\$(command cat)\" </dev/null"' \
        sh "$shipper_file" "$shipper_mark"
  fi
  shipper_status=$?
  [ "$shipper_file" = /dev/null ] || command rm -f -- "$shipper_file"
  [ "$shipper_status" -ne 127 ] || printf 'shipper: 127 means that a command was not found; PATH is %s\n' "$PATH" >&2
  exit "$shipper_status"
}

set -- $2
shipper_command "$@"
