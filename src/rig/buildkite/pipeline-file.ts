import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { readRetry, readSoftFail } from './retry.ts';
import { readPlugins } from './plugins.ts';
import { readMatrix } from './matrix.ts';
import type {
  BlockStep,
  CommandStep,
  Concurrency,
  Step,
  StepDependency,
  TriggerStep,
  WaitStep,
} from './steps.ts';

/** A file that a person has to correct. */
export class BadPipelineFile extends Error {
  readonly kind = 'bad-input';
  override readonly name = 'BadPipelineFile';
}

type Raw = Readonly<Record<string, unknown>>;

interface Defaults {
  readonly env: Readonly<Record<string, string>>;
  readonly agents: readonly string[] | undefined;
}

const COMMON_KEYS = ['key', 'id', 'identifier', 'depends_on', 'allow_dependency_failure'];
const COMMAND_KEYS = [
  ...COMMON_KEYS,
  ...['command', 'commands', 'label', 'name', 'agents', 'env', 'parallelism', 'matrix', 'soft_fail', 'retry'],
  ...['timeout_in_minutes', 'priority', 'skip', 'artifact_paths', 'checkout', 'plugins'],
  ...['concurrency', 'concurrency_group', 'concurrency_method'],
];
const TRIGGER_KEYS = [
  ...COMMON_KEYS,
  ...['trigger', 'label', 'name', 'async', 'build', 'soft_fail', 'skip', 'parallelism'],
];
const BUILD_KEYS = ['branch', 'commit', 'message', 'env', 'meta_data'];
const GROUP_KEYS = [...COMMON_KEYS, 'group', 'label', 'name', 'steps'];
const WAIT_KEYS = [...COMMON_KEYS, 'wait', 'continue_on_failure'];
const BLOCK_KEYS = [...COMMON_KEYS, 'block', 'label', 'prompt', 'blocked_state'];

/** Reads a pipeline's steps; an attribute that the rig does not model is refused by name, with its place. */
export function parsePipeline(text: string, file: string): readonly Step[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const refuse = (path: readonly (string | number)[], why: string): never => {
    const place = lines.linePos(offsetOf(document, path));
    throw new BadPipelineFile(`${file}:${place.line}:${place.col}: ${why}`);
  };
  const broken = document.errors[0];
  if (broken !== undefined) {
    throw new BadPipelineFile(`${file}: not valid YAML: ${broken.message.split('\n')[0]}`);
  }
  const root: unknown = document.toJS({ maxAliasCount: 100 });
  const top = Array.isArray(root) ? { steps: root as unknown[] } : root;
  if (!isRecord(top) || !Array.isArray(top['steps']) || top['steps'].length === 0) {
    return refuse([], 'a pipeline needs a list of "steps"');
  }
  for (const key of Object.keys(top)) {
    if (!['steps', 'env', 'agents'].includes(key)) refuse([key], `"${key}" is not modelled by the rig`);
  }
  const defaults = { env: strings(top['env']), agents: agentRules(top['agents']) };
  const prefix = Array.isArray(root) ? [] : ['steps'];
  const read = top['steps'].map((raw: unknown, index): readonly Step[] => {
    const refuseHere: Refuse = (key, why) =>
      refuse([...prefix, index, ...(key === undefined ? [] : [key])], `step ${index + 1}: ${why}`);
    return isRecord(raw) && 'group' in raw
      ? readGroup(raw, defaults, refuseHere)
      : [readStep(raw, defaults, refuseHere)];
  });
  checkKeys(read, (index, why) => refuse([...prefix, index], `step ${index + 1}: ${why}`));
  return read.flat();
}

type Refuse = (key: string | undefined, why: string) => never;

function readStep(raw: unknown, defaults: Defaults, refuse: Refuse): Step {
  if (raw === 'wait' || raw === 'waiter') return readWait({ wait: null }, refuse);
  if (raw === 'block') return readBlock({ block: null }, refuse);
  if (!isRecord(raw)) return refuse(undefined, 'a step is a map, "wait" or "block"');
  if ('wait' in raw || 'waiter' in raw) return readWait(raw, refuse);
  if ('block' in raw) return readBlock(raw, refuse);
  if ('trigger' in raw) return readTrigger(raw, refuse);
  if ('command' in raw || 'commands' in raw || 'plugins' in raw) return readCommand(raw, defaults, refuse);
  const other = Object.keys(raw).find((key) => !COMMAND_KEYS.includes(key));
  return refuse(other, `"${other ?? 'a step without a command'}" is not modelled by the rig`);
}

/** A group is shown as one; its steps run like others, and depend on what the group depends on. */
function readGroup(raw: Raw, defaults: Defaults, refuse: Refuse): readonly Step[] {
  onlyKnown(raw, GROUP_KEYS, refuse);
  const inner = raw['steps'];
  if (!Array.isArray(inner) || inner.length === 0) return refuse('steps', 'a group needs a list of "steps"');
  const group = common(raw, refuse);
  return inner.map((one: unknown, index): Step => {
    const within: Refuse = (_, why) => refuse('steps', `step ${index + 1} of the group: ${why}`);
    const step = readStep(one, defaults, within);
    if (step.kind === 'wait' || step.kind === 'block')
      return within(undefined, `"${step.kind}" in a group is not modelled by the rig`);
    const both = [...(group.dependsOn ?? []), ...(step.dependsOn ?? [])];
    const dependsOn = group.dependsOn === undefined ? step.dependsOn : both;
    const allowDependencyFailure = group.allowDependencyFailure || step.allowDependencyFailure;
    return { ...step, group: group.key, dependsOn, allowDependencyFailure };
  });
}

function readTrigger(raw: Raw, refuse: Refuse): TriggerStep {
  onlyKnown(raw, TRIGGER_KEYS, refuse);
  const pipeline = text(raw['trigger']);
  if (pipeline === null) return refuse('trigger', '"trigger" is the slug of a pipeline');
  const build = isRecord(raw['build']) ? raw['build'] : {};
  const other = Object.keys(build).find((key) => !BUILD_KEYS.includes(key));
  if (other !== undefined) return refuse('build', `"build.${other}" is not modelled by the rig`);
  return {
    kind: 'trigger',
    ...common(raw, refuse),
    label: text(raw['label']) ?? text(raw['name']),
    pipeline,
    async: raw['async'] === true,
    softFail: raw['soft_fail'] === true,
    skip: raw['skip'] === true || typeof raw['skip'] === 'string',
    parallelism: count(raw['parallelism'], refuse),
    build: {
      branch: text(build['branch']),
      commit: text(build['commit']),
      message: text(build['message']),
      env: strings(build['env']),
      metaData: strings(build['meta_data']),
    },
  };
}

function readWait(raw: Raw, refuse: Refuse): WaitStep {
  onlyKnown(raw, WAIT_KEYS, refuse);
  const continueOnFailure = raw['continue_on_failure'] === true;
  return { kind: 'wait', ...common(raw, refuse), label: null, continueOnFailure };
}

function readBlock(raw: Raw, refuse: Refuse): BlockStep {
  onlyKnown(raw, BLOCK_KEYS, refuse);
  const state = raw['blocked_state'] ?? 'passed';
  if (state !== 'passed' && state !== 'failed' && state !== 'running') {
    return refuse('blocked_state', '"blocked_state" is passed, failed or running');
  }
  const shown = ({ passed: 'PASSED', failed: 'FAILED', running: 'RUNNING' } as const)[state];
  const label = text(raw['block']) ?? text(raw['label']);
  return { kind: 'block', ...common(raw, refuse), label, blockedState: shown };
}

function readCommand(raw: Raw, defaults: Defaults, refuse: Refuse): CommandStep {
  onlyKnown(raw, COMMAND_KEYS, refuse);
  const lines = [raw['command'] ?? raw['commands']]
    .flat()
    .filter((line) => line !== null && line !== undefined);
  const retry = readRetry(raw['retry'], (why) => refuse('retry', why));
  const softFail = readSoftFail(raw['soft_fail'], (why) => refuse('soft_fail', why));
  const timeout = raw['timeout_in_minutes'] ?? null;
  if (timeout !== null && (typeof timeout !== 'number' || timeout <= 0)) {
    return refuse('timeout_in_minutes', '"timeout_in_minutes" is a number above 0');
  }
  const skipCheckout = isRecord(raw['checkout']) && raw['checkout']['skip'] === true;
  return {
    kind: 'command',
    ...common(raw, refuse),
    label: text(raw['label']) ?? text(raw['name']),
    command: lines.map(String).join('\n'),
    agents: agentRules(raw['agents']) ?? defaults.agents ?? [],
    env: {
      ...defaults.env,
      ...strings(raw['env']),
      ...(skipCheckout ? { BUILDKITE_SKIP_CHECKOUT: 'true' } : {}),
    },
    parallelism: count(raw['parallelism'], refuse),
    matrix: readMatrix(raw['matrix'], (why) => refuse('matrix', why)),
    concurrency: concurrency(raw, refuse),
    softFail,
    retry,
    timeoutMs: timeout === null ? null : Math.round(timeout * 60_000),
    priority: typeof raw['priority'] === 'number' ? raw['priority'] : 0,
    skip: raw['skip'] === true || typeof raw['skip'] === 'string',
    plugins: readPlugins(raw['plugins'], (why) => refuse('plugins', why)),
    artifactPaths: [raw['artifact_paths'] ?? []].flat().map(String).join(';') || null,
  };
}

function common(raw: Raw, refuse: Refuse): Omit<WaitStep, 'kind' | 'label' | 'continueOnFailure'> {
  return {
    group: null,
    key: text(raw['key']) ?? text(raw['id']) ?? text(raw['identifier']),
    dependsOn: 'depends_on' in raw ? dependencies(raw['depends_on'], refuse) : undefined,
    allowDependencyFailure: raw['allow_dependency_failure'] === true,
  };
}

function dependencies(value: unknown, refuse: Refuse): readonly StepDependency[] {
  if (value === null) return [];
  return [value].flat().map((entry: unknown) => {
    if (typeof entry === 'string') return { step: entry, allowFailure: false };
    const step = isRecord(entry) ? entry['step'] : undefined;
    if (!isRecord(entry) || typeof step !== 'string') return refuse('depends_on', '"depends_on" names steps');
    return { step, allowFailure: entry['allow_failure'] === true };
  });
}

function concurrency(raw: Raw, refuse: Refuse): Concurrency | null {
  const group = text(raw['concurrency_group']);
  const limit = count(raw['concurrency'], refuse, 'concurrency');
  if (group === null && limit === null) return null;
  if (group === null) return refuse('concurrency', '"concurrency" needs a "concurrency_group"');
  if (limit === null) return refuse('concurrency_group', '"concurrency_group" needs a "concurrency"');
  const method = raw['concurrency_method'] ?? 'ordered';
  if (method !== 'ordered' && method !== 'eager')
    return refuse('concurrency_method', '"concurrency_method" is ordered or eager');
  return { group, limit, method };
}

function count(value: unknown, refuse: Refuse, name = 'parallelism'): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 500) return value;
  return refuse(name, `"${name}" is a whole number from 1 to 500`);
}

function agentRules(value: unknown): readonly string[] | undefined {
  if (Array.isArray(value)) return value.map(String);
  if (!isRecord(value)) return undefined;
  return Object.entries(value).map(([key, wanted]) => `${key}=${plain(wanted)}`);
}

function strings(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
}

function plain(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

function onlyKnown(raw: Raw, known: readonly string[], refuse: Refuse): void {
  const unknown = Object.keys(raw).find((key) => !known.includes(key) && !(key === 'waiter'));
  if (unknown !== undefined) refuse(unknown, `"${unknown}" is not modelled by the rig`);
}

/** Keys of steps and groups: the steps are those of each entry of the file. */
function checkKeys(
  entries: readonly (readonly Step[])[],
  refuse: (index: number, why: string) => never,
): void {
  const keys = new Set<string>();
  for (const [index, steps] of entries.entries()) {
    for (const key of [...steps.map((step) => step.key), steps[0]?.group ?? null]) {
      if (key === null) continue;
      if (keys.has(key)) refuse(index, `the key "${key}" is used twice`);
      keys.add(key);
    }
  }
  for (const [index, steps] of entries.entries()) {
    const missing = steps
      .flatMap(({ dependsOn }) => dependsOn ?? [])
      .find((dependency) => !keys.has(dependency.step));
    if (missing !== undefined) refuse(index, `depends on "${missing.step}", and no step has that key`);
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where a node begins; of a map's entry, its key. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  const parent = document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  const pair = isMap(parent)
    ? parent.items.find(({ key }) => isScalar(key) && key.value === last)
    : undefined;
  if (pair !== undefined && isScalar(pair.key)) return pair.key.range?.[0] ?? 0;
  const node = document.getIn(path, true);
  return isNodeWithRange(node) ? node.range[0] : 0;
}

function isNodeWithRange(node: unknown): node is { readonly range: readonly [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}
