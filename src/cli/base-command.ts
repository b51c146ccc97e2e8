import { Command, Errors } from '@oclif/core';
import type { AskedReporter } from '../report/reporters.ts';
import type { Screen } from '../report/screen.ts';
import { beginCommand, documentOf, explain, finishWith } from './exit-codes.ts';
import type { Answer } from './exit-codes.ts';
import { createOutput } from './output.ts';
import { asksForJson, writeAnswer } from './runner.ts';
import type { Output } from './output.ts';
import type { Reporting, Runner } from './runner.ts';
import { clients } from './wire.ts';

/** Nothing was left to wait for, and nothing was answered. */
const UNFINISHED = {
  message: 'the command ended before it had an answer',
  at: null,
  next: 'Report it. `gameday drills` lists a drill that was begun, and what to do with it.',
};

/** Without `--reporter`. */
const NOBODY = { progress: null, ownsStdout: false, files: [], answers: null };

/**
 * What all commands share. oclif's own `--json` is not used: it prints flag values in errors and turns every exit code
 * into 1; here every ending is one document of ours, and the exit code follows from it.
 */
export abstract class BaseCommand extends Command {
  private made: Output | null = null;
  private reporting: Reporting = NOBODY;

  protected get output(): Output {
    this.made ??= createOutput(process.env);
    return this.made;
  }

  /** Whether one JSON document is wanted on stdout; also asked where the flags could not be parsed. */
  protected get wantsJson(): boolean {
    return asksForJson(this.argv);
  }

  protected get runner(): Runner {
    return {
      environment: process.env,
      output: this.output,
      version: this.config.version,
      json: this.wantsJson,
      reporting: this.reporting,
      clients,
      finish: (answer, print) => this.finish(answer, print),
    };
  }

  /** The runner of a command that tells of drills, its reporters opened. */
  protected async runnerWith(asked: readonly AskedReporter[] = []): Promise<Runner> {
    if (asked.length > 0) {
      const { openReporters } = await import('./reporters.ts');
      this.reporting = await openReporters(asked, this.output);
    }
    return this.runner;
  }

  protected override async init(): Promise<void> {
    await super.init();
    beginCommand(() => this.finish(documentOf('internal', [UNFINISHED])));
  }

  /** Ends the command with its answer. The exit code is set first: a reader who closes stdout must not change it. */
  protected finish(answer: Answer, print?: (stdout: Screen) => void): void {
    writeAnswer(answer, this.wantsJson, this.output, print);
    this.reporting.answers?.onAnswer(answer);
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
