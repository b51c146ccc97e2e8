import type { CompletedCommand, CompletedFlag, Kind, Vocabulary } from './words.ts';

/** The script for zsh: a function that the file _gameday in fpath holds, or that is sourced after compinit. */
export function makeZshScript({ commands, words, scenarios, reporters }: Vocabulary): string {
  const lists = [...words].map(
    ([path, all]) =>
      `    ${quote(path)}) list=(${all.map(({ word, about }) => quote(`${word}:${about}`)).join(' ')}) ;;`,
  );
  const specs = commands.map(
    (command) =>
      `    ${quote(command.path)}) _arguments -S ${specsOf(command).map(quote).join(' ')} && found=0 ;;`,
  );
  return `#compdef gameday
# Completion of gameday for zsh, made by \`gameday completion zsh\`.

_gameday_scenario() {
  if [[ $PREFIX == @* ]]; then compadd -- ${scenarios.map(quote).join(' ')}
  else _files; fi
}

_gameday_drill() {
  local out=\${GAMEDAY_OUT:-.gameday} at
  at=\${words[(I)--out]}
  (( at > 0 )) && out=\${words[at+1]}
  local -a ids
  ids=($out/*(N/:t))
  compadd -V drills -- \${(On)ids} || _files
}

_gameday_reporter() {
  if compset -P '*='; then _files
  else compadd -- ${reporters.map(quote).join(' ')}; fi
}

_gameday_words() {
  local -a list
  case "$1" in
${lists.join('\n')}
  esac
  (( \${#list} )) && _describe -t commands command list
}

_gameday() {
  local found=1 path='' next
  local -i at=2
  [[ \${words[2]} == help ]] && (( CURRENT > 2 )) && at=3
  if (( CURRENT == at )); then _gameday_words ''; return; fi
  path=\${words[at]}
  next=\${words[at+1]}
  if (( CURRENT == at + 1 )) && [[ $next != -* ]] && _gameday_words "$path"; then return 0; fi
  case "$path $next" in
    ${commands
      .map(({ path }) => path)
      .filter((path) => path.includes(' '))
      .map((path) => quote(path))
      .join('|')}) path="$path $next"; at=at+1 ;;
  esac
  words=(gameday "\${(@)words[at+1,-1]}")
  (( CURRENT -= at - 1 ))
  case "$path" in
${specs.join('\n')}
  esac
  return found
}

if [[ $funcstack[1] == _gameday ]]; then _gameday "$@"; else compdef _gameday gameday; fi
`;
}

function specsOf({ flags, args, repeats }: CompletedCommand): readonly string[] {
  return [
    ...flags.map(specOfFlag),
    '--help[say what it does]',
    ...args.map(
      (kind, index) =>
        `${repeats && index === args.length - 1 ? '*' : String(index + 1)}:value:${action(kind)}`,
    ),
  ];
}

function specOfFlag({ name, about, value, multiple }: CompletedFlag): string {
  const flag = `${multiple ? '*' : ''}${name}${value === null ? '' : '='}[${escape(about)}]`;
  return value === null ? flag : `${flag}:value:${action(value)}`;
}

function action(kind: Kind): string {
  if (typeof kind !== 'string') return `(${kind.join(' ')})`;
  const own = { file: '_files', folder: '_files -/', none: ' ' } as const;
  return kind in own ? own[kind as keyof typeof own] : `_gameday_${kind}`;
}

function escape(text: string): string {
  return text.replaceAll(/[[\]\\:]/g, '\\$&');
}

/** A word of the shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
