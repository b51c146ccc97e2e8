import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAULTS } from '../../src/faults/list.ts';
import type { FaultName } from '../../src/scenario/inject.ts';
import { needsOf } from '../../src/iam/needs.ts';
import { actionOf } from '../../src/iam/operations.ts';
import { planOf } from '../support/plans.ts';

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'how-to', 'choose-a-fault.md');

function actionsOf(fault: FaultName): readonly string[] {
  const { scenario } = planOf({ inject: { fault, steered: true, autoscaling: 'suspend' } as never });
  return [...new Set(needsOf(scenario, 'run', null).map(({ operation }) => actionOf(operation)))];
}

/** What each drill that injections reads. */
const COMMON = actionsOf('stop-task').filter((action) => action !== 'ecs:StopTask');

describe('every fault', () => {
  const named = Object.entries(FAULTS);

  it.each(named)('%s has its section, which names the IAM actions that it needs', async (word, fault) => {
    const page = await readFile(PAGE, 'utf8');
    const section = page.split(/^## /m).find((part) => part.startsWith(`\`${word}\`\n`)) ?? '';
    const actions = [...section.matchAll(/`((?:ecs|application-autoscaling|fis|iam):\w+)`/g)].map(
      ([, action]) => action,
    );
    const beyond = actionsOf(fault.name).filter((action) => !COMMON.includes(action));
    expect(actions.toSorted()).toEqual(beyond.toSorted());
    expect(page).toMatch(new RegExp(`^\\| \`${word}\``, 'm'));
  });

  it('goes by its own word', () => {
    for (const [word, { name }] of named) expect(name).toBe(word);
  });
});
