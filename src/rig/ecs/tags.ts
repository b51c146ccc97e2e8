import { invalid } from './errors.ts';

/** "Maximum number of tags per resource - 50"; those of AWS itself do not count (API reference, Tag). */
const mostTags = 50;
/** "letters, numbers, and spaces representable in UTF-8, and the following characters: + - = . _ : / @" */
const allowedInTags = /^[\p{L}\p{N}\p{Zs}+\-=._:/@]*$/u;
const ofAws = /^aws:/i;

/** The tags of a resource with those that a request sets (ECS-90). */
export function addTags(
  present: Readonly<Record<string, string>>,
  added: readonly { readonly key: string; readonly value: string }[],
): Record<string, string> {
  for (const { key, value } of added) checkTag(key, value);
  const tags = { ...present, ...Object.fromEntries(added.map(({ key, value }) => [key, value])) };
  if (Object.keys(tags).filter((key) => !ofAws.test(key)).length > mostTags)
    throw invalid(`The resource can have at most ${mostTags} tags.`);
  return tags;
}

function checkTag(key: string, value: string): void {
  if (key.length < 1 || key.length > 128) throw invalid('A tag key has 1 to 128 characters.');
  if (value.length > 256) throw invalid('A tag value has at most 256 characters.');
  if (!allowedInTags.test(key) || !allowedInTags.test(value))
    throw invalid('Tags have letters, numbers, spaces and the characters + - = . _ : / @ only.');
  if (ofAws.test(key)) throw invalid('Tag keys that begin with aws: are reserved.');
}
