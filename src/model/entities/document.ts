/** An answer of a service as plain JSON, in the service's own words: for those who look at all of it and point into it. */
export type PlainDocument = Readonly<Record<string, unknown>>;
