# wait BASE FOLDER SECONDS: ends when nothing of the job lives any more (0), after SECONDS (3), or when there is no such job (1).
# It blocks on the lock that the wrapper holds; only before the start, and for a job whose wrapper is dead, it looks again and again.

main() {
  good_words "$1" "$2" || return 1
  cd "$1/$2" 2>/dev/null || return 1
  until_over "${2##*-}" "$3"
}

main "$@"
