/** The commands by what a person wants to do, in the order of help. One that stands in no group is listed under "more". */
export const GROUPS: readonly { readonly title: string; readonly ids: readonly string[] }[] = [
  { title: 'start', ids: ['init', 'doctor', 'rehearse', 'preflight'] },
  { title: 'run', ids: ['run', 'assert', 'certify', 'gate', 'pipeline', 'merge'] },
  { title: 'plan', ids: ['losses', 'forecast', 'iam', 'validate'] },
  { title: 'look back', ids: ['drills', 'ledger'] },
  { title: 'rig', ids: ['rig', 'study', 'scenarios'] },
];

/** Flags of this group are named in short help, and told in full by `gameday help COMMAND --all`. */
export const MORE = 'MORE';

/** What the manifest says of a command, as far as help, completion and the man page need it. */
export interface ListedCommand {
  readonly id: string;
  readonly summary?: string | undefined;
  readonly description?: string | undefined;
  readonly examples?:
    readonly (string | { readonly description: string; readonly command: string })[] | undefined;
  readonly hidden?: boolean | undefined;
  readonly hiddenAliases?: readonly string[] | undefined;
  readonly args?: Readonly<Record<string, ListedArg>>;
  readonly flags?: Readonly<Record<string, ListedFlag>>;
}

export interface ListedArg {
  readonly description?: string | undefined;
  readonly required?: boolean | undefined;
  readonly multiple?: boolean | undefined;
  readonly options?: readonly string[] | undefined;
}

export interface ListedFlag {
  readonly type: string;
  readonly char?: string | undefined;
  readonly description?: string | undefined;
  readonly helpValue?: string | readonly string[] | undefined;
  readonly helpGroup?: string | undefined;
  readonly options?: readonly string[] | undefined;
  readonly default?: unknown;
  readonly env?: string | undefined;
  readonly required?: boolean | undefined;
  readonly multiple?: boolean | undefined;
  readonly hidden?: boolean | undefined;
}

export interface ListedTopic {
  readonly name: string;
  readonly description?: string | undefined;
}

/** One line of the overview: a command, or a topic with commands of its own. */
export interface Entry {
  readonly name: string;
  readonly summary: string;
}

/** The overview: each group with its commands, topics once. */
export function groupCommands(
  commands: readonly ListedCommand[],
  topics: readonly ListedTopic[],
): readonly { readonly title: string; readonly entries: readonly Entry[] }[] {
  const names = [...new Set(commands.map(({ id }) => id.split(':')[0] ?? id))];
  const grouped = new Set(GROUPS.flatMap(({ ids }) => ids));
  const more = { title: 'more', ids: names.filter((name) => !grouped.has(name)).toSorted() };
  return [...GROUPS, more]
    .map(({ title, ids }) => ({
      title,
      entries: ids
        .filter((id) => names.includes(id))
        .map((name) => ({ name, summary: summaryOf(name, commands, topics) })),
    }))
    .filter(({ entries }) => entries.length > 0);
}

function summaryOf(name: string, commands: readonly ListedCommand[], topics: readonly ListedTopic[]): string {
  const topic = topics.find((one) => one.name === name);
  return topic?.description ?? commands.find(({ id }) => id === name)?.summary ?? '';
}
