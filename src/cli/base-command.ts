import './interpreted-schemas.ts';
import { Command, Errors } from '@oclif/core';
import type { Interfaces } from '@oclif/core';
import { GamedayError } from '../model/errors.ts';
import type { AskedReporter } from '../report/reporters.ts';
import type { Screen } from '../report/screen.ts';
import type { Store } from '../store/port.ts';
import { beginCommand, documentOf, explainThrown, finishWith } from './exit-codes.ts';
import type { Answer } from './exit-codes.ts';
import { explainWrongFolder } from './folders.ts';
import { createOutput, wantsTraces } from './output.ts';
import { nameVariable } from './usage-errors.ts';
import { asksForJson, writeAnswer } from './runner.ts';
import type { Output } from './output.ts';
import type { Reporting, Runner } from './runner.ts';
import { clients } from './wire.ts';

/** The answer if the event loop ran empty before the command had one. */
const UNFINISHED = {
  message: 'the command ended without an answer',
  at: null,
  next: 'Report this defect. If a drill was begun, `gameday drills` lists it.',
};

/** Flags of commands that end drills. */
interface DrillFlags {
  readonly ledger?: string | undefined;
  readonly insecure?: boolean;
  readonly annotate?: boolean;
  readonly verbose?: boolean;
}

/** A drill that ends is added to its ledger: a folder that cannot be written is named before the drill begins. */
async function refuseWrongLedger(ledger: string): Promise<void> {
  const address = await clients.readStoreAddress(ledger);
  const [wrong] = address.kind === 'directory' ? explainWrongFolder('--ledger', address.path) : [];
  if (wrong !== undefined) throw new GamedayError('bad-input', wrong.message, { next: wrong.next ?? '' });
}

/** The defaults without `--reporter`. */
const NOBODY = { progress: null, ownsStdout: false, own: [], answers: null, lost: () => [] };

/**
 * What all commands share. oclif's own `--json` is not used, as it prints flag values in errors and turns every exit
 * code into 1. Here every ending is one document of ours, and the exit code follows from it.
 */
export abstract class BaseCommand extends Command {
  /** A command that names no flag has none; oclif leaves them undefined. */
  static override flags: Interfaces.FlagInput = {};

  private made: Output | null = null;
  private reporting: Reporting = NOBODY;
  private ledger: Store | null = null;
  private verbose = false;

  protected get output(): Output {
    this.made ??= createOutput(process.env);
    return this.made;
  }

  /** Whether stdout gets one JSON document; also answered where the flags could not be parsed. */
  protected get wantsJson(): boolean {
    return asksForJson(this.argv);
  }

  protected get runner(): Runner {
    return {
      environment: process.env,
      output: this.output,
      version: this.config.version,
      json: this.wantsJson,
      verbose: this.verbose,
      reporting: this.reporting,
      ledger: this.ledger,
      clients,
      finish: (answer, print) => this.finish(answer, print),
    };
  }

  /** The runner of a command that runs or shows drills, with its reporters and its ledger opened. */
  protected async runnerWith(
    asked: readonly AskedReporter[] = [],
    { ledger, insecure, annotate, verbose = false }: DrillFlags = {},
  ): Promise<Runner> {
    this.verbose = verbose;
    if (ledger !== undefined) this.ledger = await clients.openStore(ledger, process.env, insecure === true);
    if (asked.length > 0 || annotate === true) {
      const { openReporters } = await import('./reporters.ts');
      const job = annotate === true ? this.runner.environment : null;
      const { wantsJson: json } = this;
      this.reporting = await openReporters(asked, this.output, { json, job, version: this.config.version });
    }
    return this.runner;
  }

  /** The runner of a command that runs drills: their spans are sent where the environment names a collector. */
  protected async runnerForDrills(
    asked: readonly AskedReporter[] = [],
    options: Parameters<BaseCommand['runnerWith']>[1] = {},
  ): Promise<Runner> {
    if (options.ledger !== undefined) await refuseWrongLedger(options.ledger);
    const isAsked = asked.some(({ name }) => name === 'otel') || !wantsTraces(process.env);
    return this.runnerWith(isAsked ? asked : [...asked, { name: 'otel', file: null }], options);
  }

  protected override async init(): Promise<void> {
    await super.init();
    beginCommand(() => this.finish(documentOf('internal', [UNFINISHED])));
  }

  /** Ends the command with its answer. The exit code is set first, so that a closed stdout does not change it. */
  protected finish(answer: Answer, print?: (stdout: Screen) => void): void {
    const variables = this.listVariables();
    const errors = answer.errors?.map((error) => ({ ...error, ...nameVariable(error, variables) }));
    const told = errors === undefined ? answer : { ...answer, errors };
    writeAnswer(told, this.wantsJson, this.output, this.reporting.ownsStdout ? undefined : print);
    this.reporting.answers?.onAnswer(told);
  }

  /** The variables by which flags are set that were not typed, by the names of the flags. */
  private listVariables(): Readonly<Record<string, string>> {
    const typed = (name: string): boolean =>
      this.argv.some((word) => word === `--${name}` || word.startsWith(`--${name}=`));
    return Object.fromEntries(
      Object.entries(this.ctor.flags).flatMap(([name, { env }]) =>
        env === undefined || (process.env[env] ?? '') === '' || typed(name) ? [] : [[name, env]],
      ),
    );
  }

  protected override async catch(thrown: Error): Promise<void> {
    // oclif ends --help and --version with this error.
    if (thrown instanceof Errors.ExitError && thrown.oclif.exit === 0) {
      finishWith(0);
      throw thrown;
    }
    this.parsed = true;
    const { document, stack } = explainThrown(thrown, {
      command: `${this.config.bin} ${(this.id ?? '').replaceAll(':', ' ')}`,
      flags: Object.keys(this.ctor.flags),
    });
    this.finish(document);
    if (stack !== null) this.output.stderr.write(`${stack}\n`);
  }
}
