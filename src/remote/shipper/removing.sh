# Removing: the one way in which directories are deleted, and what is told of those that stay.

# The mounts come from the table of the system: neither -xdev nor a device number shows a bind mount of the same file
# system. In /proc/self/mountinfo, whitespace and backslashes stand as \ooo; the answer is complete if it ends in a dot.
mounts_in() { # DIRECTORY: sets $mounted to the mount points at or below it, words; returns 1 where that cannot be known
  problem='the mounts of this system cannot be read, and nothing is deleted through a mount; on the server: sudo mount -t proc proc /proc'
  physical=$(cd -P -- "${1%/*}/" 2>/dev/null && pwd -P) || return 1
  physical=${physical%/}/${1##*/}
  if [ -r /proc/self/mountinfo ]; then
    mounted=$(directory=$physical awk '
      {
        point = word = ""
        for (rest = $5; at = index(rest, "\\"); rest = substr(rest, at + 4)) {
          code = substr(rest, at + 1, 3)
          point = point substr(rest, 1, at - 1) sprintf("%c", substr(code, 1, 1) * 64 + substr(code, 2, 1) * 8 + substr(code, 3, 1))
          word = word substr(rest, 1, at - 1) "\\0" code
        }
        if (index(point rest "/", ENVIRON["directory"] "/") == 1) printf "%s ", word rest
      }
      END { printf "." }' /proc/self/mountinfo 2>/dev/null) || {
      became $? awk ''
      problem="the mounts of this system cannot be read, and nothing is deleted through a mount: $problem"
      return 1
    }
  elif [ "$(uname -s)" = Linux ] || ! mounted=$(mount 2>/dev/null) || [ -z "$mounted" ]; then
    return 1
  else
    # "DEVICE on POINT (OPTIONS)" or "DEVICE on POINT type TYPE (OPTIONS)"; System V has "POINT on DEVICE OPTIONS".
    mounted=$(printf '%s\n' "$mounted" | directory=$physical awk '
      /\)$/ {
        at = index($0, " on " ENVIRON["directory"] "/")
        if (!at) at = index($0, " on " ENVIRON["directory"] " ")
        if (!at) next
        point = substr($0, at + 4)
        sub(/( type [^ ]*)? \([^(]*\)$/, "", point)
      }
      !/\)$/ {
        if (index($0, ENVIRON["directory"] "/") != 1 && index($0, ENVIRON["directory"] " on ") != 1) next
        point = $0
        sub(/ on .*/, "", point)
      }
      {
        word = ""
        for (i = 1; i <= length(point); i++) {
          c = substr(point, i, 1)
          word = word (c == " " ? "\\0040" : c == "\\" ? "\\0134" : c)
        }
        printf "%s ", word
      }
      END { printf "." }') || return 1
  fi
  case " $mounted" in
    *' .') mounted=${mounted%.} ;;
    *) return 1 ;;
  esac
}

# Whether mounts keep a directory from being deleted; sets $problem to why, with the command that changes it.
is_kept() { # DIRECTORY
  mounts_in "$1" || return 0
  [ -n "$mounted" ] || return 1
  points=''
  for word in $mounted; do
    decode "$word"
    quote "$value"
    points=" $quoted$points" # The inner ones first.
  done
  problem="something is mounted in it, and nothing is deleted through a mount; on the server: sudo umount$points"
}

denied() { # DIRECTORY: adds to $problem, which a tool told, what to do
  case $1 in ./*) set -- "$PWD/${1#./}" ;; esac
  quote "$1"
  problem="${problem%%"$newline"*}; on the server: sudo chown -hR $(me) $quoted && sudo chmod -R u+rwX $quoted"
}

# What holds the links of a switch, and nothing else.
remove_links() { # DIRECTORY
  try rm -f -- "$1/forth/$name" "$1/back/$name" || try rm -f -- "$1/forth/$name" "$1/back/$name"
  rmdir -- "$1/forth" "$1/back" "$1" 2>/dev/null || rmdir -- "$1/forth" "$1/back" "$1" 2>/dev/null
}

remove() { # DIRECTORY: deletes it; sets $problem where it is still there
  [ -e "$1" ] || [ -L "$1" ] || return 0
  ! is_kept "$1" || return 1
  rm -rf -- "$1" 2>/dev/null && return 0
  chmod -R u+rwX -- "$1" 2>/dev/null
  try rm -rf -- "$1" && return 0
  denied "$1"
  return 1
}

# Out of sight, before it is deleted: what has a mount in it stays where it is. The directory itself has to be writable,
# since its parent changes.
move_away() { # DIRECTORY INTO: sets $problem where it is still there
  ! is_kept "$1" || return 1
  mv -- "$1" "$2/" 2>/dev/null && return 0
  chmod u+rwx -- "$1" 2>/dev/null
  try mv -- "$1" "$2/" && return 0
  denied "$1"
  return 1
}

# What a run could not delete is in the directory that it left, `gone-TOKEN`; each later run tries again.
leftovers() { # RUN-DIRECTORY: sets $left_there to what was to be deleted there, words
  left_there=''
  set +f
  for leftover in "$1"/purged/* "$1"/trash/* "$1"/trash/settled-*/purged/* "$1"/trash/settled-*/trash/*; do
    case ${leftover##*/} in '*' | settled-*) continue ;; esac
    [ -d "$leftover" ] || continue
    encode "$leftover"
    left_there="$left_there $word"
  done
  set -f
}

tell_leftovers() {
  set +f
  for gone in "$state"/runs/gone-*; do
    leftovers "$gone"
    for word in $left_there; do
      decode "$word"
      leftover=$value
      is_kept "$leftover" || {
        problem='it could not be deleted'
        denied "$leftover"
      }
      warn "what is left of revision ${leftover##*/} is still there: $problem"
    done
  done
  set -f
}

# Of the revisions that are not active, those that will not be purged for as long as something is mounted in them.
tell_mounts() {
  [ -d "$revisions" ] || return 0
  mounts_in "$revisions" || {
    warn "no revision can be removed: $problem"
    return 0
  }
  below=$physical/ told=//.shipper/$active/
  for word in $mounted; do
    decode "$word"
    value=${value#"$below"}
    name_of_kept=${value%%/*}
    case $told in *"/$name_of_kept/"*) continue ;; esac
    told=$told$name_of_kept/
    ! is_kept "$revisions/$name_of_kept" || warn "revision $name_of_kept will not be removed: $problem"
  done
}

clear_away() { # RUN-DIRECTORY of a run that is over
  set +f
  rm -f -- "$1"/commands/* "$1"/* 2>/dev/null
  rmdir -- "$1"/* "$1" 2>/dev/null
  set -f
  [ -d "$1" ] || return 0
  leftovers "$1"
  for word in $left_there; do
    decode "$word"
    leftover=$value
    remove "$leftover" || warn "what is left of revision ${leftover##*/} could not be deleted: $problem"
  done
  leftovers "$1"
  if [ -n "$left_there" ]; then return 0; fi
  remove "$1" || warn "what an earlier run left could not be deleted: $problem"
}
