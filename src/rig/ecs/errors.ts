/** An answer that ECS gives as an error: HTTP 400 (500 for ServerException) with `__type` and `message`. */
export class EcsError extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.name = 'EcsError';
    this.type = type;
  }
}

/** The commonest refusal of all. */
export function invalid(message: string): EcsError {
  return new EcsError('InvalidParameterException', message);
}
