# The symlinks to what persists.

# Goes into DIRECTORY below the revision, creating what is missing, and into nothing that a symlink leads to. From
# there on the place is held by inode: whoever swaps a parent later swaps it for nothing.
enter() { # DIRECTORY
  cd -P -- "$revisions/$revision" || return
  inside=$PWD
  IFS=/
  set -- "$1" $1
  IFS=' '
  wanted=$inside${1:+/}$1
  shift
  for part; do
    if [ ! -L "./$part" ] && [ ! -d "./$part" ]; then mkdir -- "./$part" 2>/dev/null; fi
    if [ -L "./$part" ] || ! cd -P -- "./$part" 2>/dev/null; then return 1; fi
  done
  [ "$PWD" = "$wanted" ]
}

# Puts what stands at the link's path aside until the link is in its place, so that a failed one leaves it there.
put_link() { # TEXT NAME
  if [ ! -e "./$2" ] && [ ! -L "./$2" ]; then
    ln -s -- "$1" "./$2"
    return
  fi
  aside=./.shipper-$token failed=0
  mkdir -- "$aside" "$aside/link" "$aside/old" || return
  {
    ln -s -- "$1" "$aside/link/$2" &&
      { [ -L "./$2" ] || [ ! -d "./$2" ] || move_away "$PWD/$2" "$aside/old" || { echo "$problem" >&2 && false; }; } &&
      mv -f -- "$aside/link/$2" ./
  } || failed=1
  if [ "$failed" -eq 1 ] && [ -e "$aside/old/$2" ]; then mv -- "$aside/old/$2" ./ || return; fi
  remove "$PWD/${aside#./}" || warn "what stood at the link $path could not be deleted: $problem"
  return "$failed"
}

link_problem() { # SENTENCE
  [ "$fail_on_symlink_error" = false ] || fail "$1"
  warn "$1"
}

create_symlinks() {
  entered=''
  printf '' >"$run/problem" || fail "cannot write to $run"
  exec 9>>"$run/problem"
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
        fail "the link $path would leave the revision or has no place in it: $parent is not a directory of the revision"
      entered="=$parent"
    fi
    if put_link "$text" "${path##*/}" 2>&9; then
      [ -e "./${path##*/}" ] || {
        [ "$relative_symlinks" = false ] || fail "the link $path would dangle: $text does not lead anywhere from there"
        link_problem "the link $path dangles: $text does not exist"
      }
    else
      link_problem "the link $path could not be made: $(sed -n '$p' "$run/problem")"
    fi
  done
  exec 9>&-
  cd /
}
