import { EcsError } from './errors.ts';
import { decide, type AccessPolicy, type Question } from './policy.ts';
import type { EcsState } from './state.ts';

/** How often something was asked for, and what IAM said of it. */
export interface Access {
  readonly operation: string;
  readonly action: string;
  readonly resource: string;
  readonly allowed: boolean;
  /** Sids of the statements that allow it; none where the rig has no policy. */
  readonly by: readonly string[];
  readonly count: number;
}

type Input = Readonly<Record<string, unknown>>;

/** What IAM is asked about each operation (ECS-71); one that is not here is asked about for `*`. */
const resources: Readonly<Record<string, (state: EcsState, input: Input) => readonly string[]>> = {
  DescribeClusters: (state, input) => named(state, 'cluster', '', input['clusters']),
  DescribeServices: (state, input) => named(state, 'service', state.cluster.name, input['services']),
  ListServiceDeployments: (state, input) => named(state, 'service', state.cluster.name, [input['service']]),
  DeleteService: (state, input) => named(state, 'service', state.cluster.name, [input['service']]),
  UpdateService: (state, input) => named(state, 'service', state.cluster.name, [input['service']]),
  DescribeTasks: (state, input) => named(state, 'task', state.cluster.name, input['tasks']),
  GetTaskProtection: (state, input) => named(state, 'task', state.cluster.name, input['tasks']),
  UpdateTaskProtection: (state, input) => named(state, 'task', state.cluster.name, input['tasks']),
  StopTask: (state, input) => named(state, 'task', state.cluster.name, [input['task']]),
  ListTasks: (state, input) =>
    named(state, 'container-instance', state.cluster.name, [input['containerInstance']]),
  ListContainerInstances: (state, input) => [clusterArn(state, input['cluster'])],
  DescribeContainerInstances: (state, input) =>
    named(state, 'container-instance', state.cluster.name, input['containerInstances']),
  UpdateContainerInstancesState: (state, input) =>
    named(state, 'container-instance', state.cluster.name, input['containerInstances']),
  DescribeCapacityProviders: (state, input) =>
    named(state, 'capacity-provider', '', input['capacityProviders']),
  TagResource: (state, input) => named(state, '', '', [input['resourceArn']]),
  UntagResource: (state, input) => named(state, '', '', [input['resourceArn']]),
  ListTagsForResource: (state, input) => named(state, '', '', [input['resourceArn']]),
};

/** Operations that the Service Authorization Reference gives no key `ecs:cluster`. */
const withoutCluster: readonly string[] = [
  'DescribeClusters',
  'DescribeCapacityProviders',
  'ListContainerInstances',
  'TagResource',
  'UntagResource',
  'ListTagsForResource',
];

/** Operations about which the key `ecs:cluster` is there. */
const withCluster = new Set(Object.keys(resources).filter((name) => !withoutCluster.includes(name)));

function named(state: EcsState, kind: string, cluster: string, references: unknown): readonly string[] {
  const names = (Array.isArray(references) ? references : []).filter((one) => typeof one === 'string');
  if (names.length === 0) return ['*'];
  return names.map((name) =>
    name.startsWith('arn:')
      ? name
      : `${state.prefix()}:${[kind, cluster, name].filter((part) => part !== '').join('/')}`,
  );
}

function clusterArn(state: EcsState, reference: unknown): string {
  const name = typeof reference === 'string' ? reference : 'default';
  return name.startsWith('arn:') ? name : `${state.prefix()}:cluster/${name}`;
}

/** Asks the policy about every request, and remembers what was asked for. */
export class AccessControl {
  readonly #state: EcsState;
  readonly #policy: AccessPolicy | undefined;
  readonly #asked = new Map<string, Access>();

  constructor(state: EcsState, policy: AccessPolicy | undefined) {
    this.#state = state;
    this.#policy = policy;
  }

  /** Everything that was asked for, each once. */
  get log(): readonly Access[] {
    return [...this.#asked.values()];
  }

  /** Throws what AWS answers where any of the resources is denied. */
  check(operation: string, input: unknown): void {
    this.ask(operation, questionsOf(this.#state, operation, isInput(input) ? input : {}));
  }

  /** The same for an operation of another service, which knows its own questions. */
  ask(operation: string, questions: readonly Question[]): void {
    for (const question of questions) {
      const decision = this.#policy ? decide(this.#policy, question) : ({ is: 'allow', by: [] } as const);
      this.#remember(
        operation,
        question,
        decision.is === 'allow',
        decision.is === 'allow' ? decision.by : [],
      );
      if (decision.is !== 'allow') throw denied(this.#state, question, decision.is);
    }
  }

  #remember(
    operation: string,
    { action, resource }: Question,
    allowed: boolean,
    by: readonly string[],
  ): void {
    const key = JSON.stringify([operation, resource, allowed, by]);
    const count = (this.#asked.get(key)?.count ?? 0) + 1;
    this.#asked.set(key, { operation, action, resource, allowed, by, count });
  }
}

function isInput(input: unknown): input is Input {
  return typeof input === 'object' && input !== null;
}

function questionsOf(state: EcsState, operation: string, input: Input): readonly Question[] {
  const of = resources[operation];
  return (of === undefined ? ['*'] : of(state, input)).map((resource) => ({
    action: `ecs:${operation}`,
    resource,
    keys: {
      ...(withCluster.has(operation) ? { 'ecs:cluster': clusterArn(state, input['cluster']) } : {}),
      ...Object.fromEntries(
        Object.entries(tagsOf(state, resource)).map(([key, value]) => [
          `aws:resourcetag/${key.toLowerCase()}`,
          value,
        ]),
      ),
    },
    lists: { 'aws:tagkeys': tagKeysIn(input) },
  }));
}

/** Keys of the tags that a request sets or removes. */
function tagKeysIn({ tags, tagKeys }: Input): readonly string[] {
  const set = (Array.isArray(tags) ? tags : []).map((tag: unknown) =>
    isInput(tag) ? tag['key'] : undefined,
  );
  return [...set, ...(Array.isArray(tagKeys) ? (tagKeys as unknown[]) : [])].filter(
    (key) => typeof key === 'string',
  );
}

/** Tags of what is there: a stopped task has none (ECS-12). */
function tagsOf(state: EcsState, arn: string): Readonly<Record<string, string>> {
  if (arn === state.clusterArn) return state.clusterTags;
  return (state.findService(arn) ?? state.findTask(arn))?.tags ?? {};
}

function denied(state: EcsState, { action, resource }: Question, how: string): EcsError {
  const user = `arn:aws:iam::${state.cluster.account}:user/rig`;
  const why =
    how === 'explicit-deny'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`;
  return new EcsError(
    'AccessDeniedException',
    `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${why}`,
  );
}
