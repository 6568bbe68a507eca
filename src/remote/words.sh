# Words of a frame, and facts, which are told in words too.

encode() { # VALUE: sets $word
  case $1 in
    '') word='\c' ;;
    *\\* | *[![:graph:]\ ]*)
      octets=$(printf %s "$1" | od -An -v -to1) || {
        became $? od ''
        fail "words cannot be told: $problem"
      }
      word=''
      IFS=" $newline"
      for octet in $octets; do word="$word\\0$octet"; done
      IFS=' '
      ;;
    *)
      word='' rest=$1
      while :; do
        case $rest in
          *' '*)
            word="$word${rest%% *}\\0040"
            rest=${rest#* }
            ;;
          *) break ;;
        esac
      done
      word=$word$rest
      ;;
  esac
}

decode() { # WORD: sets $value
  case $1 in
    '\c') value='' ;;
    *\\*)
      value=$(printf '%bx' "$1")
      case $value in
        *x) value=${value%x} ;;
        *) fail 'words cannot be read: printf gave no answer' ;;
      esac
      ;;
    *) value=$1 ;;
  esac
}

say() { # KIND VALUE...: tells the runner one fact
  line=$1
  shift
  for value; do
    encode "$value"
    line="$line $word"
  done
  printf '%s\n' "$line"
}
