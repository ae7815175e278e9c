# sizes BASE: what every job's folder takes on the disk, as `BYTES FOLDER` lines.

main() {
  cd "$1" 2>/dev/null || return 0
  du -B1 -d1 . 2>/dev/null | sed -n 's/^\([0-9]*\)[[:blank:]]\.\//\1 /p' | grep -v ' \.'
  [ ! -d .new ] || du -B1 -d1 .new 2>/dev/null | sed -n 's/^\([0-9]*\)[[:blank:]]\(.new\/.*\)/\1 \2/p'
  return 0
}

main "$@"
