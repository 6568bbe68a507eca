# The switch, and its commit.

nameable() { # ends a sentence with the revisions that a rollback can go to by name
  IFS=$newline names=''
  for line in $table; do
    case $line in *' unfinished '* | *' prepared '*) continue ;; esac
    decode "${line%% *}"
    [ "$value" = "$active" ] || names="$names $value"
  done
  printf '%s' "${names:+; by name it can go to:}$names"
}

# What a revision shares with the others can be gone by now.
tell_dangling() {
  set -- $symlinks
  while [ $# -gt 0 ]; do
    decode "$2"
    path=$value
    shift 2
    if [ ! -L "$revisions/$revision/$path" ] || [ -e "$revisions/$revision/$path" ]; then continue; fi
    text_of "$revisions/$revision/$path"
    warn "the link $path of revision $revision leads nowhere: $text does not exist"
  done
}

# Decides which revision `activate` and `rollback` go to.
choose() {
  read_active
  case $goal in
    activate)
      find_state "$revision"
      case $found in
        prepared) ;;
        '') fail "there is no revision $revision: prepare it first" ;;
        *) [ "$active" = "$revision" ] ||
          fail "revision $revision is not waiting to be activated; to go back to it, use rollback" ;;
      esac
      ;;
    rollback)
      if [ -z "$revision" ]; then
        choose_older "$active"
        decode "$answer"
        revision=$value
        [ -n "$revision" ] ||
          fail "there is nothing to roll back to: no completed revision is older than ${active:-the one that is active}$(nameable)"
      fi
      find_state "$revision"
      case $found in
        '') fail "there is no revision $revision; there are: $(printf '%b' "$(known_names)")" ;;
        unfinished) fail "revision $revision was never completed" ;;
        prepared) fail "revision $revision was never active: use activate" ;;
      esac
      ;;
  esac
  tell_dangling
  say revision "$revision"
  say previous "$active"
  case ${linked%/} in
    "$revisions_text/$revision" | "$revisions/$revision")
      say unchanged
      unlock
      exit 0
      ;;
  esac
}

known_names() { # prints words
  IFS=$newline
  for line in $table; do printf '%s ' "${line%% *}"; done
}

flush() { # PATH...: the file systems that these are on; sets $problem
  try sync -f "$@" && return 0
  case $problem in *'nput/output error'* | *'o space left'* | *uota*) return 1 ;; esac
  try sync # One that takes no path.
}

flush_revision() {
  flush "$revisions/$revision" "$home" || fail "revision $revision cannot be written to the disk: $problem"
  say flushed
}

link_current_revision() {
  read_active
  previous=$active
  beside=$run/home/.shipper-$token
  goes_to=$revisions_text/$revision
  {
    try ln -s -- "$home" "$run/home" && try mkdir -- "$beside" "$beside/forth" "$beside/back" &&
      try ln -s -- "$goes_to" "$beside/forth/$name"
  } || fail_to_add "$home" "$run/home" "$problem"
  [ -z "$linked" ] || try ln -s -- "$linked" "$beside/back/$name" || fail "cannot make the way back in $home: $problem"
  case $goes_to in /*) leads_to=$goes_to ;; *) leads_to=$home/$goes_to ;; esac
  [ -d "$leads_to/" ] ||
    fail "the active symlink would dangle: $goes_to does not lead to the revision from $home"
  set -- $again
  # The text of commands is nobody else's business, unless a group shares all of this.
  if shares_group; then umask 007; else umask 077; fi
  for word; do printf '%s\n' "$word"; done >"$run/again" || fail_to_write "$run"
  umask "$umask"
  encode "$goes_to"
  new=$word
  encode "$linked"
  old=$word
  encode "$previous"
  printf '%s\n%s\n%s\n' "$new" "$old" "$word" >"$run/switch" || fail_to_write "$run"
  [ "$sync" = false ] || flush_revision
  still_holds
  if [ -e "$active_symlink" ] && [ ! -L "$active_symlink" ]; then fail "$active_symlink is no symlink any more"; fi
  try mv -f -- "$beside/forth/$name" "$home/" || fail "$problem"
  text_of "$active_symlink"
  [ "$text" = "$goes_to" ] || fail "$active_symlink does not lead to revision $revision after the switch"
  journal linked "$revision" || fail_to_write "$state/journal"
  say previous "$previous"
  say linked "$revision"
}

complete() {
  case $goal in
    prepare)
      # The record may reach the disk by itself, and then says that the revision is whole.
      [ "$sync" = false ] || flush_revision
      journal_record prepared "$revision"
      ;;
    rollback)
      records=''
      read_switch "$run"
      if is_older "$revision" "$left"; then
        journal_record bad "$left"
        records=$record
      fi
      journal_record cleared "$revision"
      records=$records$record
      journal_record completed "$revision"
      record=$records$record
      ;;
    *) journal_record completed "$revision" ;;
  esac
  text_of "$active_symlink"
  if [ "$goal" != prepare ] && [ "$text" != "$revisions_text/$revision" ]; then
    fail "$active_symlink does not lead to revision $revision any more: someone else moved it"
  fi
  # The rename is the commit: it fails for want of its place once another took over.
  printf '%s\n' "$record" >"$run/record" || fail_to_write "$run"
  mv -- "$run/record" "$run/committed" 2>/dev/null || still_holds
  printf '%s\n' "$record" >>"$run/revisions/.shipper/journal" || {
    rm -f -- "$run/committed"
    fail_to_write "$state/journal"
  }
  if [ "$sync" = true ]; then
    # In this order: on two file systems, a record must not be there without the switch.
    flush "$home" "$state/journal" || warn "the completion may be lost if the power fails: $problem"
  fi
  remove_links "$home/.shipper-$token"
  say completed "$revision"
  delete_purged
  say deleted
}
