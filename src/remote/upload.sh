#!/bin/sh
# The target's side of one upload, on a channel of its own: POSIX shell, tar, find, awk, xargs -0 and a program for
# SHA-256. It is started as shipper.sh is, so it contains no tilde either.
#
# Everything is put together in a directory of its own inside the revision, on which nothing else has a hand, and is
# checked there; only then is it moved into place, and into nothing that a symlink leads to. Names never become shell
# text: they are lines of files, or come NUL-separated from a pipe. A name with a newline, a carriage return or a
# backslash is "odd": it stands escaped in a manifest, and is dealt with alone.
# shellcheck disable=SC2086 # words of a frame and of $hash are split on purpose, with globbing off
# shellcheck disable=SC2016 # what is in single quotes is for awk, or for an inner shell
# shellcheck disable=SC2094 # `base` here and `$base` there are two things
# shellcheck disable=SC2045 # names of revisions have no white space, and only ls sorts by time
set -fu
export LC_ALL=C EXTRACT_UNSAFE_SYMLINKS=1 # BusyBox leaves out links with `..`; here they come last, after all files.

run='' id='' revisions='' revision='' previous='' umask=022 key='' round=new reads=gzip
. ./account.sh
. ./words.sh
. ./tools.sh

exec 3>&1
fail() { # SENTENCE
  say error UPLOAD '' "$1" >&3 # Where this is called, the output may be going into a file.
  exit 1
}

cut_short() { # STATUS of cat: the runner waits for bytes, so a fact would not be read
  became "$1" cat ''
  printf '%s\n' "$problem" >&2
  exit 1
}

. ./upload/strangers.sh
. ./upload/stock.sh
. ./upload/answering.sh
. ./upload/copying.sh
. ./upload/receiving.sh
. ./upload/checking.sh
. ./upload/modes.sh
. ./upload/moving.sh
. ./upload/showing.sh

finish() { # STATUS
  trap '' HUP INT TERM EXIT
  # What is still copying is of no use any more; this shell leads its process group.
  [ -z "$busy" ] || kill -TERM "-$$" 2>/dev/null
  wait
  cd /
  [ -n "$again" ] || rm -rf -- "${stage:?}"
  rm -f -- "$run/commands/$id"
  exit "$1"
}

begin() {
  # shellcheck disable=SC2172 # 25 is XFSZ, which not every shell knows: what may not grow is an error of what writes it
  trap '' PIPE 25
  umask "$umask"
  manifests=$revisions/.shipper/manifests stage=$revisions/$revision/.shipper-$id again='' busy='' spoilt=''
  trap 'finish $?' EXIT
  trap 'exit 1' HUP INT TERM
  if [ -d "$run" ]; then
    mkdir -- "$run/commands" 2>/dev/null
    printf '%s -\n' $$ >"$run/commands/$id"
  fi
  printf '\nshipper-upload 1\n'
  need awk cat chmod cp cut find id ls mkdir mv rm rmdir sleep sort tar tr wc xargs
  if [ "$round" != again ]; then
    # What it holds gets its modes at last: until then it is closed, but to a group that has to be able to remove it.
    # By the umask: a chmod takes the bit away by which things belong to the group of a directory, from whoever is not
    # in that group. Only a default ACL leaves it open.
    case $umask in *[0145]?) closed=007 closing=o-rwx ;; *) closed=077 closing=go-rwx ;; esac
    umask "$closed"
    try mkdir -- "$stage" || fail "$problem"
    umask "$umask"
    case $closing$(ls -ld -- "$stage") in
      go-rwxd???--[-S]---* | o-rwxd??????---*) ;;
      *) try chmod "$closing" "$stage" || fail "$problem" ;;
    esac
    try mkdir -- "$stage/tree" || fail "$problem"
  fi
  cd -- "$stage" || fail "cannot go into $stage"
}

upload() {
  choose_copy
  read_modes
  : >kept
  : >moved
  : >others
  take_stock
  wait
  busy=1
  if may_copy_ahead; then copy_ahead & else ahead=0; fi
  answer
  IFS= read -r line || exit 1
  case $line in
    *' '*) sort_out "${line#* }" ;;
    *) sort_out '' ;;
  esac
  wait
  drop
  make_kept_directories
  copy_kept &
  receive "${line%% *}"
  copy_moved
  copy_each odd.kept
  copy_each odd.moved
  assemble
  hash_plain moved moved.names
  hash_odd manifest
  look_at_modes &
  compare manifest
  settle
}

# What differed after the first round was sent again.
upload_again() {
  choose_hash
  read_modes
  choose_workers
  while IFS= read -r word; do
    decode "$word"
    rm -rf -- "tree/${value:?}"
  done <bad.paths
  rm -rf lines names ready copies directories
  say ready
  IFS= read -r line || exit 1
  receive "$line"
  set +f
  cat lines/* >sent
  set -f
  hash_odd sent
  look_at_modes &
  compare bad
  settle
}

case $2 in
  'upload '*) ;;
  *) exit 2 ;;
esac
# This shell has to lead a process group, by which all of the upload can be ended.
if [ "${3-}" != led ] && ! kill -0 "-$$" 2>/dev/null && command -v setsid >/dev/null; then
  exec setsid sh -c "$1" shipper "$1" "$2" led
fi
set -- $2
shift
while [ $# -gt 1 ]; do
  case $1 in
    run | id | revisions | revision | previous | umask | key | round | reads)
      decode "$2"
      eval "$1=\$value"
      ;;
  esac
  shift 2
done
if [ "$round" = show ]; then
  show
  exit 0
fi
begin
if [ "$round" = again ]; then upload_again; else upload; fi
