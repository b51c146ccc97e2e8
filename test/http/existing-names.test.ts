import { expect, test } from 'vitest';
import { createNameExisting } from '../../src/http/existing-names.ts';
import { makeTrouble } from '../../src/http/trouble.ts';
import type { Answer } from '../../src/model/answer.ts';

const MISSING: Answer<never> = {
  ok: false,
  trouble: makeTrouble('not-found', 'ECS knows no service "agnets"'),
};

function listing(answer: Answer<readonly string[]>) {
  const asked: string[] = [];
  const list = () => {
    asked.push('list');
    return Promise.resolve(answer);
  };
  return { asked, wanted: { what: 'services', name: 'agnets', list } };
}

test('a missing thing is told with what there is, and the nearest of it; the names are listed once', async () => {
  const nameExisting = createNameExisting();
  const { asked, wanted } = listing({ ok: true, value: ['agents', 'web'] });
  const told = {
    ok: false,
    trouble: {
      kind: 'not-found',
      message: 'ECS knows no service "agnets"; the services are agents, web; the nearest is agents',
    },
  };
  expect(await nameExisting(MISSING, wanted)).toMatchObject(told);
  expect(await nameExisting(MISSING, wanted)).toMatchObject(told);
  expect(asked).toEqual(['list']);
});

test('a long list is cut, and its nearest name is named nevertheless', async () => {
  const names = Array.from({ length: 14 }, (_, index) => `web-${String(10 + index)}`);
  const { wanted } = listing({ ok: true, value: [...names, 'z-agents', 'zagents'] });
  expect(await createNameExisting()(MISSING, { ...wanted, name: 'zagnets' })).toMatchObject({
    trouble: {
      message:
        'ECS knows no service "agnets"; the services are web-10, web-11, web-12, web-13, web-14, web-15, web-16, web-17, web-18, web-19 and 6 more; the nearest is z-agents',
    },
  });
});

test('where names cannot be listed nothing is added, and nothing is listed for another trouble', async () => {
  const denied = listing({ ok: false, trouble: makeTrouble('denied', 'AWS denies ListServices') });
  expect(await createNameExisting()(MISSING, denied.wanted)).toEqual(MISSING);
  const { asked, wanted } = listing({ ok: true, value: ['agents'] });
  const away: Answer<never> = { ok: false, trouble: makeTrouble('unreachable', 'no connection') };
  expect(await createNameExisting()(away, wanted)).toEqual(away);
  expect(await createNameExisting()({ ok: true, value: 1 }, wanted)).toEqual({ ok: true, value: 1 });
  expect(asked).toEqual([]);
});
