# The new revision, and removing old ones.

init_directories() {
  try mkdir -p -- "$revisions" || fail "$problem"
  acquire
  set -- $directories
  for word; do
    decode "$word"
    try mkdir -p -- "$value" || fail "$problem"
  done
  quote "$home"
  [ -d "$home" ] ||
    fail "the directory of the active symlink, $home, does not exist: add it to config.directories, or on the server: sudo install -d -o $(me) $quoted"
}

# The name with the start of the run as its ending; counted on, where two runs began in one second.
free_name() { # sets $revision
  taken=$revision-$epoch number=1
  revision=$taken
  while [ -e "$revisions/$revision" ] || [ -L "$revisions/$revision" ]; do
    number=$((number + 1))
    revision=$taken-$number
  done
}

create_revision() {
  if [ -e "$revisions/$revision" ] || [ -L "$revisions/$revision" ]; then
    read_active
    find_state "$revision"
    if [ "$found" = unfinished ] && [ "$active" != "$revision" ]; then
      throw_away "$revision" || {
        problem="what an earlier run left of revision $revision cannot be removed: $problem"
        [ "$goal" != prepare ] || fail "$problem"
        warn "$problem"
        free_name
      }
    elif [ "$goal" = prepare ]; then
      fail "revision $revision exists already: prepare needs a name that is not taken"
    else
      free_name
    fi
  fi
  # The text of a symlink survives a power cut wherever the directory does that is made after it; a file's may not.
  { try rm -f -- "$run/revision" && try ln -s -- "$revision" "$run/revision"; } || fail "cannot write to $run: $problem"
  try mkdir -- "$run/revisions/$revision" || {
    rm -f -- "$run/revision"
    fail_to_add "$revisions" "$run/revisions" "$problem"
  }
  journal created "$revision" || fail_to_write "$state/journal"
  if [ -n "$source_dir" ]; then
    try cp -RP -- "$source_dir/." "$revisions/$revision/" ||
      fail "cannot copy config.source_dir: ${problem%%"$newline"*}"
  fi
  say revision "$revision"
}

throw_away() { # REVISION: first out of sight, then off the disk; sets $problem where it stays
  move_away "$revisions/$1" "$run/trash" || return 1
  delete "$1" "$run/trash"
}

delete() { # REVISION DIRECTORY: one that was moved there; what cannot be deleted is told when the run lets go
  journal purged "$1"
  remove "$state/manifests/${1:?}"
  remove "${2:?}/${1:?}"
  return 0
}

# Out of sight; they are deleted once the run has completed, and are there again if it goes back.
purge_old_revisions() {
  read_active
  read_switch "$run"
  mounts_in "$revisions" || {
    warn "no revision was removed: $problem"
    return 0
  }
  choose_surplus "$revision" "$left"
  for old in $answer; do
    decode "$old"
    old=$value
    [ "$old" != "$active" ] || continue
    if move_away "$revisions/$old" "$run/purged"; then
      say purged "$old"
    else
      warn "revision $old could not be removed: $problem"
    fi
  done
}

delete_purged() {
  set +f
  for old in "$run"/purged/*; do
    set -f
    [ -d "$old" ] || continue
    delete "${old##*/}" "$run/purged"
  done
  set -f
  compact_journal || warn "the journal could not be compacted: $problem"
}
