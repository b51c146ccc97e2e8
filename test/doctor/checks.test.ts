import { expect, it } from 'vitest';
import { CHECKS } from '../../src/doctor/checks/list.ts';
import type { LedgerSeen, Seen } from '../../src/doctor/seen.ts';
import type { StoreError } from '../../src/store/port.ts';
import type { Trouble } from '../../src/model/answer.ts';
import type { Mapping } from '../../src/model/entities/mapping.ts';
import type { Preflight } from '../../src/model/entities/preflight.ts';
import type { ServiceTraits } from '../../src/model/entities/service-traits.ts';
import type { Protection, Service } from '../../src/model/entities/task.ts';
import type { Fact } from '../../src/model/world.ts';
import { aBudget, aCluster, anAgent, aPipeline, aService, NOON, TASK_ARN } from '../support/builders.ts';
import { guardedState, LOCK_KEY, NOBODY, type Guarded } from '../support/guarded.ts';
import { fact, failed } from '../support/journal-builders.ts';

const WHOLE: Mapping = {
  ...{ tasks: 2, mapped: 2, without: [], several: [], by: 'tag' },
  ...{ versions: ['3.138.0'], filterLacks: false, unknown: null },
};
const CLEAN: Preflight = { container: 'agent', findings: [], unknown: [] };
const FINDING = {
  rule: 'shell-form',
  severity: 'error',
  at: 'td',
  seen: 'a shell',
  todo: 'Use exec.',
} as const;
const MANAGED = { ...FINDING, rule: 'managed-instances', severity: 'note' } as const;
const HISTORY = 'canary/integration';

/** A drill that is ready, and how it differs. */
interface Differs extends Guarded {
  readonly seen?: Partial<Seen>;
  readonly also?: readonly Fact[];
}

function seenOf({ seen = {}, also = [], ...guarded }: Differs): Seen {
  const ready = [
    fact('step-history', { durations: [10_000, 12_500] }, HISTORY),
    fact('tasks-of', { arns: [TASK_ARN], complete: true }, LOCK_KEY),
    fact('mapping', WHOLE, LOCK_KEY),
    fact('preflight', CLEAN, 'preflight'),
    fact('scaling', { target: null, policies: [], scheduled: [], unknown: null }, 'build-agents'),
    fact('budget', aBudget(), 'buildkite'),
    fact('clock', { offset: 100, uncertainty: 500 }, 'buildkite'),
    fact('clock', { offset: 100, uncertainty: 500 }, 'ecs'),
  ];
  const state = guardedState({ ...guarded, aimed: false, facts: [...ready, ...also] });
  return {
    plan: state.plan,
    state,
    guards: [{ guard: 'window', holds: true, reason: null, said: 'no window' }],
    user: { ok: true, value: { name: 'Operator', email: 'operator@example.com' } },
    service: { ok: true, value: {} },
    protections: { ok: true, value: [aProtection(), aProtection()] },
    caller: { ok: true, value: { account: '123456789012', arn: 'arn:aws:iam::123456789012:user/ci/ann' } },
    stateFolder: { ok: true, value: '/state' },
    now: NOON,
    proxies: [],
    ledger: LEDGER,
    ...seen,
  };
}

const LEDGER: LedgerSeen = {
  name: 's3://games/ledger',
  probe: { ok: true, value: null },
  clock: { offset: 3_000, uncertainty: 500 },
  holder: { ok: true, value: null },
};

function storeError(kind: StoreError['kind']): { readonly ok: false; readonly error: StoreError } {
  return { ok: false, error: { kind, message: 'the store', next: 'Look at it.' } };
}

const SCALED = {
  target: { min: 1, max: 5, suspended: { in: false, out: false, scheduled: false } },
  policies: [{ name: 'jobs', type: 'TargetTrackingScaling', scalesIn: true, scalesOut: true }],
  ...{ scheduled: [], unknown: null },
};

function aProtection(enabled = false): Protection {
  return { taskArn: TASK_ARN, enabled, expiresAt: null };
}

/** `status check` of every line that is not ok. */
function judged(differs: Differs = {}): readonly string[] {
  const seen = seenOf(differs);
  return CHECKS.flatMap((check) =>
    check.judge(seen).flatMap(({ status }) => (status === 'ok' ? [] : [`${status} ${check.name}`])),
  );
}

function trouble(kind: Trouble['kind'], message: string = kind): { ok: false; trouble: Trouble } {
  return { ok: false, trouble: { kind, message, retryAfter: null } };
}

function denied(action: string): string {
  return `AWS denies ListTasks: User: x is not authorized to perform: ${action} on resource: * because no identity-based policy allows the ${action} action`;
}

function mapped(over: Partial<Mapping>): Differs {
  return { also: [fact('mapping', { ...WHOLE, ...over }, LOCK_KEY)] };
}

const TRAITS: ServiceTraits = {
  ...{ scheduling: 'REPLICA', strategy: 'BLUE_GREEN', bakesFor: 0, pauses: false },
  ...{ circuitBreaker: 'on', rebalances: false, exec: false },
};

function withTraits(over: Partial<ServiceTraits>): Differs {
  return { also: [fact('service', aService({ traits: { ...TRAITS, ...over } }), 'build-agents')] };
}

/** Events of a service, the newest first. */
function events(...messages: readonly string[]): Service['events'] {
  return messages.map((message, id) => ({
    ...{ id: String(id), at: NOON - 60_000 },
    message: `(service build-agents) ${message}`,
  }));
}

function protectedTasks(fault: string): Differs {
  return {
    scenario: { inject: { fault } as never },
    seen: { protections: { ok: true, value: [aProtection(true), aProtection()] } },
  };
}

function self(over: Partial<typeof NOBODY>): Fact {
  return fact('self', { ...NOBODY, ...over }, 'self');
}

it('everything is ok where nothing stands against a drill, and each check says so', () => {
  expect(judged()).toEqual([]);
  const seen = seenOf({});
  expect(CHECKS.filter((check) => check.judge(seen).length === 0).map(({ name }) => name)).toEqual([]);
});

it.each<readonly [title: string, differs: Differs, expected: readonly string[]]>([
  ['a refused token', { seen: { user: trouble('unauthorized') } }, ['blocking token']],
  ['a token without a user', { seen: { user: { ok: true, value: null } } }, ['blocking token']],
  [
    'points that others have used up',
    {
      also: [
        fact(
          'budget',
          aBudget({ user: { limit: 5_000, remaining: 400, resetsIn: 200_000 }, requests: 3 }),
          'buildkite',
        ),
      ],
      seen: {
        guards: [
          {
            ...{ guard: 'budget', holds: false, waits: true, reason: 'buildkite-rate-limited' },
            said: 'fewer are left',
          },
        ],
      },
    },
    ['warning budget'],
  ],
  [
    'credentials of another account than that of the cluster',
    {
      seen: {
        caller: { ok: true, value: { account: '999999999999', arn: 'arn:aws:iam::999999999999:root' } },
      },
    },
    ['blocking account'],
  ],
  [
    'credentials of another account than a cluster that is not found',
    {
      scenario: { cluster: { name: 'arn:aws:ecs:us-east-1:999999999999:cluster/build-prod' } },
      without: ['cluster'],
    },
    ['blocking account'],
  ],
  [
    'a policy that raises the count again, where the drill lowers it',
    {
      scenario: { inject: { fault: 'scale-in', steered: true } },
      also: [fact('scaling', SCALED, 'build-agents')],
    },
    ['warning scaling'],
  ],
  [
    'the same policy, where the drill suspends it',
    {
      scenario: { inject: { fault: 'scale-in', steered: true, autoscaling: 'suspend' } },
      also: [fact('scaling', SCALED, 'build-agents')],
    },
    [],
  ],
  [
    'the same policy, where the drill lowers nothing',
    { also: [fact('scaling', SCALED, 'build-agents')] },
    [],
  ],
  [
    'automatic scaling that may not be read',
    { also: [fact('scaling', { ...SCALED, target: null, unknown: 'AWS denies it' }, 'build-agents')] },
    ['warning scaling'],
  ],
  ['no credentials for STS', { seen: { caller: trouble('unauthorized') } }, []],
  ['STS away', { seen: { caller: trouble('unreachable') } }, ['warning account']],
  [
    'a ledger that is away',
    { seen: { ledger: { ...LEDGER, probe: storeError('away'), holder: null } } },
    ['unknown ledger'],
  ],
  [
    'a ledger that is denied',
    { seen: { ledger: { ...LEDGER, probe: storeError('denied'), holder: null } } },
    ['blocking ledger'],
  ],
  [
    'a ledger that does not honour conditions',
    { seen: { ledger: { ...LEDGER, probe: storeError('broken'), holder: null } } },
    ['blocking ledger'],
  ],
  [
    'a ledger without time and without a lock',
    { seen: { ledger: { ...LEDGER, clock: null, holder: null } } },
    [],
  ],
  [
    'a lock that another machine has',
    { seen: { ledger: { ...LEDGER, holder: { ok: true, value: 'drill d1' } } } },
    ['warning ledger'],
  ],
  [
    'a lock that cannot be read',
    { seen: { ledger: { ...LEDGER, holder: storeError('broken') } } },
    ['blocking ledger'],
  ],
  ['Buildkite away', { seen: { user: trouble('unreachable') } }, ['unknown token']],
  [
    'no such pipeline',
    { without: ['pipeline', 'step-history'], failing: [failed('pipeline', 'canary', NOON, 'not-found')] },
    ['blocking pipeline'],
  ],
  [
    'a step that the pipeline has not, nor had',
    {
      also: [
        fact('pipeline', aPipeline({ stepKeys: ['lint'] }), 'canary'),
        fact('step-history', { durations: [] }, HISTORY),
      ],
    },
    ['blocking step'],
  ],
  [
    'a step that is uploaded and never passed',
    {
      also: [
        fact('pipeline', aPipeline({ stepKeys: ['lint'], dynamic: true }), 'canary'),
        fact('step-history', { durations: [] }, HISTORY),
      ],
    },
    ['warning step'],
  ],
  ['a listed step without a past', { also: [fact('step-history', { durations: [] }, HISTORY)] }, []],
  [
    'credentials that AWS refuses',
    {
      without: ['cluster', 'service'],
      failing: [
        failed('cluster', 'build-prod', NOON, 'unauthorized'),
        failed('service', 'build-agents', NOON, 'unauthorized'),
      ],
    },
    ['blocking credentials'],
  ],
  [
    'credentials that end before a verdict, and cannot be renewed',
    { also: [fact('credentials', { expiresAt: NOON + 60_000, renewable: false }, 'aws')] },
    ['blocking credentials'],
  ],
  [
    'the same, but renewable',
    { also: [fact('credentials', { expiresAt: NOON + 60_000, renewable: true }, 'aws')] },
    [],
  ],
  [
    'a read that is denied',
    {
      also: [fact('mapping', { ...WHOLE, unknown: denied('ecs:ListTasks') }, LOCK_KEY)],
    },
    ['blocking rights', 'unknown mapping'],
  ],
  [
    'no such cluster',
    { without: ['cluster'], failing: [failed('cluster', 'build-prod', NOON, 'not-found')] },
    ['blocking cluster'],
  ],
  [
    'an inactive cluster',
    { also: [fact('cluster', aCluster({ status: 'INACTIVE' }), 'build-prod')] },
    ['blocking cluster'],
  ],
  [
    'ECS away',
    { without: ['cluster'], failing: [failed('cluster', 'build-prod', NOON)] },
    ['unknown cluster'],
  ],
  [
    'an inactive service',
    { also: [fact('service', aService({ status: 'DRAINING' }), 'build-agents')] },
    ['blocking service'],
  ],
  [
    'another controller, spot and Managed Instances',
    {
      seen: {
        service: {
          ok: true,
          value: {
            deploymentController: { type: 'CODE_DEPLOY' },
            capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT' }],
          },
        },
      },
      also: [fact('preflight', { ...CLEAN, findings: [MANAGED] }, 'preflight')],
    },
    ['warning service', 'warning service'],
  ],
  [
    'blue/green, a pause, a circuit breaker, rebalancing and ECS Exec',
    withTraits({ pauses: true, rebalances: true, exec: true }),
    ['warning service', 'warning service', 'warning service'],
  ],
  ['a daemon', withTraits({ scheduling: 'DAEMON', strategy: 'ROLLING' }), []],
  [
    'tasks that came and went without a deployment',
    {
      also: [
        fact(
          'service',
          aService({ events: events('has started 1 tasks: (task a).', 'deployment completed.') }),
          'build-agents',
        ),
      ],
    },
    ['warning service'],
  ],
  [
    'tasks that came and went in a deployment',
    {
      also: [
        fact(
          'service',
          aService({ events: events('deployment completed.', 'has stopped 2 running tasks: (task a).') }),
          'build-agents',
        ),
      ],
    },
    [],
  ],
  [
    'tasks that came and went two hours ago',
    {
      seen: { now: NOON + 7_200_000 },
      also: [
        fact(
          'service',
          aService({ events: events('has started 1 tasks: (task a).', 'deployment completed.') }),
          'build-agents',
        ),
      ],
    },
    [],
  ],
  ['a protected task that stop-task stops all the same', protectedTasks('stop-task'), []],
  ['a protected task that a scale-in spares', protectedTasks('scale-in'), ['warning protection']],
  ['a protected task that a deployment waits for', protectedTasks('deployment'), ['warning protection']],
  [
    'protection that may not be read, and is not needed',
    { seen: { protections: trouble('denied', denied('ecs:GetTaskProtection')) } },
    [],
  ],
  [
    'protection that may not be read, and steers a scale-in',
    {
      scenario: { inject: { fault: 'scale-in', steered: true } as never },
      seen: { protections: trouble('denied', denied('ecs:GetTaskProtection')) },
    },
    ['blocking rights'],
  ],
  [
    'a branch that is not the default one',
    {
      scenario: { build: { branch: 'release' } },
      also: [fact('pipeline', aPipeline({ branch: 'release', defaultBranch: 'main' }), 'canary')],
    },
    ['warning pipeline'],
  ],
  [
    'no task that leads to an agent',
    mapped({ mapped: 0, without: [TASK_ARN, 'other'] }),
    ['blocking mapping'],
  ],
  ['one of two tasks without an agent', mapped({ mapped: 1, without: [TASK_ARN] }), ['warning mapping']],
  ['a filter that finds nobody', mapped({ filterLacks: true }), ['warning mapping']],
  ['no task at all', mapped({ tasks: 0, mapped: 0, versions: [] }), ['warning mapping']],
  [
    'agents that could not be listed',
    mapped({ mapped: 0, without: [TASK_ARN, 'other'], unknown: 'later' }),
    ['unknown mapping'],
  ],
  ['agents that report no stop', mapped({ versions: ['3.78.0', '3.138.0'] }), ['warning mapping']],
  [
    'an error of preflight',
    { also: [fact('preflight', { ...CLEAN, findings: [FINDING] }, 'preflight')] },
    ['warning preflight'],
  ],
  [
    'an error of preflight that is required',
    {
      scenario: { preflight: 'require' },
      also: [fact('preflight', { ...CLEAN, findings: [FINDING] }, 'preflight')],
    },
    ['blocking preflight'],
  ],
  [
    'a note of preflight',
    { also: [fact('preflight', { ...CLEAN, findings: [{ ...FINDING, severity: 'note' }] }, 'preflight')] },
    [],
  ],
  [
    'a definition that could not be checked',
    { also: [fact('preflight', { ...CLEAN, container: null }, 'preflight')] },
    ['warning preflight'],
  ],
  [
    'clocks 3 s apart',
    { also: [fact('clock', { offset: -3_000, uncertainty: 500 }, 'buildkite')] },
    ['warning clocks'],
  ],
  [
    'clocks 2.4 s apart, which half a second of doubt allows',
    { also: [fact('clock', { offset: 2_400, uncertainty: 500 }, 'ecs')] },
    [],
  ],
  [
    'a clock by which AWS refuses signatures',
    { also: [fact('clock', { offset: 301_000, uncertainty: 500 }, 'ecs')] },
    ['blocking clocks'],
  ],
  [
    'a state folder that cannot be used',
    { seen: { stateFolder: trouble('unwritable') } },
    ['blocking state-folder'],
  ],
  ['our own task in the fleet', { also: [self({ taskArn: TASK_ARN as never })] }, ['warning own-fleet']],
  [
    'our own agent in the fleet',
    { also: [self({ agentId: 'own' as never }), fact('agent', anAgent({ id: 'own' }))] },
    ['warning own-fleet'],
  ],
  [
    'our own task, perhaps in a fleet that could not be listed to the end',
    {
      also: [
        self({ taskArn: `${TASK_ARN}0` as never }),
        fact('tasks-of', { arns: [TASK_ARN], complete: false }, LOCK_KEY),
      ],
    },
    ['warning own-fleet'],
  ],
  [
    'our own task, and a deployment reaches all',
    {
      scenario: { inject: { fault: 'deployment' } as never },
      also: [self({ taskArn: TASK_ARN as never })],
    },
    ['blocking own-fleet'],
  ],
  [
    'a guard that refuses',
    { seen: { guards: [{ guard: 'window', holds: false, reason: 'outside-window', said: 'sun' }] } },
    ['blocking guards'],
  ],
  [
    'a guard that waits',
    {
      seen: {
        guards: [{ guard: 'settled', holds: false, waits: true, reason: 'not-settled', said: 'a rollout' }],
      },
    },
    ['warning guards'],
  ],
  ['guards that lack an answer', { seen: { guards: null } }, ['unknown guards']],
])('%s', (_title, differs, expected) => {
  expect(judged(differs)).toEqual(expected);
});

it('what else ECS does with the tasks is named', () => {
  const traits = { ...TRAITS, scheduling: 'DAEMON', bakesFor: 300_000, rebalances: true, exec: true };
  const seen = seenOf({
    seen: { service: { ok: true, value: {} } },
    also: [
      fact('service', aService({ traits }), 'build-agents'),
      fact('preflight', { ...CLEAN, findings: [MANAGED] }, 'preflight'),
    ],
  });
  const said = CHECKS.flatMap((check) => check.judge(seen)).map((line) => line.said);
  for (const what of [
    /DAEMON: one task on each host/,
    /BLUE_GREEN deployments bake for 5 min 0 s/,
    /deployment circuit breaker on/,
    /moves its tasks between Availability Zones/,
    /ECS Exec is on/,
    /Managed Instances, which AWS drains/,
  ])
    expect(said).toContainEqual(expect.stringMatching(what));
});

it('each line that is not ok says what to do', () => {
  const seen = seenOf({ seen: { user: trouble('denied'), stateFolder: trouble('unwritable') } });
  const lines = CHECKS.flatMap((check) => check.judge(seen)).filter(({ status }) => status !== 'ok');
  expect(lines.map(({ next }) => next)).not.toContain(null);
});

it.each([
  ['iam::123456789012:user/ci/ann', 'user ann'],
  ['sts::123456789012:assumed-role/gameday/build-7', 'role gameday (session build-7)'],
  ['sts::123456789012:federated-user/bob', 'federated user bob'],
  ['iam::123456789012:root', 'the root user'],
])('AWS takes us for %s', (resource, who) => {
  const caller = { ok: true, value: { account: '123456789012', arn: `arn:aws:${resource}` } } as const;
  const account = CHECKS.find(({ name }) => name === 'account');
  expect(account?.judge(seenOf({ seen: { caller } }))).toMatchObject([
    { status: 'ok', said: `account 123456789012, ${who}` },
  ]);
});

it.each([
  [{ offset: 3_000, uncertainty: 500 }, 'its clock is 3.0 s ahead of ours, give or take 500 ms'],
  [{ offset: -3_000, uncertainty: 500 }, 'its clock is 3.0 s behind ours, give or take 500 ms'],
  [{ offset: 200, uncertainty: 500 }, 'its clock agrees with ours within 700 ms'],
  [null, 'it tells no time, so that nobody takes over the lock of a machine that died'],
])('how far the clock of a ledger differs is said: %j', (clock, said) => {
  const check = CHECKS.find(({ name }) => name === 'ledger');
  const [line] = check?.judge(seenOf({ seen: { ledger: { ...LEDGER, clock } } })) ?? [];
  expect(line?.said).toBe(
    `s3://games/ledger can be written to; a write whose condition does not hold is refused; ${said}`,
  );
});
