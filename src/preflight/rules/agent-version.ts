import { editContainer, placeIn } from '../edits.ts';
import type { Edit } from '../documents.ts';
import type { Rule, Severity } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import type { Subject } from '../subject.ts';

type Version = readonly [number, number, number];

interface Defect {
  readonly from: Version;
  /** The last version with the defect. */
  readonly to: Version;
  readonly severity: Severity;
  readonly what: string;
}

/** Defects of released agents that a stop brings to light. */
const DEFECTS: readonly Defect[] = [
  {
    from: [3, 116, 0],
    to: [3, 116, 999],
    severity: 'error',
    what: 'stops its heartbeats at SIGTERM: a drain of more than about three minutes ends as agent lost (fixed in 3.117.0)',
  },
  {
    from: [3, 76, 0],
    to: [3, 82, 0],
    severity: 'warning',
    what: 'has the HTTP/2 defect that made agents go silent, so that their jobs were lost',
  },
  {
    from: [3, 119, 0],
    to: [3, 137, 1],
    severity: 'warning',
    what: 'may hang after a failed heartbeat with --ping-mode auto (fixed in 3.137.2)',
  },
];
/** From this version on Buildkite shows a draining agent as stopping. */
const SOUND = '3.138.0';

/** Versions whose drain is known to be broken. */
export const agentVersion: Rule = {
  id: 'agent-version',
  rule: "The agent's version has no known defect in its drain.",
  severities: ['error', 'warning'],
  sources: [
    'https://github.com/buildkite/agent/pull/3694 (heartbeats continue while a job is stopping)',
    'https://www.buildkitestatus.com/incidents/xrv495h2p758 (3.76.0 to 3.82.0)',
    'https://github.com/buildkite/agent/pull/4274 (a hang after heartbeat failure)',
  ],
  judge(subject) {
    const { version, agent, settings } = subject;
    if (version === null)
      return notKnown(
        `the version of the agent in ${agent.image ?? 'its image'}: the image's tag names no version`,
      );
    const mode = settings.get('ping-mode')?.value ?? 'auto';
    const defects = DEFECTS.filter(
      ({ from, to, what }) =>
        !isBefore(version.numbers, from) &&
        !isBefore(to, version.numbers) &&
        (mode === 'auto' || !what.includes('ping-mode')),
    );
    if (defects.length === 0) return CLEAN;
    return judgementOf(
      ...defects.map(({ severity, what }) => ({
        severity,
        ...placeIn(agent, 'image'),
        seen: version.said,
        why: `Version ${version.numbers.join('.')} ${what}.`,
        todo: `Use ${SOUND} or later.`,
        edits: replaceImage(subject),
        unknown: null,
      })),
    );
  },
};

function isBefore(one: Version, other: Version): boolean {
  const at = one.findIndex((number, index) => number !== other[index]);
  return at !== -1 && (one[at] ?? 0) < (other[at] ?? 0);
}

/** The edit of the image's tag; none where the tag does not hold the version, as such an image is built elsewhere. */
function replaceImage({ agent, version }: Subject): readonly Edit[] {
  const old = version?.numbers.join('.') ?? '';
  const image = agent.image ?? '';
  if (!image.includes(`:${old}`) || image.includes('@')) return [];
  return [editContainer(agent, 'image', image.replace(`:${old}`, `:${SOUND}`))];
}
