import { GamedayError } from '../model/errors.ts';
import { eventsOf } from '../journal/events.ts';
import { check } from './check.ts';
import type { Checked } from './check.ts';
import { accountOfDrill, denialsIn } from './denials.ts';
import { leastOf } from './least.ts';
import { accountOf } from './place.ts';
import { checkedJson, checkedLines } from './report.ts';
import type { IamOptions } from './iam-options.ts';
import type { Runner } from '../cli/runner.ts';
import { findDrill } from '../cli/stored.ts';
import { finishWith } from '../cli/way-out.ts';

/** Holds what AWS denied in a stored drill against the least policy of its scenario. Throws bad-input where the journal cannot be trusted. */
export async function checkDrill(options: IamOptions, runner: Runner): Promise<void> {
  const { drill, events } = await findDrill(options.check ?? '', options.out);
  const denials = denialsIn(events);
  const [planned] = eventsOf(events, 'GD_DRILL_PLANNED');
  if (planned === undefined) throw new Error('a drill without a plan was read');
  const { scenario, region } = planned.payload.plan;
  const account = options.account ?? accountOf(scenario.cluster.name) ?? accountOfDrill(events, denials);
  if (account === null && denials.length > 0)
    throw new GamedayError('bad-input', `the journal of drill ${drill} does not show the AWS account`, {
      next: 'Give --account.',
    });
  // The statements that a drill can lack on any kind of host.
  const least = leastOf([{ scenario, region, account }], ['run'], null);
  const checked = check(denials, least);
  const exitCode = exitCodeOf(checked);
  finishWith(exitCode);
  const { stdout } = runner.output;
  if (runner.json) return stdout.write(checkedJson({ drill, exitCode, checked }));
  stdout.write(`${checkedLines({ drill, exitCode, checked }, stdout.colors).join('\n')}\n`);
}

/** 0: nothing was denied; 1: the least policy lacks it, which is our own defect; 10: it allows it and the role does not. */
function exitCodeOf(checked: readonly Checked[]): number {
  if (checked.length === 0) return 0;
  return checked.some(({ answer }) => answer === 'ours') ? 1 : 10;
}
