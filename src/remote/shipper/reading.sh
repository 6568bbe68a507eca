# Reading only: status, dry runs, and what became of a lost run.

# What stands at a link's path now, in the revision that is copied or else in the active one.
tell_standing() { # PATH
  standing=${source_dir:-"$active_symlink"}/$1
  if [ -L "$standing" ]; then
    text_of "$standing"
    say standing "$1" link "$text"
  elif [ -d "$standing" ]; then
    say standing "$1" directory
  elif [ -e "$standing" ]; then
    say standing "$1" file
  fi
}

# Whether a link with that text, at that path of a revision, would lead to something.
would_lead() { # TEXT PATH
  case $1 in
    /*) [ -e "$1" ] ;;
    *)
      place=$revisions/-/$2 rest=$1
      place=${place%/*}
      while :; do
        case $rest in
          ../*) place=${place%/*} rest=${rest#../} ;;
          *) break ;;
        esac
      done
      [ -e "$place/$rest" ]
      ;;
  esac
}

# Tells everything that `status` and a dry run show.
inspect() {
  check_version
  [ ! -d "$state" ] || [ -x "$state" ] || {
    warn "$state is closed to $(me): which revisions were completed, and who holds the lock, cannot be told"
  }
  read_active
  say active "$active" "$linked"
  read_table
  IFS=$newline
  for line in $table; do printf 'listed %s\n' "$line"; done
  IFS=' '
  text_of "$state/lock"
  holder=$text
  if [ -n "$holder" ]; then
    owner_of "$holder"
    say_holder holder "${owner:-$holder}"
  fi
  tell_leftovers
  tell_mounts
  [ "$goal" != status ] || return 0
  if [ "$goal" = adopt ]; then
    find_adopted
    tell_adopted
    return 0
  fi
  for word in $directories; do
    decode "$word"
    [ -d "$value" ] || say missing "$value"
  done
  set -- $symlinks
  while [ $# -gt 0 ]; do
    decode "$1"
    goes_to=$value
    decode "$2"
    would_lead "$goes_to" "$value" || say dangling "$value"
    tell_standing "$value"
    shift 2
  done
  if [ "$goal" != activate ] && [ "$goal" != rollback ] && [ -e "$revisions/$revision" ]; then
    find_state "$revision"
    if [ "$found" != unfinished ]; then
      [ "$goal" = deploy ] || fail "revision $revision exists already: prepare needs a name that is not taken"
      free_name
      say taken "$revision"
    fi
  fi
  case $goal in
    deploy) becomes='' ;; # The newest of all, which is not there yet.
    activate) becomes=$revision ;;
    rollback)
      ! is_older "$revision" "$active" || say marks "$active"
      find_state "$revision"
      [ "$found" != bad ] || say clears "$revision"
      return 0
      ;;
    *) return 0 ;;
  esac
  choose_surplus "$becomes" "$active"
  for old in $answer; do
    decode "$old"
    is_kept "$revisions/$value" || say_word purgeable "$old"
  done
}

# For a runner that lost the connection: what became of its run, once the target is done with it.
verdict() {
  waited=0
  owner_of "$lost_token"
  while [ -n "$owner" ] && [ "$waited" -le $((lease + lease / 2)) ]; do
    sleep 1
    waited=$((waited + 1))
    owner_of "$lost_token"
  done
  read_active
  if [ -n "$owner" ]; then
    say verdict unknown "$active"
  elif completed_by "$lost_token"; then
    say verdict completed "$active"
  elif recorded "$lost_token" linked returned; then
    say verdict returned "$active"
  else
    say verdict settled "$active"
  fi
}
