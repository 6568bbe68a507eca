# The symlinks to what persists.

# Goes into DIRECTORY below the revision, creating what is missing, and into nothing that a symlink leads to. From
# there on the place is held by inode: whoever swaps a parent later swaps it for nothing.
enter() { # DIRECTORY
  problem=''
  cd -P -- "$revisions/$revision" || return 1
  wanted=$PWD
  IFS=/
  set -- $1
  IFS=' '
  for part; do
    if [ ! -L "./$part" ] && [ ! -d "./$part" ]; then
      stands_in "$wanted" || return 1
      try mkdir -- "./$part" || return 1
    fi
    if [ -L "./$part" ] || ! cd -P -- "./$part" 2>/dev/null; then return 1; fi
    wanted=$wanted/$part
  done
  stands_in "$wanted"
}

# Where this shell is, only a new one tells for certain: bash goes by the path that it took, which may lead elsewhere by now.
stands_in() { # DIRECTORY
  problem=$(PWD='' sh -c '[ "$PWD" = "$1" ] || { echo "$1 was swapped for something else meanwhile"; exit 1; }' sh "$1") && return 0
  became $? sh "$problem"
  return 1
}

# The link is made out of anyone's reach, and renamed into its place: a link that someone puts there in between is
# replaced, and not followed. What stood there is put aside until then, so that a link that fails leaves it there.
put_link() { # TEXT NAME: sets $problem where it fails
  aside=$run/aside$asides failed=''
  [ -d "$aside" ] || try mkdir -- "$aside" "$aside/link" "$aside/old" || return 1
  {
    try ln -s -- "$1" "$aside/link/$2" &&
      { [ -L "./$2" ] || [ ! -d "./$2" ] || move_away "./$2" "$aside/old"; } &&
      try mv -f -- "$aside/link/$2" ./
  } || failed=$problem
  if [ -n "$failed" ]; then
    rm -f -- "$aside/link/$2"
    if [ -d "$aside/old/$2" ]; then try mv -- "$aside/old/$2" ./ || return 1; fi
  fi
  remove "$aside/old/$2" || {
    warn "what stood at the link $path could not be deleted: $problem"
    asides=$((asides + 1))
  }
  problem=$failed
  [ -z "$failed" ]
}

link_problem() { # SENTENCE
  [ "$fail_on_symlink_error" = false ] || fail "$1"
  warn "$1"
}

create_symlinks() {
  entered='' asides=1
  set -- $symlinks
  while [ $# -gt 0 ]; do
    decode "$1"
    text=$value
    decode "$2"
    path=$value
    shift 2
    parent=${path%/*}
    [ "$parent" != "$path" ] || parent=''
    if [ "$entered" != "=$parent" ]; then
      enter "$parent" ||
        fail "the link $path would leave the revision or has no place in it: $parent is not a directory of the revision${problem:+ ($problem)}"
      entered="=$parent"
    fi
    if put_link "$text" "${path##*/}"; then
      [ -e "./${path##*/}" ] || {
        [ "$relative_symlinks" = false ] || fail "the link $path would dangle: $text does not lead anywhere from there"
        link_problem "the link $path dangles: $text does not exist"
      }
    else
      [ -z "$died" ] || fail "the link $path could not be made: $problem"
      link_problem "the link $path could not be made: ${problem##*"$newline"}"
    fi
  done
  cd /
  rmdir -- "$run/aside$asides/link" "$run/aside$asides/old" "$run/aside$asides" 2>/dev/null
}
