/** Errors of FIS with the status that its model gives them (FIS-1). */
const statuses = {
  ValidationException: 400,
  AccessDeniedException: 403,
  UnrecognizedClientException: 403,
  ResourceNotFoundException: 404,
  UnknownOperationException: 404,
  ConflictException: 409,
} as const;

/** An answer that FIS gives as an error. */
export class FisError extends Error {
  readonly type: keyof typeof statuses;

  constructor(type: keyof typeof statuses, message: string) {
    super(message);
    this.name = 'FisError';
    this.type = type;
  }

  get status(): number {
    return statuses[this.type];
  }
}
