/** Why the rig cannot go on, in one line for people, with who has to act: the file's author or the machine. */
export class RigFailure extends Error {
  readonly kind: 'bad-input' | 'rig-failed';

  constructor(kind: 'bad-input' | 'rig-failed', message: string) {
    super(message);
    this.name = 'RigFailure';
    this.kind = kind;
  }
}

/** Makes a forgotten member of a union a type error, and a loud one if it happens all the same. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
