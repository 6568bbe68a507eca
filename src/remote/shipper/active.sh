# What is active, and whether a run could go well.

read_active() { # sets $linked (the text of the active symlink, empty if none) and $active (the revision's name, ditto)
  linked='' active=''
  text_of "$active_symlink"
  linked=$text
  [ -n "$linked" ] || return 0
  case $linked in
    "$revisions"/*) active=${linked#"$revisions"/} ;;
    *)
      active=$(cd -P -- "$active_symlink" 2>/dev/null && pwd -P) || active=''
      physical=$(cd -P -- "$revisions" 2>/dev/null && pwd -P) || physical=$revisions
      case $active in
        "$physical"/*) active=${active#"$physical"/} ;;
        *) active='' ;;
      esac
      ;;
  esac
  active=${active%%/*}
}

writable_ancestor() { # PATH: whether PATH could be created; sets $ancestor
  ancestor=$1
  while [ ! -e "$ancestor" ] && [ ! -L "$ancestor" ]; do
    ancestor=${ancestor%/*}
    [ -n "$ancestor" ] || ancestor=/
  done
  [ -d "$ancestor" ] && [ -w "$ancestor" ] && [ -x "$ancestor" ]
}

# Whether the run can write where it has to; sets $problem to what it may not, and what to do.
may_write() {
  absent='' closed='' all_of='' places='' absent_words=''
  set -- "$home" "$revisions"
  for word in $directories; do
    decode "$word"
    set -- "$@" "$value"
  done
  for path; do
    ! writable_ancestor "$path" || continue
    if [ ! -d "$ancestor" ]; then
      quote "$ancestor"
      problem="$ancestor, which $path needs, is not a directory; on the server: sudo mv $quoted ${quoted%\'}.before-shipper'"
      return 1
    fi
    [ "$ancestor" != "$path" ] || [ "$path" = "$home" ] || [ "$path" = "$revisions" ] || continue
    [ "$ancestor" != "$path" ] || {
      quote "$path"
      case "$closed " in *" $quoted "*) ;; *) closed="$closed $quoted" ;; esac
    }
    case "$places " in *" $ancestor, "*) ;; *) places="$places $ancestor," ;; esac
    [ "$ancestor" = "$path" ] || is_below_absent "$path" || {
      encode "$path"
      absent_words="$absent_words $word"
      quote "$path"
      absent="$absent $quoted"
    }
  done
  for path in "$state" "$state/runs" "$state/journal"; do
    if [ ! -e "$path" ] || [ -w "$path" ]; then continue; fi
    quote "$revisions"
    if ! mounts_in "$revisions" || [ -n "$mounted" ]; then quote "$state"; fi
    all_of=$quoted places="$places $path,"
    break
  done
  [ -n "$places" ] || return 0
  places=${places%,} who=$(me)
  orders=''
  [ -z "$absent" ] || orders=" && sudo install -d -o $who$absent"
  [ -z "$closed" ] || orders="$orders && sudo chown $who$closed && sudo chmod u+rwx$closed"
  [ -z "$all_of" ] || orders="$orders && sudo chown -hR $who $all_of && sudo chmod -R u+rwX $all_of"
  problem="$who may not write to$places; on the server: ${orders# && }"
  return 1
}

is_below_absent() { # PATH: whether one of those that are to be created is above it
  for word in $absent_words; do
    decode "$word"
    case $1 in "$value" | "$value"/*) return 0 ;; esac
  done
  return 1
}

# What is in `.shipper` has a format; this one knows the first.
check_version() {
  ! contents_of "$state/version" || case $contents in
    '' | 1) ;; # A power cut can leave a name without its content.
    *) fail "$state was written by a newer Shipper, in format $contents, and this one knows format 1 only: use that version of Shipper, or a newer one" ;;
  esac
}

# Reads what would make the run fail later, and changes nothing.
preflight() {
  check_version
  if [ -e "$active_symlink" ] && [ ! -L "$active_symlink" ] && ! { [ "$goal" = adopt ] && is_real; }; then
    quote "$active_symlink"
    fail "$active_symlink stands where the active symlink has to be, but is no symlink; nothing was touched. The command \`adopt\` makes a revision of a directory; or move it away, on the server: sudo mv $quoted ${quoted%\'}.before-shipper'"
  fi
  if [ -e "$revisions" ] && [ ! -d "$revisions" ]; then
    quote "$revisions"
    fail "$revisions is not a directory: choose another config.directories.revisions, or on the server: sudo mv $quoted ${quoted%\'}.before-shipper'"
  fi
  may_write || fail "$problem"
  if [ -s "$state/active" ] && contents_of "$state/active"; then
    served=$contents
    quote "$state/active"
    [ "$served" = "$active_symlink" ] ||
      fail "$revisions already serves the active symlink $served: give $active_symlink a revisions directory of its own; or, if it moved, on the server: sudo rm $quoted"
  fi
  read_active
  say active "$active" "$linked"
  say previous "$active"
}
