// Which packages a bundle holds, under which licences: the notices that go with it, and the page that records them.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-]|$)/i;

/** The packages that some modules belong to, by name. */
export function packagesOf(modules) {
  const folders = new Set(
    modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0] ?? []),
  );
  return [...folders].map(readPackage).toSorted((a, b) => (label(a) < label(b) ? -1 : 1));
}

function readPackage(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (typeof license !== 'string') throw new Error(`${name} ${version} names no licence`);
  const texts = readdirSync(folder)
    .filter((file) => LICENCE_FILE.test(file))
    .toSorted()
    .map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim());
  return { name, version, license, text: texts.join('\n\n') };
}

const label = ({ name, version }) => `${name} ${version}`;

/** The licence texts, each once, under the packages that it belongs to. */
export function notices(packages) {
  const texts = [...new Set(packages.map(({ text }) => text))];
  const sections = texts.map((text) =>
    [
      ...packages.filter((one) => one.text === text).map((one) => `${label(one)} (${one.license})`),
      '',
      text === '' ? 'These packages have no licence text of their own.' : text,
    ].join('\n'),
  );
  return `gameday contains these packages, each under its own licence.\n\n${sections.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}
