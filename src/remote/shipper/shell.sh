# Whether the shell does what is written here.

unfit() { # SENTENCE: said in place of the greeting, before anything is begun
  printf '\nshipper unfit: %s\n' "$1"
  exit 1
}

# Shells that would go wrong late and without a word.
check_shell() {
  other='see to it that another sh, such as dash, comes first in the PATH of the account'
  case $(printf '\351x') in
    *?x) ;;
    *) unfit "sh${YASH_VERSION+, which is yash,} loses what is not ASCII: $other" ;;
  esac
  [ -z "${POSH_VERSION-}" ] || unfit "sh is posh, which does not wait for what it has started: $other"
  if [ ! -c /dev/null ] || [ ! -r /dev/null ] || [ ! -w /dev/null ]; then
    unfit "/dev/null is missing or closed, and no shell works without it; on the server: sudo sh -c 'rm -f /dev/null; mknod -m 666 /dev/null c 1 3'"
  fi
}
