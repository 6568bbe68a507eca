# The symlinks to what persists.

# Goes into DIRECTORY below the revision, creating what is missing, and into nothing that a symlink leads to. From
# there on the place is held by inode: whoever swaps a parent later swaps it for nothing.
enter() { # DIRECTORY
  problem=''
  cd -P -- "$revisions/$revision" || return 1
  inside=$PWD
  IFS=/
  set -- "$1" $1
  IFS=' '
  wanted=$inside${1:+/}$1
  shift
  for part; do
    if [ ! -L "./$part" ] && [ ! -d "./$part" ]; then try mkdir -- "./$part" || return 1; fi
    if [ -L "./$part" ] || ! cd -P -- "./$part" 2>/dev/null; then return 1; fi
  done
  [ "$PWD" = "$wanted" ]
}

# Puts what stands at the link's path aside until the link is in its place, so that a failed one leaves it there.
put_link() { # TEXT NAME: sets $problem where it fails
  if [ ! -e "./$2" ] && [ ! -L "./$2" ]; then
    try ln -s -- "$1" "./$2"
    return $?
  fi
  aside=./.shipper-$token failed=''
  try mkdir -- "$aside" "$aside/link" "$aside/old" || return 1
  {
    try ln -s -- "$1" "$aside/link/$2" &&
      { [ -L "./$2" ] || [ ! -d "./$2" ] || move_away "$PWD/$2" "$aside/old"; } &&
      try mv -f -- "$aside/link/$2" ./
  } || failed=$problem
  if [ -n "$failed" ] && [ -e "$aside/old/$2" ]; then try mv -- "$aside/old/$2" ./ || return 1; fi
  remove "$PWD/${aside#./}" || warn "what stood at the link $path could not be deleted: $problem"
  problem=$failed
  [ -z "$failed" ]
}

link_problem() { # SENTENCE
  [ "$fail_on_symlink_error" = false ] || fail "$1"
  warn "$1"
}

create_symlinks() {
  entered=''
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
}
