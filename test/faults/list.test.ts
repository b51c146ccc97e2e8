import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAULTS } from '../../src/faults/list.ts';

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'how-to', 'choose-a-fault.md');

describe('every fault', () => {
  const named = Object.entries(FAULTS).filter(([word]) => word !== 'found');

  it.each(named)('%s has its section, which names the IAM actions that it needs', async (word, fault) => {
    const page = await readFile(PAGE, 'utf8');
    const section = page.split(/^## /m).find((part) => part.startsWith(`\`${word}\`\n`)) ?? '';
    const actions = [...section.matchAll(/`(ecs:\w+)`/g)].map(([, action]) => action);
    expect(actions.toSorted()).toEqual([...fault.actions].toSorted());
    expect(page).toMatch(new RegExp(`^\\| \`${word}\``, 'm'));
  });

  it('goes by its own word', () => {
    for (const [word, { kind }] of named) expect(kind).toBe(word);
  });
});
