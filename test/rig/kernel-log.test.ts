import { expect, test } from 'vitest';
import { tellsOfOom } from '../../src/rig/workers/kernel-log.ts';

const ID = 'ae16dd0fa07c60c465e90476863c405d625d090c2449d5e597e465824a0dce8b';
const OTHER = ID.replace(/^ae/, 'ff');
const killed = (id: string): string =>
  `[ 8495.69] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${id},mems_allowed=0,oom_memcg=/parent/${id},task_memcg=/parent/${id},task=sh,pid=22156,uid=0`;

test.each<[string, string, boolean]>([
  ['its own kill', `something\n${killed(ID)}\nsomething`, true],
  ["another container's", killed(OTHER), false],
  ['its name in another message', `device veth0 of /${ID} left promiscuous mode`, false],
  ['an empty log', '', false],
])('the kernel tells of a lack of memory: %s', (_title, log, tells) => {
  expect(tellsOfOom(log, ID)).toBe(tells);
});
