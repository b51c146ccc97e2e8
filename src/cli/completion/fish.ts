import type { CompletedCommand, Kind, Vocabulary } from './words.ts';

/** The script for fish, 3 or later. */
export function makeFishScript({ commands, words, scenarios, reporters }: Vocabulary): string {
  const topics = [...words.keys()].filter((path) => path !== '');
  const lines = [...words].flatMap(([path, all]) =>
    all.map(
      ({ word, about }) =>
        `complete -c gameday -n ${quote(`__gameday_after ${quote(path)}`)} -a ${quote(word)} -d ${quote(about)}`,
    ),
  );
  return `# Completion of gameday for fish, made by \`gameday completion fish\`.

# The command of the line: its one or two words, without \`help\`.
function __gameday_path
    set -l typed (commandline -opc | string match -v -- '-*')
    set -e typed[1]
    if test "$typed[1]" = help
        set -e typed[1]
    end
    if contains -- "$typed[1]" ${topics.join(' ')}
        echo "$typed[1..2]"
    else
        echo "$typed[1]"
    end
end

# Whether the line holds these words and no more.
function __gameday_after
    set -l path (__gameday_path)
    test "$path" = "$argv[1]"; or test "$path" = "$argv[1] "
end

function __gameday_at
    contains -- (__gameday_path) $argv
end

function __gameday_drills
    set -l out .gameday
    set -q GAMEDAY_OUT; and set out $GAMEDAY_OUT
    set -l typed (commandline -opc)
    set -l at (contains -i -- --out $typed); and set out $typed[(math $at + 1)]
    command ls -1r $out 2>/dev/null
end

# A reporter by its name, or after its = a file.
function __gameday_reporters
    set -l word (commandline -ct | string replace -r '^--reporter=' '')
    if string match -q '*=*' -- $word
        set -l name (string split -m 1 = -- $word)
        for file in (__fish_complete_path $name[2])
            echo $name[1]=$file
        end
    else
        string join \\n ${reporters.join(' ')}
    end
end

function __gameday_scenarios
    string join \\n ${scenarios.join(' ')}
end

complete -c gameday -f
complete -c gameday -l help -d 'Say what it does.'
${lines.join('\n')}
${commands.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, flags, args }: CompletedCommand): readonly string[] {
  const at = `complete -c gameday -n ${quote(`__gameday_at ${quote(path)}`)}`;
  return [
    ...flags.map(
      ({ name, about, value }) =>
        `${at} -l ${name.slice(2)}${value === null ? '' : ` ${valueOf(value)}`} -d ${quote(about)}`,
    ),
    ...[...new Set(args.map((kind) => valueOf(kind).replace('-r ', '').replace('-x ', '')))]
      .filter((value) => value !== '-x')
      .map((value) => `${at} ${value}`),
  ];
}

/** What fish is given for a value; files are offered where \`-F\` stands. */
function valueOf(kind: Kind): string {
  if (typeof kind !== 'string') return `-x -a ${quote(kind.join(' '))}`;
  const told: Readonly<Record<typeof kind, string>> = {
    file: '-r -F',
    folder: "-x -a '(__fish_complete_directories)'",
    scenario: "-r -F -a '(__gameday_scenarios)'",
    drill: "-r -F -a '(__gameday_drills)'",
    reporter: "-x -a '(__gameday_reporters)'",
    none: '-x',
  };
  return told[kind];
}

/** A word of the shell: between single quotes fish knows \\\\ and \\'. */
function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}
