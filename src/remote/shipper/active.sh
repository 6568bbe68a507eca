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

# Reads what would make the run fail later, and changes nothing.
preflight() {
  if [ -e "$active_symlink" ] && [ ! -L "$active_symlink" ]; then
    fail "$active_symlink stands where the active symlink has to be, but is no symlink; nothing was touched. On the server, move it away: mv '$active_symlink' '$active_symlink.before-shipper'"
  fi
  if [ -e "$revisions" ] && [ ! -d "$revisions" ]; then
    fail "$revisions is not a directory: move it away, or choose another config.directories.revisions"
  fi
  for path in "$revisions" "$home"; do
    writable_ancestor "$path" ||
      fail "$(me) may not write to $ancestor, which $path needs; on the server: sudo chown $(me) '$ancestor'"
  done
  if [ -s "$state/active" ] && contents_of "$state/active"; then
    served=$contents
    [ "$served" = "$active_symlink" ] ||
      fail "$revisions already serves the active symlink $served: give $active_symlink a revisions directory of its own, or, if it moved, remove $state/active on the server"
  fi
  read_active
  say active "$active" "$linked"
  say previous "$active"
}
