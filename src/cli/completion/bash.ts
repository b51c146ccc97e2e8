import type { Kind, Vocabulary } from './words.ts';

/** Reads the line, finds the command in it, and fills COMPREPLY; the functions before it know the words. */
const ENGINE = `_gameday() {
  local line=\${COMP_LINE:0:COMP_POINT} cur='' path='' before='' out=\${GAMEDAY_OUT:-.gameday}
  local -a typed rest kinds
  COMPREPLY=()
  read -ra typed <<<"$line"
  if [[ $line != *[[:space:]] ]]; then
    cur=\${typed[\${#typed[@]}-1]}
    unset "typed[\${#typed[@]}-1]"
  fi
  local word count=0 isHelp=''
  for word in "\${typed[@]:1}"; do
    if [[ $before == --out ]]; then out=$word; fi
    if [[ $word == --out=* ]]; then out=\${word#--out=}; fi
    if [[ $word == -- ]]; then _gameday_fill file "$cur"; return; fi
    if [[ -n $path && $before == --* && -n $(_gameday_value "$path $before") ]]; then before=''; continue; fi
    before=$word
    [[ $word == -* ]] && continue
    if [[ -z $path && -z $isHelp && $word == help ]]; then isHelp=1
    elif [[ -z $path ]]; then path=$word
    elif [[ $count -eq 0 && " $(_gameday_words "$path") " == *" $word "* ]]; then path="$path $word"
    else count=$((count + 1)); fi
  done
  local value=''
  [[ $before == --* ]] && value=$(_gameday_value "$path $before")
  if [[ -n $value ]]; then _gameday_fill "$value" "$cur" "$out"
  elif [[ $cur == --*=* ]]; then
    value=$(_gameday_value "$path \${cur%%=*}")
    [[ -n $value ]] && _gameday_fill "$value" "\${cur#*=}" "$out"
    COMPREPLY=("\${COMPREPLY[@]/#/\${cur%%=*}=}")
  elif [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$(_gameday_flags "$path") --help" -- "$cur"))
  elif [[ $count -eq 0 && -n $(_gameday_words "$path") ]]; then
    COMPREPLY=($(compgen -W "$(_gameday_words "$path")" -- "$cur"))
  elif [[ -z $isHelp ]]; then
    IFS=, read -ra kinds <<<"$(_gameday_args "$path")"
    if [[ \${#kinds[@]} -gt 0 ]]; then
      [[ $count -ge \${#kinds[@]} ]] && count=$((\${#kinds[@]} - 1))
      _gameday_fill "\${kinds[$count]}" "$cur" "$out"
    fi
  fi
  # readline replaces only what stands behind the last of its own word breaks; an @ itself it replaces too.
  local sign broken='' part
  for sign in '@' '=' ':'; do
    if [[ $COMP_WORDBREAKS == *"$sign"* && $cur == *"$sign"* ]]; then
      part=\${cur%"\${cur##*"$sign"}"}
      [[ $sign == '@' ]] && part=\${part%@}
      [[ \${#part} -gt \${#broken} ]] && broken=$part
    fi
  done
  COMPREPLY=("\${COMPREPLY[@]#"$broken"}")
}

complete -F _gameday gameday
`;

/** The script for bash, 3.2 or later. */
export function makeBashScript({ commands, words, scenarios, reporters }: Vocabulary): string {
  const cases = (rows: readonly (readonly [string, string])[]): string =>
    rows.map(([key, value]) => `    '${key}') echo '${value}' ;;`).join('\n');
  const flags = commands.map(
    ({ path, flags: all }) => [path, all.map(({ name }) => name).join(' ')] as const,
  );
  const args = commands.map(({ path, args: all }) => [path, all.map(nameKind).join(',')] as const);
  const values = commands.flatMap(({ path, flags: all }) =>
    all.flatMap(({ name, value }) => (value === null ? [] : [[`${path} ${name}`, nameKind(value)] as const])),
  );
  const below = [...words].map(([path, all]) => [path, all.map(({ word }) => word).join(' ')] as const);
  return `# Completion of gameday for bash, made by \`gameday completion bash\`.

# The words after a command or a topic.
_gameday_words() {
  case "$1" in
${cases(below)}
  esac
}

_gameday_flags() {
  case "$1" in
${cases(flags)}
  esac
}

# What the arguments of a command are, separated by commas.
_gameday_args() {
  case "$1" in
${cases(args)}
  esac
}

# What the value of a flag is; nothing where it takes none.
_gameday_value() {
  case "$1" in
${cases(values)}
  esac
}

# Fills COMPREPLY with what begins with $2 and is of the kind $1.
_gameday_fill() {
  local kind=$1 cur=$2 IFS=$'\\n'
  case "$kind" in
    file) COMPREPLY=($(compgen -f -- "$cur")) ;;
    folder) COMPREPLY=($(compgen -d -- "$cur")) ;;
    scenario)
      if [[ $cur == @* ]]; then COMPREPLY=($(compgen -W '${scenarios.join('\n')}' -- "$cur")); return; fi
      COMPREPLY=($(compgen -f -- "$cur")) ;;
    drill)
      COMPREPLY=($(compgen -W "$(command ls -1 "$3" 2>/dev/null)" -- "$cur"))
      [[ \${#COMPREPLY[@]} -gt 0 ]] && return
      COMPREPLY=($(compgen -f -- "$cur")) ;;
    reporter)
      if [[ $cur == *=* ]]; then
        COMPREPLY=($(compgen -P "\${cur%%=*}=" -f -- "\${cur#*=}"))
      else COMPREPLY=($(compgen -W '${reporters.join('\n')}' -- "$cur")); return; fi ;;
    none) return ;;
    *) COMPREPLY=($(compgen -W "\${kind//|/$'\\n'}" -- "$cur")); return ;;
  esac
  compopt -o filenames 2>/dev/null
}

${ENGINE}`;
}

function nameKind(kind: Kind): string {
  return typeof kind === 'string' ? kind : kind.join('|');
}
