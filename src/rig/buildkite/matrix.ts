import { readSoftFail } from './retry.ts';
import type { Permutation } from './steps.ts';

type Raw = Readonly<Record<string, unknown>>;
type Refuse = (why: string) => never;

/** Reads a `matrix` in each of its forms: a list, `setup` with a list, `setup` with dimensions; with `adjustments`. */
export function readMatrix(value: unknown, refuse: Refuse): readonly Permutation[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return permute({ '': value }, refuse);
  if (!isRecord(value)) return refuse('a "matrix" is a list, or a map of "setup" and "adjustments"');
  const other = Object.keys(value).find((key) => key !== 'setup' && key !== 'adjustments');
  if (other !== undefined) return refuse(`"matrix.${other}" is not modelled by the rig`);
  const { setup, adjustments } = value;
  const isList = Array.isArray(setup);
  if (!isList && !isRecord(setup)) return refuse('"matrix.setup" is a list, or a map of lists');
  const all = permute(isList ? { '': setup } : setup, refuse);
  return [adjustments ?? []]
    .flat()
    .reduce<readonly Permutation[]>((done, one: unknown) => adjust(done, one, refuse), all);
}

/** Every combination of the values, the last dimension the fastest. */
function permute(setup: Raw, refuse: Refuse): readonly Permutation[] {
  const combined = Object.entries(setup).reduce<readonly Readonly<Record<string, string>>[]>(
    (done, [name, list]) =>
      done.flatMap((values) => textsOf(list, refuse).map((one) => ({ ...values, [name]: one }))),
    [{}],
  );
  return combined.map((values) => ({ values, skip: false, softFail: undefined }));
}

function textsOf(list: unknown, refuse: Refuse): readonly string[] {
  const texts = [list].flat();
  if (texts.some((one) => typeof one === 'object')) return refuse('the values of a "matrix" are plain');
  return texts.map(String);
}

/** An adjustment changes the combination that it names, or adds it. */
function adjust(all: readonly Permutation[], raw: unknown, refuse: Refuse): readonly Permutation[] {
  if (!isRecord(raw)) return refuse('an adjustment of a "matrix" is a map');
  const other = Object.keys(raw).find((key) => !['with', 'skip', 'soft_fail'].includes(key));
  if (other !== undefined) return refuse(`"matrix.adjustments.${other}" is not modelled by the rig`);
  const wanted = isRecord(raw['with']) ? raw['with'] : { '': [raw['with']].flat()[0] };
  const [named] = permute(wanted, refuse);
  if (named === undefined) return refuse('an adjustment of a "matrix" names its values in "with"');
  const adjusted: Permutation = {
    values: named.values,
    skip: raw['skip'] === true || (typeof raw['skip'] === 'string' && raw['skip'] !== ''),
    softFail: raw['soft_fail'] === undefined ? undefined : readSoftFail(raw['soft_fail'], refuse),
  };
  const place = all.findIndex((one) => isSame(one, adjusted));
  return place === -1 ? [...all, adjusted] : all.with(place, adjusted);
}

function isSame(one: Permutation, other: Permutation): boolean {
  const names = Object.keys(one.values);
  return (
    names.length === Object.keys(other.values).length &&
    names.every((name) => one.values[name] === other.values[name])
  );
}

/** A text with `{{matrix}}` and `{{matrix.NAME}}` filled in. */
export function fillMatrix(text: string, permutation: Permutation | null): string {
  if (permutation === null) return text;
  return text.replace(
    /\{\{\s*matrix(?:\.([\w-]+))?\s*\}\}/g,
    (whole, name: string | undefined) => permutation.values[name ?? ''] ?? whole,
  );
}

function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
