# Going back, and settling what a dead run left.

# Whether the run of TOKEN switched, once going back has begun: its link is no longer where it waited.
was_switched() { # TOKEN
  [ -d "$home/.shipper-$1.back" ] && [ ! -L "$home/.shipper-$1.back/forth/$name" ]
}

stuck() {
  quote "$home"
  fail "$active_symlink could not be put back to ${old:-nothing}${problem:+ ($problem)}; on the server: sudo chown $(me) $quoted && sudo chmod u+rwx $quoted"
}

read_switch() { # RUN-DIRECTORY: sets $new and $old, texts of the active symlink, and $left, the revision that was active
  contents_of "$1/switch" || fail "$1/switch is gone"
  IFS=$newline
  set -- $contents
  IFS=' '
  [ $# -eq 3 ] || contents=''
  decode "${1-}"
  new=$value
  decode "${2-}"
  old=$value
  decode "${3-}"
  left=$value
}

# Puts the active symlink back as it was before the switch of the run in that directory. The link to go back with was
# made before the switch: this needs no free block and no new name.
go_back() { # [RUN-DIRECTORY]
  directory=${1:-$run}
  run_token=${directory##*/}
  [ -f "$directory/switch" ] || return 0
  read_switch "$directory"
  [ -n "$contents" ] || return 0 # The disk was full: it did not come to the switch.
  record_commit "$directory"
  if completed_by "$run_token"; then
    [ "$directory" != "$run" ] || say completed "${new##*/}"
    return 0
  fi
  aside=$home/.shipper-$run_token.back
  try mv -- "$home/.shipper-$run_token" "$aside" || [ ! -d "$home/.shipper-$run_token" ] || stuck
  # Even if it did not switch: of two file systems, a power cut can leave one further than the other.
  bring_back "$directory"
  was_switched "$run_token" || return 0
  text_of "$active_symlink"
  if [ "$text" = "$new" ]; then
    if [ -n "$old" ]; then
      try mv -f -- "$aside/back/$name" "$home/"
    else
      try mv -f -- "$active_symlink" "$aside/back/"
    fi
    text_of "$active_symlink"
    [ "$text" = "$old" ] || stuck
  fi
  recorded "$run_token" returned || journal returned "${new##*/}"
  read_active
  [ "$directory" != "$run" ] || say returned "$active" "$linked"
}

bring_back() { # RUN-DIRECTORY: the revisions that it purged
  set +f
  for purged in "$1"/purged/*; do
    set -f
    if [ ! -d "$purged" ] || [ -e "$revisions/${purged##*/}" ]; then continue; fi
    try mv -- "$purged" "$revisions/" || warn "revision ${purged##*/} could not be brought back: $problem"
  done
  set -f
}

# Removes what the run in that directory made and did not finish.
discard() { # [RUN-DIRECTORY]
  directory=${1:-$run}
  run_token=${directory##*/}
  text_of "$directory/revision"
  unfinished=$text
  if [ -z "$unfinished" ] && contents_of "$directory/revision"; then unfinished=$contents; fi # That of an earlier Shipper.
  if [ -n "$unfinished" ] && ! was_switched "$run_token"; then
    read_active
    find_state "$unfinished"
    case $found in
      unfinished | foreign)
        [ "$unfinished" = "$active" ] || throw_away "$unfinished" ||
          warn "what was made of revision $unfinished could not be removed: $problem"
        ;;
    esac
  fi
  rm -f -- "$directory/again"
  finish_adopting "$directory"
  remove_links "$home/.shipper-$run_token"
  remove_links "$home/.shipper-$run_token.back"
  return 0
}

# The commands of `after:link_current_revision`, for the revision that is active again.
again() { # RUN-DIRECTORY
  [ -f "$1/again" ] || return 0
  read_active
  [ -n "$linked" ] || return 0
  place=$revisions/$active
  [ -n "$active" ] || place=$(cd -P -- "$active_symlink" 2>/dev/null && pwd -P) || place=$linked
  contents_of "$1/info"
  set -- "$1" $contents - - - -
  goal_of_run=$5
  contents_of "$1/again"
  IFS=$newline
  set -- "$1" $contents
  IFS=' '
  directory=$1
  shift
  for command; do
    decode "$command"
    # The text stays out of the list of processes. What is waited for is the last of the pipe, the shell itself.
    printf '%s\n' "$value" | (
      cd -- "$place" || exit 1
      if [ -n "$lang" ]; then LC_ALL=$lang; else unset LC_ALL; fi
      export SHIPPER_COMMAND="$goal_of_run" SHIPPER_EVENT=after:link_current_revision SHIPPER_REVISION="$active" \
        SHIPPER_REVISION_PATH="$place" SHIPPER_PREVIOUS_REVISION='' SHIPPER_ACTIVE_SYMLINK="$active_symlink" \
        SHIPPER_HOST="$host"
      exec sh -ec 'eval "$(cat)" </dev/null'
    ) >/dev/null 2>&1 &
    wait_at_most "$((lease + lease / 2))" $!
  done
  rm -f -- "$directory/again"
}

settle() { # RUN-DIRECTORY
  commands_end "$1"
  go_back "$1"
  ! was_switched "${1##*/}" || again "$1"
  discard "$1"
}

settle_inside() { # RUN-DIRECTORY: settles the dead runs that it took over
  set +f
  for dead in "$1"/run-*; do
    set -f
    [ -d "$dead" ] || continue
    (settle_inside "$dead") || exit 1 # Variables are global: each level has to have its own.
    settle "$dead"
    say settled "${dead##*/}"
    # What cannot be deleted goes out of the way of those who look for unsettled runs.
    remove "$dead" || try mv -- "$dead" "$1/trash/settled-${dead##*/}" || fail "$problem"
  done
  set -f
}
