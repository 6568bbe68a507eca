# What is told to the runner besides plain facts.

say_word() { printf '%s %s\n' "$1" "$2"; }

fail() { # SENTENCE [CODE]
  say error "${2:-TARGET}" "${step-}" "$1"
  exit 1
}

warn() { # SENTENCE
  say warning "${step-}" "$1"
}

# In place of `read` for all that runs after a signal, which loops for ever then in BusyBox 1.38.
contents_of() { # FILE: sets $contents, empty where it cannot be read
  contents=''
  [ -f "$1" ] && contents=$(cat "$1" 2>/dev/null)
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
