# What is told to the runner besides plain facts.

say_word() { printf '%s %s\n' "$1" "$2"; }

fail() { # SENTENCE [CODE]
  say error "${2:-TARGET}" "${step-}" "$1"
  exit 1
}

fail_to_write() { # PATH
  fail "cannot write to $1: the disk is full, or a quota or the account's limit of file size (ulimit -f) is reached"
}

refuse() { # SENTENCE [CODE]: nothing was begun
  say error "${2:-TARGET}" '' "$1"
  say end 1
  exit 1
}

warn() { # SENTENCE
  say warning "${step-}" "$1"
}

# In place of `read` for all that runs after a signal, which loops for ever then in BusyBox 1.38.
contents_of() { # FILE: sets $contents; returns 1 where there is no such file, and fails where it cannot be read
  contents=''
  [ -f "$1" ] || return 1
  ask cat "$1" 2>/dev/null || {
    [ -f "$1" ] || return 1
    fail "$1 cannot be read: $problem"
  }
  contents=$answer
}

text_of() { # SYMLINK: sets $text to where it leads, empty if it is none
  text=''
  [ -L "$1" ] || return 0
  ask readlink "$1" 2>/dev/null || ask readlink "$1" 2>/dev/null || {
    [ -L "$1" ] || return 0
    fail "$1 cannot be read: $problem"
  }
  text=$answer
}

now() { # sets $seconds since 1970
  ask date +%s || ask date +%s || fail "the time is not known: $problem"
  seconds=$answer
}

quote() { # VALUE: sets $quoted, for a command that a person is to run
  quoted='' rest=$1
  while :; do
    case $rest in
      *"'"*)
        quoted="$quoted${rest%%"'"*}'\\''"
        rest=${rest#*"'"}
        ;;
      *) break ;;
    esac
  done
  quoted="'$quoted$rest'"
}

me() { # A user without a name is told once, by number: some `id -un` print it, and fail.
  user=$(id -un 2>/dev/null) || user=$(id -u)
  printf '%s\n' "$user"
}
