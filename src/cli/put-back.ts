import { watchAlone } from '../drill/observer.ts';
import { abortDrill } from '../drill/run.ts';
import { systemClock } from '../http/clock.ts';
import { eventsOf } from '../journal/events.ts';
import type { DrillEvent } from '../journal/events.ts';
import { createMemoryJournal } from '../journal/file.ts';
import type { Journal } from '../journal/journal.ts';
import { describeCall, nameCall } from '../model/call.ts';
import type { Call } from '../model/call.ts';
import type { Service } from '../model/entities/task.ts';
import { describeChange, formatUntil, parseUndoMark, UNDO_TAG } from '../model/entities/undo-mark.ts';
import type { UndoMark } from '../model/entities/undo-mark.ts';
import { GamedayError } from '../model/errors.ts';
import { explainLeftOver } from '../safety/left-over.ts';
import { ScenarioFile } from '../scenario/schema.ts';
import type { Scenario } from '../scenario/schema.ts';
import { reasonOfTrouble } from '../state/trouble.ts';
import { answerOf } from './exit-codes.ts';
import { secretsOf } from './output.ts';
import { planDrill } from './plan-drill.ts';
import { nobody } from './prompt.ts';
import type { Runner } from './runner.ts';
import { ecsSettingsFromEnvironment, GRAPHQL_ENDPOINT, unreachableSettings } from './settings.ts';
import type { Settings } from './settings.ts';
import { watchSignals } from './signals.ts';
import { connect, digestFor } from './wire.ts';
import type { Services } from './wire.ts';

interface PutBackOptions {
  /** Name of the cluster; null where the service's ARN names it. */
  readonly cluster: string | null;
  /** Name or ARN; null: none was given. */
  readonly service: string | null;
  readonly yes: boolean;
  readonly insecure: boolean;
  /** Who is to be told: nobody can be, as there is no journal to write it in. */
  readonly notify: readonly string[] | undefined;
}

interface Place {
  readonly region: string | null;
  readonly cluster: string;
  readonly service: string;
}

/**
 * Puts back what a drill left changed on a service, on any machine and without the drill's journal: the service's mark says
 * what it was. The mark is removed last, so that a run that is killed can be run again.
 */
export async function putBack(options: PutBackOptions, runner: Runner): Promise<void> {
  const place = readPlace(options);
  const { environment } = runner;
  const { region, rules } = await ecsSettingsFromEnvironment(place.region, environment, options.insecure);
  const interruption = watchSignals(() => undefined);
  const services = await connect(settingsOf({ region, rules, environment }, place));
  const read = await services.ecs.service(place.cluster, place.service, interruption.signal);
  if (!read.ok) {
    const reason = reasonOfTrouble({ kind: 'service', id: place.service }, read.trouble);
    throw new GamedayError(reason, read.trouble.message);
  }
  const mark = markOf(read.value, place);
  if (mark === null) {
    const said = `Service ${read.value.name} has no mark of a drill: nothing is put back.`;
    const nothing = { service: read.value.arn, mark: null, undone: [], left: [] };
    return runner.finish(answerOf('aborted', nothing), (stdout) => stdout.write(`${said}\n`));
  }
  if (mark.until > systemClock.now() && !options.yes) throw refuseWhileLive(mark);
  const scenario = makeScenario(mark, { ...place, region });
  const settings = settingsOf({ region, rules, environment }, place);
  const plan = planDrill({ scenario, file: '', digest: '' }, settings, { yes: true, dryRun: false }, runner);
  const journal = createMemoryJournal(mark.drill, secretsOf(environment), systemClock.now);
  await journal.append({ code: 'GD_DRILL_PLANNED', payload: { plan } }, false);
  for (const [at, call] of callsOf(mark, read.value, place.cluster).entries())
    await journal.append({ code: 'GD_FAULT_INTENDED', payload: { call, attempt: at + 1 } }, false);
  await settle(services, journal, runner, interruption);
  report(mark, read.value, journal, runner);
}

function readPlace({ cluster, service, notify }: PutBackOptions): Place {
  if (notify !== undefined)
    throw new GamedayError('bad-input', '--notify needs the id of a drill', {
      next: 'A notice needs the journal of a drill, and a service has only its tag. Leave --notify out.',
    });
  if (service === null)
    throw new GamedayError('bad-input', 'drills abort needs the id of a drill, or --cluster and --service');
  const arn = /^arn:aws[a-z-]*:ecs:([a-z0-9-]+):\d{12}:service\/([\w-]+)\/([\w-]+)$/.exec(service);
  if (arn !== null) return { region: arn[1] ?? null, cluster: arn[2] ?? '', service: arn[3] ?? '' };
  const isName = (name: string): boolean => /^[A-Za-z0-9][\w-]{0,254}$/.test(name);
  if (cluster !== null && isName(cluster) && isName(service)) return { region: null, cluster, service };
  throw new GamedayError('bad-input', `"${service}" in cluster "${cluster ?? ''}" names no service of ECS`, {
    next: 'Give --cluster NAME and --service NAME, or --service with the ARN of the service.',
  });
}

/** Buildkite is not asked for anything, so no token is needed. */
function settingsOf(
  known: Pick<Settings, 'region' | 'rules' | 'environment'>,
  { cluster, service }: Place,
): Settings {
  const inject = { fault: 'scale-in' } as const;
  const { build, cluster: at } = parseScenario({ cluster, service, region: known.region }, inject);
  return {
    ...unreachableSettings({ build, cluster: at }),
    ...known,
    ...{ graphqlEndpoint: GRAPHQL_ENDPOINT, ecsEndpoint: null, credentials: null },
    ...{ label: null, embeddedRig: false },
  };
}

function markOf(service: Service, { cluster }: Place): UndoMark | null {
  const value = service.tags[UNDO_TAG];
  if (value === undefined) return null;
  const mark = parseUndoMark(value);
  if (mark !== null) return mark;
  throw new GamedayError('left-over', explainLeftOver(service, cluster, null) ?? '');
}

function refuseWhileLive(mark: UndoMark): GamedayError {
  return new GamedayError(
    'confirm-needed',
    `drill ${mark.drill} ${describeChange(mark)}; it may run until ${formatUntil(mark)} and then puts it back itself`,
    { next: 'Wait until then. If its runner has died for sure, give --yes.' },
  );
}

/** The scenario of a drill of which only the mark is known: as much as its undo needs. */
function makeScenario({ change, drill }: UndoMark, place: Place): Scenario {
  const scenario = parseScenario(place, faultOfMark(change));
  return { ...scenario, title: `What drill ${drill} left` };
}

function faultOfMark(change: UndoMark['change']): object {
  if (change.kind === 'experiment') return { fault: 'fis', template: change.template };
  if (change.kind === 'draining') return { fault: 'drain-instance' };
  if (change.kind === 'minimum-capacity') return { fault: 'autoscale-in' };
  return { fault: 'scale-in', autoscaling: change.suspended === null ? 'leave' : 'suspend' };
}

function parseScenario({ cluster: name, service, region }: Place, inject: object): Scenario {
  return ScenarioFile.parse({
    version: 1,
    title: 'A mark',
    cluster: { name, service, ...(region === null ? {} : { region }) },
    when: { trigger: 'agent-idle' },
    inject,
  });
}

/** What the drill sent, or may have sent, as its mark tells. */
function callsOf(
  { change, drill }: UndoMark,
  { name, arn, tags }: Service,
  cluster: string,
): readonly Call[] {
  const mark: Call = { kind: 'mark-service', service: name, serviceArn: arn, mark: tags[UNDO_TAG] ?? '' };
  if (change.kind === 'draining')
    return [mark, { kind: 'set-instance-state', cluster, instance: change.instance, status: 'DRAINING' }];
  if (change.kind === 'minimum-capacity') {
    const { former, set: min } = change;
    return [mark, { kind: 'set-minimum-capacity', cluster, service: name, min, former }];
  }
  if (change.kind === 'experiment') {
    const { template, made } = change;
    const started: Call = {
      ...{ kind: 'start-experiment', drill, template },
      ...{ does: 'stop-tasks', instance: null },
    };
    const created: Call = { kind: 'create-template', drill, ec2Arn: '', role: '' };
    return made ? [created, mark, started] : [mark, started];
  }
  const { former, set: desired, suspended: was } = change;
  const all = { in: true, out: true, scheduled: true };
  const suspend: readonly Call[] =
    was === null ? [] : [{ kind: 'suspend-scaling', cluster, service: name, suspended: all, former: was }];
  return [mark, ...suspend, { kind: 'set-desired-count', cluster, service: name, desired, former }];
}

/** Settles it as the drill itself would. What this machine remembers of the drill, and its lock, stay as they are. */
async function settle(
  services: Services,
  journal: Journal,
  { environment, output }: Runner,
  interruption: ReturnType<typeof watchSignals>,
): Promise<void> {
  const none = (): Promise<void> => Promise.resolve();
  const surroundings = { ...services.surroundings, forget: none, unlock: none };
  const digest = await digestFor(environment, journal.drill, false);
  const ports = { ...services, surroundings, clock: systemClock, journal, person: nobody, digest };
  const say = (event: DrillEvent): void => {
    if (event.code === 'GD_UNDO_BEGUN') interruption.extend(event.payload.within);
    if (event.code === 'GD_UNDO_INTENDED') output.stderr.write(`${describeCall(event.payload.call)}\n`);
  };
  await abortDrill(watchAlone(ports), 'may-be-sent', interruption.signal, say);
}

function report(mark: UndoMark, service: Service, { events }: Journal, runner: Runner): void {
  const sents = eventsOf(events, 'GD_UNDO_SENT');
  const undone = eventsOf(events, 'GD_UNDO_INTENDED')
    .filter((_intent, at) => sents[at]?.payload.result === 'ok')
    .map(({ payload }) => payload.call);
  const left = eventsOf(events, 'GD_SETTLED').at(-1)?.payload.left ?? ['it was interrupted'];
  if (!undone.some(({ kind }) => kind === 'unmark-service'))
    throw new GamedayError('not-undone', `service ${service.name}: ${left.join('; ')}`, {
      next: 'Do what is named, then run this command again.',
    });
  const lines = [
    `Drill ${mark.drill} ${describeChange(mark)} (service ${service.name}).`,
    ...undone.map((call) => `Undone by ${nameCall(call)}`),
    ...left.map((one) => `Left as it is: ${one}`),
  ];
  const answer = { service: service.arn, mark, undone: undone.map(nameCall), left };
  runner.finish(answerOf('aborted', answer), (stdout) => stdout.write(`${lines.join('\n')}\n`));
}
