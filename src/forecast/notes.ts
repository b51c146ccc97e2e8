import type { Forecast } from './document.ts';
import { LEAST_FOR_INTERVAL, unseenShare } from './loss.ts';

/** Notes on the figures: how little they show, and what was assumed. */
export function notesOf(forecast: Omit<Forecast, 'notes'>): readonly string[] {
  return [
    ...noteProof(forecast),
    ...noteLeftOut(forecast),
    ...noteAssumptions(forecast),
    ...noteMeasured(forecast),
    ...noteProtection(forecast),
    ...noteCeiling(forecast),
    ...noteBlocked(forecast),
  ];
}

const FEW = 100;
/** Jobs of one build share a commit, a day and often a host: with fewer builds the sample is small, however many jobs. */
const FEW_BUILDS = 20;

function noteProof({ source, interval, loss, window, timeouts }: Omit<Forecast, 'notes'>): readonly string[] {
  if (source.kind === 'stated') return ['the durations were stated, not measured: there is no interval'];
  const notes: string[] = [];
  if (source.jobs < LEAST_FOR_INTERVAL)
    notes.push(
      `${sayCount(source.jobs, 'job')}: too few for an interval; up to ${percent(unseenShare(source.jobs))} of all jobs may be longer than any of these (95 %)`,
    );
  else if (source.jobs < FEW)
    notes.push(`${sayCount(source.jobs, 'job')} show little: read the intervals, not the figures`);
  if (source.builds !== null && source.builds < FEW_BUILDS)
    notes.push(
      `they come from ${sayCount(source.builds, 'build')} only: jobs of one build are alike, so this shows little, whatever the interval says`,
    );
  if (loss === 0 && interval === null && source.jobs >= LEAST_FOR_INTERVAL)
    notes.push(
      `no job outlived ${window.drain / 1000} s; up to ${percent(unseenShare(source.jobs))} of all jobs still may (95 %)`,
    );
  const longer = timeouts.find(({ current }) => current)?.longer ?? 0;
  const outlived = Math.round(longer * source.jobs);
  if (window.drain > 0 && outlived > 0 && outlived < LEAST_FOR_INTERVAL)
    notes.push(
      `the loss rests on ${sayCount(outlived, 'job')} that outlived ${window.drain / 1000} s: one job more or less changes it`,
    );
  if (!source.complete) notes.push('older jobs were not read: run the same command again to continue');
  return notes;
}

function noteLeftOut({ source }: Omit<Forecast, 'notes'>): readonly string[] {
  const zones =
    source.zoneless === 0
      ? []
      : [
          `${sayCount(source.zoneless, 'job')} with times without a zone, read as UTC: the length of a job that ran during a clock change is an hour off`,
        ];
  const left = Object.entries(source.leftOut).filter(([, many]) => many > 0);
  if (left.length === 0) return zones;
  return [...zones, `left out: ${left.map(([why, many]) => `${many} ${why}`).join(', ')}`];
}

function noteAssumptions({
  utilisation,
  fleet,
  deployments,
  source,
}: Omit<Forecast, 'notes'>): readonly string[] {
  const notes: string[] = [];
  if (utilisation.by === 'assumed')
    notes.push('every worker is assumed to be busy, the worst case: give --utilisation if you know better');
  if (utilisation.by === 'history' && utilisation.share === 1)
    notes.push(`the history holds more work than ${fleet.workers} workers can do: check --workers`);
  if (source.kind === 'file' && utilisation.by === 'history')
    notes.push(
      `${percent(utilisation.share)} busy, by the work in the history against ${fleet.workers} workers from its first start to its last end`,
    );
  if (deployments.some(({ signal }) => signal === 'eaten'))
    notes.push('a worker that never hears its stop takes the next job, so short steps do not help');
  return notes;
}

/** Notes on measured drains: they are few, and their stops did not come at random instants. */
function noteMeasured({ drains, window }: Omit<Forecast, 'notes'>): readonly string[] {
  if (drains === null) return [];
  const { busy, idle, drills, onRig, unproven, granted } = drains;
  const workers = busy.workers + idle.workers;
  const killed = workers - busy.drained - idle.drained;
  const few = Math.min(busy.workers || Infinity, idle.workers || Infinity) < LEAST_FOR_INTERVAL;
  const others = granted.filter((ms) => ms !== window.granted);
  return [
    `the deployments rest on the drains of ${sayCount(busy.workers, 'busy worker')} and ${idle.workers} idle ones, of ${sayCount(drills, 'drill')}${onRig > 0 ? `, ${onRig} of them on a rig` : ''}${few ? ': too few to show much' : ''}; a drill chooses its moment, which is not random`,
    ...(unproven > 0 ? [`${sayCount(unproven, 'drill')} without a proven stop not counted`] : []),
    ...(busy.workers === 0 ? ['no busy worker was measured: its drain is computed from the jobs'] : []),
    ...(idle.workers === 0 ? ['no idle worker was measured: its drain is --idle-drain'] : []),
    ...(killed > 0
      ? [
          `${killed} of ${workers} did not drain and count as killed at T: leave these drills out if their workers differ from yours`,
        ]
      : []),
    ...(others.length > 0
      ? [
          `measured at ${others.map((ms) => `${ms / 1000} s`).join(', ')} granted, but simulated at other windows: how long a drain that was cut off would have lasted is not known`,
        ]
      : []),
  ];
}

/** CloudFormation gives up on a service that is not steady after three hours. */
const CLOUDFORMATION = 3 * 60 * 60 * 1000;

function noteProtection({ protection, deployments, source }: Omit<Forecast, 'notes'>): readonly string[] {
  if (protection === null) return [];
  const slowest = deployments.find((row) => row.protection !== null)?.wallClock?.p95 ?? 0;
  return [
    'protection does not hold against draining hosts, spot reclaims and StopTask: the tables above are of those stops',
    'ECS is assumed to stop a worker as soon as its protection ends, and the hook to protect from the start of the job; a worker that takes its next job before ECS acts holds the deployment up for that job too',
    ...(source.kind === 'stated'
      ? []
      : [
          'the deployment waits for the longest job in flight: a job longer than those of the history makes it longer',
        ]),
    ...(slowest > CLOUDFORMATION
      ? ['one in twenty deployments takes longer than three hours, after which a CloudFormation update fails']
      : []),
  ];
}

function noteCeiling({ steps, window }: Omit<Forecast, 'notes'>): readonly string[] {
  const { ceiling } = window;
  if (ceiling === null) return [];
  const tooLong = steps.filter(({ fitsCeiling }) => !fitsCeiling).map(({ step }) => step);
  if (tooLong.length === 0) return [];
  return [
    `no window saves every job of ${tooLong.join(', ')}: the ceiling is ${ceiling / 1000} s (${window.launchType}). A retry rule for exit status -1 is the backstop ("*" does not match it); EC2 has no ceiling`,
  ];
}

function noteBlocked({ deployments, fleet }: Omit<Forecast, 'notes'>): readonly string[] {
  if (deployments.every(({ wallClock }) => wallClock !== null)) return [];
  return [
    `with ${fleet.minimumHealthyPercent} % and ${fleet.maximumPercent} % (room ${fleet.roomPercent} %) ECS may neither start nor stop a task: the deployment never ends`,
  ];
}

function sayCount(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? '' : 's'}`;
}

/** `0.05 %`, `2.3 %`, `63 %`: two significant digits. */
export function percent(share: number): string {
  const value = share * 100;
  if (value === 0) return '0 %';
  if (value < 0.01) return '< 0.01 %';
  const digits = value < 1 ? 2 : value < 10 ? 1 : 0;
  const rounded = value.toFixed(digits);
  // Less than all must not read as 100 %.
  return `${share < 1 && Number(rounded) === 100 ? '> 99' : rounded} %`;
}
