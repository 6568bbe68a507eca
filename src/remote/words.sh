# Words of a frame, and facts, which are told in words too.

encode() { # VALUE: sets $word
  case $1 in
    '') word='\c' ;;
    *\\* | *[![:graph:]\ ]*) word=$(printf %s "$1" | od -An -v -to1 | tr -d '\n' | sed 's/ *$//; s/  */\\0/g') ;;
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
    *\\*)
      value=$(printf '%bx' "$1")
      value=${value%x}
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
