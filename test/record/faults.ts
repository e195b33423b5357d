import data from "./faults.json" with { type: "json" };

/** A text of a source that a patch replaces. It occurs there once. */
export type Patch = { readonly file: string; readonly old: string; readonly now: string };

/**
 * A fault of the past that ended or lost a credential, gave a right to another user, or changed another cluster. It has the test that finds
 * it and the patches that put it back, or a reason why there is nothing to put back.
 */
export type Fault = {
  readonly id: string;
  /** One sentence. Printed in docs/track-record.md. */
  readonly what: string;
  /** The dates on which its feature was added, and on which it was found, and how. */
  readonly since: string;
  readonly found: string;
  readonly by: string;
} & (
  | { readonly test: { readonly file: string; readonly name: string }; readonly patches: readonly Patch[]; readonly gone?: undefined }
  | { readonly gone: string; readonly test?: undefined; readonly patches?: undefined }
);

export const faults: readonly Fault[] = data;
