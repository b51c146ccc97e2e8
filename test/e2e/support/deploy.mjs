// A release of a team, as small as can be: it changes the service by the API of ECS, and does what its words say, in their order.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const PLACE = { cluster: 'build-prod', service: 'build-agents' };

async function call(operation, input) {
  const { AWS_ENDPOINT_URL_ECS = '', AWS_ACCESS_KEY_ID = '', AWS_REGION = '' } = process.env;
  const answer = await fetch(AWS_ENDPOINT_URL_ECS, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${AWS_ACCESS_KEY_ID}/20260101/${AWS_REGION}/ecs/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(input),
  });
  if (!answer.ok) throw new Error(`${operation}: ${await answer.text()}`);
  return answer.json();
}

const DEEDS = {
  /** Says that it began, in a file whose lines a test counts. */
  note: (file) => appendFileSync(file, `${String(process.pid)}\n`),
  force: () => call('UpdateService', { ...PLACE, forceNewDeployment: true }),
  count: (desiredCount) => call('UpdateService', { ...PLACE, desiredCount: Number(desiredCount) }),
  /** Registers a new revision and has the service run it; `broken`: one whose tasks cannot start. */
  async revise(how) {
    const { services } = await call('DescribeServices', {
      cluster: PLACE.cluster,
      services: [PLACE.service],
    });
    const { taskDefinition } = await call('DescribeTaskDefinition', {
      taskDefinition: services[0].taskDefinition,
    });
    const { family, networkMode, requiresCompatibilities, cpu, memory, containerDefinitions } =
      taskDefinition;
    if (how === 'broken') {
      const check = { name: 'check', image: 'example/check:1', essential: false, entryPoint: ['false'] };
      containerDefinitions[0].dependsOn = [{ containerName: check.name, condition: 'SUCCESS' }];
      containerDefinitions.push(check);
    }
    const next = { family, networkMode, requiresCompatibilities, cpu, memory, containerDefinitions };
    const made = await call('RegisterTaskDefinition', next);
    await call('UpdateService', { ...PLACE, taskDefinition: made.taskDefinition.taskDefinitionArn });
  },
  wait: (ms) => pause(Number(ms)),
  say: (text) => console.log(text),
  /** Prints a variable, as a careless script does. */
  env: (name) => console.log(`${name}=${process.env[name] ?? ''}`),
  /** A process that outlives this one in its group, and keeps its output open. */
  fork: () =>
    spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600_000)', process.env.TMPDIR ?? ''], {
      stdio: 'inherit',
    }).unref(),
  /** Deaf to SIGTERM and SIGINT. */
  deaf: () => ['SIGTERM', 'SIGINT'].forEach((signal) => process.on(signal, () => undefined)),
  hang: () => pause(600_000),
  exit: (code) => process.exit(Number(code)),
};

for (const word of process.argv.slice(2)) {
  const [deed, argument] = word.split('=');
  await DEEDS[deed](argument);
}
process.exit(0);
