# What is told to the runner besides plain facts.

say_word() { printf '%s %s\n' "$1" "$2"; }

fail() { # SENTENCE [CODE]
  say error "${2:-TARGET}" "${step-}" "$1"
  exit 1
}

warn() { # SENTENCE
  say warning "${step-}" "$1"
}

me() { id -un 2>/dev/null || id -u; }
