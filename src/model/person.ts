/** A person at a terminal, who is asked at the last instant. */
export interface Person {
  /** Shows exactly what will be stopped and which jobs run there; true is yes. A closed terminal is a no. */
  confirm(shown: readonly string[], signal: AbortSignal): Promise<boolean>;
}
