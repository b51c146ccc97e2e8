import { readFileSync } from 'node:fs';

/** Settings of a `buildkite-agent.cfg` by their names, which are those of the flags without the dashes. */
export type Settings = ReadonlyMap<string, string>;

/** Reads a configuration file (https://buildkite.com/docs/agent/self_hosted/configure). Throws where it cannot be read. */
export function readConfigFile(path: string | undefined): Settings {
  if (path === undefined || path === '') return new Map();
  return parseConfig(readFileSync(path, 'utf8'));
}

/** Reads `name=value` lines; `#` begins a comment line, and a value may stand in quotes. */
export function parseConfig(text: string): Settings {
  const settings = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^\s*([a-z0-9-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) settings.set(name, value.replace(/^(["'])(.*)\1$/, '$2'));
  }
  return settings;
}
