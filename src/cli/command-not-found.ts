import type { Hook } from '@oclif/core';
import { documentOf } from './exit-codes.ts';
import { createOutput } from './output.ts';
import { asksForJson, writeAnswer } from './runner.ts';
import { explainUnknown } from './unknown-command.ts';

/** Answers an unknown command as bad input: one line, or one document under `--json`. oclif joins the words by colons. */
const commandNotFound: Hook<'command_not_found'> = async ({ id, argv = [], config }) => {
  const document = documentOf('bad-input', [explainUnknown(id.split(':'), config.commands)]);
  writeAnswer(document, asksForJson(argv), createOutput(process.env));
};
export default commandNotFound;
