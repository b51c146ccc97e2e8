import { parse } from 'yaml';

/** The step keys and labels of a pipeline, as far as its YAML shows them. */
export interface Steps {
  readonly stepKeys: string[] | null;
  readonly stepLabels: string[];
  /** The pipelines of trigger steps, and the branch of each build. */
  readonly triggers: { pipeline: string; branch: string | null }[];
  /** Whether steps may be added while the build runs; then an absent key proves nothing. */
  readonly dynamic: boolean;
}

const UNKNOWN: Steps = { stepKeys: null, stepLabels: [], triggers: [], dynamic: true };

/**
 * Reads the keys of a pipeline's steps, including those in groups. A command that uploads steps, a script of the
 * repository's `.buildkite` folder, or a plugin may add further steps: such a pipeline is dynamic.
 */
export function readSteps(text: string | null): Steps {
  if (text === null) return UNKNOWN;
  let steps: unknown;
  try {
    const document: unknown = parse(text, { maxAliasCount: 100, logLevel: 'silent' });
    steps = Array.isArray(document) ? document : readField(document, 'steps');
  } catch {
    // Buildkite gives the steps as text; if the text is not YAML, the keys are not known.
    return UNKNOWN;
  }
  if (!Array.isArray(steps)) return UNKNOWN;
  const found = steps.flatMap((step: unknown) => [step, ...childrenOf(step)]);
  const stepKeys = found.flatMap((step) => keysOf(step));
  const stepLabels = found.flatMap((step) => labelsOf(step));
  return {
    stepKeys,
    stepLabels,
    triggers: found.flatMap((step) => triggerOf(step)),
    dynamic: found.some(mayUpload) || stepKeys.some((key) => key.includes('$')),
  };
}

function childrenOf(step: unknown): readonly unknown[] {
  const inner = readField(step, 'steps');
  return Array.isArray(inner) ? inner : [];
}

/** `id` and `identifier` are Buildkite's aliases of `key`. */
function keysOf(step: unknown): readonly string[] {
  return ['key', 'id', 'identifier'].flatMap((name) => {
    const key = readField(step, name);
    return typeof key === 'string' || typeof key === 'number' ? [String(key)] : [];
  });
}

function triggerOf(step: unknown): Steps['triggers'] {
  const pipeline = readField(step, 'trigger');
  const branch = readField(readField(step, 'build'), 'branch');
  return typeof pipeline === 'string'
    ? [{ pipeline, branch: typeof branch === 'string' ? branch : null }]
    : [];
}

/** `name` is Buildkite's alias of `label`. */
function labelsOf(step: unknown): readonly string[] {
  const label = readField(step, 'label') ?? readField(step, 'name');
  return typeof label === 'string' || typeof label === 'number' ? [String(label)] : [];
}

function mayUpload(step: unknown): boolean {
  if (readField(step, 'plugins') !== undefined) return true;
  const commands = [readField(step, 'command'), readField(step, 'commands')].flat();
  const texts = typeof step === 'string' ? [step] : commands;
  return texts.some((text) => typeof text === 'string' && /pipeline\s+upload|\.buildkite\//.test(text));
}

function readField(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}
