import { formatSpan } from '../model/instants.ts';
import type { FingerprintedWorker } from '../worker/fingerprinted.ts';

type Container = FingerprintedWorker['containers'][number];

/** What differs between two workers, one line each, from the first to the second. */
export function listChanges(a: FingerprintedWorker, b: FingerprintedWorker): readonly string[] {
  const names = [...new Set([...a.containers, ...b.containers].map(({ name }) => name))];
  return [
    ...sayChange('launch type', a.launch, b.launch),
    ...sayChange('platform', a.platform, b.platform),
    ...sayChange("agent's container", a.agent.container, b.agent.container),
    ...sayChange("agent's version", a.agent.version, b.agent.version),
    ...sayChange('fault', a.fault, b.fault),
    ...names.flatMap((name) => listContainerChanges(name, find(a, name), find(b, name))),
  ];
}

function find({ containers }: FingerprintedWorker, name: string): Container | null {
  return containers.find((one) => one.name === name) ?? null;
}

function listContainerChanges(name: string, a: Container | null, b: Container | null): readonly string[] {
  if (a === null || b === null) return [`container ${name} is ${a === null ? 'new' : 'gone'}`];
  const own = (what: string): string => `${what} of ${name}`;
  const settings = [...new Set([...Object.keys(a.settings), ...Object.keys(b.settings)])];
  return [
    ...sayChange(own('image'), sayImage(a), sayImage(b)),
    ...sayChange(own('entryPoint'), sayWords(a.entryPoint), sayWords(b.entryPoint)),
    ...sayChange(own('command'), sayWords(a.command), sayWords(b.command)),
    ...settings.flatMap((variable) =>
      sayChange(own(variable), a.settings[variable] ?? '(not set)', b.settings[variable] ?? '(not set)'),
    ),
    ...sayChange(own('stopTimeout'), sayTimeout(a), sayTimeout(b)),
    ...sayChange(own('essential'), String(a.essential), String(b.essential)),
    ...sayChange(own('initProcessEnabled'), String(a.init), String(b.init)),
    ...sayChange(own('dependsOn'), sayOrder(a), sayOrder(b)),
  ];
}

/** A line where the two differ. */
export function sayChange(what: string, a: string | null, b: string | null): readonly string[] {
  return a === b ? [] : [`${what} ${a ?? '(not known)'} -> ${b ?? '(not known)'}`];
}

function sayImage({ image: { digest, reference } }: Container): string {
  return digest === null ? `${reference ?? '(none)'} (digest not known)` : shortenDigest(digest);
}

/** `sha256:` and so many digits of it that people can tell two apart. */
export function shortenDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}

function sayWords(words: readonly string[]): string {
  return words.length === 0 ? '(none)' : JSON.stringify(words);
}

function sayTimeout({ stopTimeout }: Container): string {
  return stopTimeout === null ? "(the host's)" : formatSpan(stopTimeout);
}

function sayOrder({ dependsOn }: Container): string {
  const entries = Object.entries(dependsOn).map(([on, condition]) => `${on} ${condition}`);
  return entries.length === 0 ? '(none)' : entries.join(', ');
}
