# Tools. One that is missing, or that was killed since memory ran out, has said nothing: its silence is never taken for
# an answer, and its name is told.
# shellcheck disable=SC2034 # what is set here is read elsewhere

died=''
became() { # STATUS TOOL WORDS: sets $problem to what became of it; and $died, if nobody can know what it did
  case $1 in
    126 | 127) problem="$2 cannot be run on the target: install it" ;;
    12[89] | 1[3-9]? | 2??) problem="$2 was ended by signal $(($1 - 128)), as happens where memory runs out" ;;
    *) problem=${3:-"$2 ended with exit status $1"} && return 0 ;;
  esac
  died=$2
}

try() { # TOOL ARGUMENT...: sets $problem where it fails
  problem=$("$@" 2>&1) && return 0 # Never bare: in a trap, bash and others take the status from before it.
  became $? "$1" "$problem"
  return 1
}

ask() { # TOOL ARGUMENT...: sets $answer to what it prints, and $problem where it fails
  answer=$("$@") && return 0
  became $? "$1" ''
  return 1
}

length_of() { # LINES|BYTES FILE: sets $length
  case $1 in
    LINES) ask wc -l <"$2" ;;
    *) ask wc -c <"$2" ;;
  esac || fail "the length of $2 is not known: $problem"
  length=$((answer))
}

need() { # TOOL...
  for tool; do
    command -v "$tool" >/dev/null || fail "$tool is missing on the target: install it, or see to the PATH of the account"
  done
}
