/** What a claim is about; certainty is stated of one of these and never of two mixed. */
export const CLAIM_KINDS = ['lost-given-stop', 'not-drained', 'runs-lost'] as const;
export type ClaimKind = (typeof CLAIM_KINDS)[number];

/** "The rate of failures is below `limit`, at this confidence". Both are parts of 1. */
export interface Claim {
  readonly kind: ClaimKind;
  readonly limit: number;
  readonly confidence: number;
}

/** The claim as a person writes it. */
export function formatClaim({ kind, limit, confidence }: Claim): string {
  return `${kind} < ${formatShare(limit)} at ${formatShare(confidence)}`;
}

/** A percentage as a part of 1, without the last bits: for a computer, 100 - 99.9 is not 0.1, nor is 78.1 / 100 the same as 0.781. */
export function partOf(percent: number): number {
  return Number((percent / 100).toPrecision(12));
}

/** A part of 1 in per cent, as it was written: `5 %`, `0.1 %`, `97.5 %`. */
export function formatShare(part: number): string {
  return `${String(Number((100 * part).toPrecision(12)))} %`;
}

/** An upper bound in per cent, rounded up, so that the text never says less than the number. */
export function formatUpper(part: number): string {
  return `${String(roundTo(part * 100, Math.ceil))} %`;
}

/** A lower bound in per cent, rounded down. */
export function formatLower(part: number): string {
  return `${String(roundTo(part * 100, Math.floor))} %`;
}

/** Three digits in one direction. */
function roundTo(percent: number, direction: (number: number) => number): number {
  if (percent === 0) return 0;
  const scale = 10 ** (2 - Math.floor(Math.log10(percent)));
  // What is a three-digit number already stays it, in spite of the last bits.
  return Number((direction(Number((percent * scale).toPrecision(12))) / scale).toPrecision(3));
}
