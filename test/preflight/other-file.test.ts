import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recognizeOtherFile } from '../../src/preflight/other-file.ts';
import { ROOT } from '../support/cli.ts';

function shippedIn(folder: string): readonly string[] {
  const at = join(ROOT, 'scenarios', folder);
  return readdirSync(at)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readFileSync(join(at, name), 'utf8'));
}

test.each([
  ['rigs', /a rig file of gameday/],
  ['pipelines', /a pipeline's steps/],
])('every shipped file in scenarios/%s is known for what it is', (folder, says) => {
  for (const text of shippedIn(folder)) expect(recognizeOtherFile(text)?.why).toMatch(says);
});

test('a Dockerfile is known by its first instruction, and broken JSON is none of them', () => {
  expect(recognizeOtherFile('ARG V=3\nFROM buildkite/agent:$V\n')?.next).toContain('--dockerfile FILE');
  expect(recognizeOtherFile('{ "family": "agents",, "containerDefinitions": [] }')).toBeNull();
  expect(recognizeOtherFile('family: agents\n')).toBeNull();
});

test.each([
  ['family: w\ncontainerDefinitions:\n  - name: agent\n', /a task definition as YAML/],
  ['AWSTemplateFormatVersion: "2010-09-09"\nResources:\n  T: {}\n', /a CloudFormation template/],
  ['# ours\nresource "aws_ecs_task_definition" "w" {\n}\n', /Terraform's source/],
])('a definition in another language is called by its name: %j', (text, says) => {
  expect(recognizeOtherFile(text)?.why).toMatch(says);
  expect(recognizeOtherFile(text)?.next).toContain('aws ecs describe-task-definition');
});
