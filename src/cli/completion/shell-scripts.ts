/** Shells that we have a script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type ShellName = (typeof SHELLS)[number];

export interface ShellScript {
  /** Path of `bin/spark-swarm`. */
  readonly executable: string;
  /** Programs to complete: `spark-swarm`, `spark-cluster-service`. */
  readonly names: readonly string[];
}

/**
 * The script that a shell runs to complete our programs. It asks `spark-swarm complete`, and offers what that prints:
 * `value TAB description` on each line, then `:0` (files may follow) or `:4` (nothing else may).
 *
 * By hand, because those of `@bomb.sh/tab` 0.0.22 need the package bash-completion, run what is typed through `eval`, offer no
 * files, and know no value after `--flag=`; each is met by a test.
 */
export function formatShellScript(shell: ShellName, { executable, names }: ShellScript): string {
  switch (shell) {
    case 'bash':
      return bashScript(quote(executable), names);
    case 'zsh':
      return zshScript(quote(executable), names);
    case 'fish':
      return fishScript(`'${executable.replaceAll(/[\\']/g, '\\$&')}'`, names);
    default:
      return shell satisfies never;
  }
}

/** For bash and zsh. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

// Runs in bash 3.2, the one of macOS. `complete -o default`: with no answer of ours bash offers files.
function bashScript(executable: string, names: readonly string[]): string {
  return `# bash completion of spark-swarm
_spark_swarm() {
  local rest=\${COMP_LINE:0:COMP_POINT} word current value line tail strip prefix='' answer breaks='' i
  local -a words=()
  COMPREPLY=()
  # Bash takes "=" and ":" for words of their own: what has no blank before it belongs to the word before.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $i == 0 || $rest == [[:space:]]* ]]; then
      rest=\${rest#"\${rest%%[![:space:]]*}"}
      words+=('')
    fi
    [[ $i == "$COMP_CWORD" ]] && word=$rest
    words[\${#words[@]}-1]+=$word
    rest=\${rest#"$word"}
  done
  current=\${words[\${#words[@]}-1]}
  answer=$(SPARK_SWARM_PROGRAM=\${words[0]} ${executable} complete -- "\${words[@]:1}" 2>/dev/null) || return
  # Bash puts the answer in the place of what follows the last "=" or ":".
  [[ $COMP_WORDBREAKS == *=* ]] && breaks+==
  [[ $COMP_WORDBREAKS == *:* ]] && breaks+=:
  [[ $current == --*=* ]] && prefix=\${current%%=*}=
  tail=$current
  [[ -n $breaks ]] && tail=\${current##*["$breaks"]}
  strip=\${current%"$tail"}
  while IFS= read -r line; do
    case $line in
      :4) compopt +o default 2>/dev/null ;;
      :*) ;;
      *)
        value=$prefix\${line%%$'\\t'*}
        COMPREPLY+=("\${value#"$strip"}")
        ;;
    esac
  done <<< "$answer"
}
complete -o default -F _spark_swarm ${names.join(' ')}
`;
}

function zshScript(executable: string, names: readonly string[]): string {
  return `#compdef ${names.join(' ')}
# zsh completion of spark-swarm
_spark-swarm() {
  local line value description
  local -a answer described
  answer=("\${(@f)$(SPARK_SWARM_PROGRAM=\${words[1]} ${executable} complete -- "\${(@Q)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
  for line in "\${(@)answer[1,-2]}"; do
    value=\${line%%$'\\t'*}
    description=\${line#*$'\\t'}
    described+=("\${value//:/\\\\:}\${description:+:$description}")
  done
  # Of --name=b only what follows the "=" is offered.
  [[ $PREFIX == --*=* ]] && compset -P 1 '*='
  if (( \${#described} )); then
    _describe -t values value described
  elif [[ \${answer[-1]} == :0 ]]; then
    _files
  fi
}
if [[ \${funcstack[1]} == _spark-swarm ]]; then
  _spark-swarm "$@"
else
  compdef _spark-swarm ${names.join(' ')}
fi
`;
}

function fishScript(executable: string, names: readonly string[]): string {
  const registrations = names.map((name) => `complete -c ${name} -f -a '(__spark_swarm_complete)'`);
  return `# fish completion of spark-swarm
function __spark_swarm_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (SPARK_SWARM_PROGRAM=$words[1] ${executable} complete -- $words[2..-1] "$current" 2>/dev/null)
    # Fish puts the answer in the place of the whole word.
    set -l prefix (string match -r -- '^--[^=]+=' "$current")
    for line in $answer
        if test "$line" = :0
            __fish_complete_path (string replace -- "$prefix" '' "$current") | string replace -r -- '^' "$prefix"
        else if not string match -q -- ':*' $line
            echo -- "$prefix$line"
        end
    end
end
${registrations.join('\n')}
`;
}
