import { EXIT_CODES } from '../model/reasons.ts';

const MEANING: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  passed: 'passed: the stop landed in flight and the worker drained because of it',
  planned:
    'planned: a dry run; baseline: nothing was injected; not-lost: no stop was shown; outlasted: a one-shot agent finished its job (none of them is proof of a drain)',
  baseline: '',
  'not-lost': '',
  outlasted: '',
  failed: 'failed: the stop landed and something that must hold does not; never retry it',
  inconclusive: 'inconclusive: it ran and proves nothing; it may be run again',
  'bad-input': 'bad input: an argument, a file or a setting is wrong; nothing was started',
  refused: 'refused: a safety rule or a person said no',
  'could-not-run': 'could not run: credentials, network, rate limit, no such pipeline, ...',
  internal: 'internal: a defect of gameday itself',
  interrupted:
    'interrupted by SIGINT (143: by SIGTERM, 129: by SIGHUP, a closed terminal); the journal is closed and can be resumed',
};

/** The table of exit codes for `--help`, from the one table that decides them. */
export function exitCodesHelp(): string {
  const rows = Object.entries(MEANING)
    .filter(([, meaning]) => meaning !== '')
    .map(([outcome, meaning]) => ({ code: EXIT_CODES[outcome as keyof typeof EXIT_CODES], meaning }))
    .sort((a, b) => a.code - b.code);
  return ['Exit codes:', ...rows.map(({ code, meaning }) => `${String(code).padStart(5)}  ${meaning}`)].join(
    '\n',
  );
}

/** The long help of `gameday assert`. */
export function assertionHelp(): string {
  return `Waits for the build's end (inside that very build: for the end of the jobs of --step) and judges it as a drill is judged: passed rather than lost, a loss that a retry hides, drained where ECS shows that a task was stopped. Nothing is injected. Where ECS shows no stop it can only say not-lost, which is no proof. Run it within an hour of the stop: ECS forgets stopped tasks.

${exitCodesHelp()}`;
}
