/** The meta-data key by which a drill finds its builds again. */
export const DRILL_KEY = 'gameday-drill';
/** Of several builds of one drill, the meta-data key that tells them apart. */
export const BUILD_KEY = 'gameday-build';

/** What finds one of a drill's builds again: its number among them, from 1 on; null where the drill has only one. */
export interface Mark {
  readonly drill: string;
  readonly nth: number | null;
}

/** The meta-data that a build of the drill carries from its creation on. */
export function makeMetaData(mark: Mark): Record<string, string> {
  const { drill, nth } = mark;
  return nth === null ? { [DRILL_KEY]: drill } : { [DRILL_KEY]: drill, [BUILD_KEY]: formatMark(mark) };
}

/** The mark in one word: it names no other build, of this drill or another. */
export function formatMark({ drill, nth }: Mark): string {
  return nth === null ? drill : `${drill}/${String(nth)}`;
}

/** The one entry of the meta-data that tells this build from all others. */
export function makeMarkEntry(mark: Mark): { readonly key: string; readonly value: string } {
  return { key: mark.nth === null ? DRILL_KEY : BUILD_KEY, value: formatMark(mark) };
}

/** Whether a build with this meta-data is the marked one. */
export function hasMark(metaData: Readonly<Record<string, string>> | null, mark: Mark): boolean {
  const { key, value } = makeMarkEntry(mark);
  return metaData?.[key] === value;
}

/** The mark that a word stands for. Drills' ids hold no slash. */
export function parseMark(id: string): Mark {
  const [drill = '', nth] = id.split('/');
  return { drill, nth: nth === undefined ? null : Number(nth) };
}
