# Taking over what another tool or a hand left.

tell_adopted() {
  for word in $adopted; do say_word adopted "$word"; done
  if is_real; then say adopted "${revision:-adopted-$epoch}"; fi
  [ -z "$ordered_by" ] || say ordered_by "$ordered_by"
}

is_real() { [ -d "$active_symlink" ] && [ ! -L "$active_symlink" ]; }

adopt_record() { # EVENT WORD
  now
  records="$records$newline$1 $2 $seconds $token $audit $key .$newline"
}

# Records what is there, before all that is recorded: it was there earlier. Deletes nothing.
adopt() {
  still_holds
  read_active
  find_adopted
  tell_adopted
  records='' was_real=''
  encode "$active"
  current=$word
  for word in $adopted; do
    adopt_record created "$word"
    [ "$word" != "$current" ] || adopt_record linked "$word"
    adopt_record completed "$word"
    decode "$word"
    [ ! -f "$revisions/$value/BAD_RELEASE" ] || adopt_record bad "$word" # Deployer, after a rollback.
  done
  if is_real; then
    was_real=1 revision=${revision:-adopted-$epoch}
    may_become_revision
    encode "$revision"
    adopt_record created "$word"
    adopt_record linked "$word"
    adopt_record completed "$word"
  fi
  [ -n "$records" ] || return 0
  contents_of "$state/journal" || contents=''
  if [ -n "$was_real" ]; then printf '%s\n%s\n' "$contents" "$records"; else printf '%s\n%s\n' "$records" "$contents"; fi \
    >"$run/journal" || fail_to_write "$run"
  # Before anything moves: a record of what is not there is read by nobody, but what is live and not recorded would be
  # nobody's revision if the run died now.
  replace_journal || fail "the journal cannot be written: $problem"
  [ -z "$was_real" ] || put_symlink_in_place
  [ "$sync" = false ] || flush "$home" "$state/journal" || warn "what was recorded may be lost if the power fails: $problem"
}

# Whether the directory in the active symlink's place can be moved to where it becomes a revision.
may_become_revision() {
  case $revisions/ in "$active_symlink"/*) fail "$revisions is inside $active_symlink, which has to become a revision: choose another config.directories.revisions" ;; esac
  remove_loop "$revision"
  if [ -e "$revisions/$revision" ] || [ -L "$revisions/$revision" ]; then fail "revision $revision exists already: name another one"; fi
  if ! mounts_in "$active_symlink" || [ -n "$mounted" ]; then
    is_kept "$active_symlink"
    fail "$active_symlink cannot become a revision: $problem"
  fi
  ask df -P "$home" || fail "$problem"
  first=${answer##* }
  ask df -P "$revisions" || fail "$problem"
  [ "$first" = "${answer##* }" ] ||
    fail "$active_symlink and $revisions are on two file systems: a revision cannot be moved between them"
}

# A directory in the active symlink's place becomes a revision: exchanged for the symlink in one rename where this
# system can, else by two, one right after the other.
put_symlink_in_place() {
  encode "$revision"
  printf '%s\n' "$word" >"$run/adopting" || fail "cannot write to $run"
  try ln -s -- "$revisions_text/$revision" "$revisions/$revision" || fail "$problem"
  if mv --exchange --no-copy -T -- "$active_symlink" "$revisions/$revision" 2>/dev/null; then
    return 0
  fi
  { try mkdir -- "$run/adopted" && try mv -- "$revisions/$revision" "$run/adopted/$name"; } || fail "$problem"
  chmod u+w -- "$active_symlink" 2>/dev/null
  try mv -- "$active_symlink" "$revisions/$revision" || fail "$problem"
  try mv -- "$run/adopted/$name" "$home/" || {
    mv -- "$revisions/$revision" "$active_symlink"
    fail "$problem"
  }
  warn "for a moment, $active_symlink was not there: this system cannot exchange a directory for a symlink (\`mv --exchange\`, coreutils 9.5)"
}

# The symlink that is to be exchanged for a directory waits in that directory's place among the revisions, where it
# leads to itself.
remove_loop() { # REVISION
  text_of "$revisions/$1"
  [ -z "$text" ] || [ "$text" != "$revisions_text/$1" ] || rm -f -- "$revisions/$1"
}

# What a run left that died while it put the symlink in the directory's place: the symlink goes there, or away.
finish_adopting() { # RUN-DIRECTORY
  contents_of "$1/adopting" || return 0
  decode "$contents"
  [ -n "$value" ] || return 0
  remove_loop "$value"
  waiting=$1/adopted/$name
  if [ ! -L "$waiting" ] || [ ! -d "$revisions/$value" ] || [ -e "$active_symlink" ] || [ -L "$active_symlink" ]; then
    return 0
  fi
  quote "$revisions_text/$value"
  goes_to=$quoted
  quote "$active_symlink"
  try mv -- "$waiting" "$home/" ||
    fail "$active_symlink is gone, since a run died that was making a revision of it: $problem; on the server: ln -s $goes_to $quoted"
}
