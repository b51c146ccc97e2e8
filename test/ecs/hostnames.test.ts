import { expect, test } from 'vitest';
import { TaskAnswer } from '../../src/ecs/answers.ts';
import { taskOf } from '../../src/ecs/map.ts';

function hostnames(over: Readonly<Record<string, unknown>>): readonly string[] {
  const task = {
    taskArn: 't',
    clusterArn: 'c',
    taskDefinitionArn: 'd',
    lastStatus: 'RUNNING',
    desiredStatus: 'RUNNING',
  };
  return taskOf(TaskAnswer.parse({ ...task, ...over })).hostnames;
}

function interfaceOf(details: readonly unknown[], type = 'ElasticNetworkInterface'): unknown {
  return { attachments: [{ id: 'a', type, status: 'ATTACHED', details }] };
}

const container = (runtimeId?: string): unknown => ({ name: 'agent', lastStatus: 'RUNNING', runtimeId });

test.each<[string, unknown, readonly string[]]>([
  ['nothing', {}, []],
  [
    "a network interface's name, whole and its first label, and its address in the same form",
    interfaceOf([
      { name: 'subnetId', value: 'subnet-1' },
      { name: 'privateDnsName', value: 'IP-10-0-0-1.ec2.internal' },
      { name: 'privateIPv4Address', value: '10.0.0.2' },
    ]),
    ['ip-10-0-0-1.ec2.internal', 'ip-10-0-0-1', 'ip-10-0-0-2'],
  ],
  [
    'details without a value',
    interfaceOf([{ name: 'privateDnsName' }, { name: 'privateIPv4Address', value: '' }]),
    [],
  ],
  [
    'an attachment of another kind',
    interfaceOf([{ name: 'privateDnsName', value: 'x' }], 'ServiceConnect'),
    [],
  ],
  ['an attachment without details', { attachments: [{ type: 'ElasticNetworkInterface' }] }, []],
  [
    "the beginning of Docker's id",
    { containers: [container('0123456789abcdef'.repeat(4))] },
    ['0123456789ab'],
  ],
  [
    "Fargate's runtime id is none of Docker's",
    { containers: [container('0123456789abcdef-0123456789'), container()] },
    [],
  ],
])('host names of a task: %s', (_title, over, names) => {
  expect(hostnames(over as Record<string, unknown>)).toEqual(names);
});
