import { Command, Errors } from '@oclif/core';
import { createJsonReporter } from '../report/json.ts';
import { errorLines } from '../report/summary.ts';
import type { GameDayDocument } from '../verdict/result.ts';
import { documentOf, explain } from './documents.ts';
import { createOutput } from './output.ts';
import type { Output } from './output.ts';
import type { Runner } from './runner.ts';
import { beginCommand, finishWith } from './way-out.ts';

/** Nothing was left to wait for, and nothing was answered. */
const UNFINISHED = {
  message: 'the command ended before it had an answer',
  at: null,
  next: 'Report it. `gameday drills` lists a drill that was begun, and what to do with it.',
};

/**
 * What all commands share. oclif's own `--json` is not used: it prints flag values in errors and turns every exit code
 * into 1; here every ending is one document of ours, and the exit code follows from it.
 */
export abstract class BaseCommand extends Command {
  private made: Output | null = null;

  protected get output(): Output {
    this.made ??= createOutput(process.env);
    return this.made;
  }

  /** Whether one JSON document is wanted; also asked where the flags could not be parsed. */
  protected get wantsJson(): boolean {
    const end = this.argv.indexOf('--');
    return (end === -1 ? this.argv : this.argv.slice(0, end)).includes('--json');
  }

  protected get runner(): Runner {
    return {
      environment: process.env,
      output: this.output,
      version: this.config.version,
      json: this.wantsJson,
      finish: (document) => this.finish(document),
    };
  }

  protected override async init(): Promise<void> {
    await super.init();
    beginCommand(() => this.finish(documentOf('internal', [UNFINISHED])));
  }

  /** Ends the command with a document. The exit code is set first: a reader who closes stdout must not change it. */
  protected finish(document: GameDayDocument): void {
    finishWith(document.exitCode);
    if (this.wantsJson) {
      createJsonReporter(this.output.stdout).onDocument?.(document);
      return;
    }
    for (const line of errorLines(document.errors, this.output.stderr.colors))
      this.output.stderr.write(`${line}\n`);
  }

  protected override async catch(thrown: Error): Promise<void> {
    // --help and --version end this way.
    if (thrown instanceof Errors.ExitError && thrown.oclif.exit === 0) {
      finishWith(0);
      throw thrown;
    }
    this.parsed = true;
    const { document, stack } = explain(thrown);
    this.finish(document);
    if (stack !== null) this.output.stderr.write(`${stack}\n`);
  }
}
