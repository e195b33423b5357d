/** The warnings with an id. Scripts compare the ids, so ids are added and never changed. */
export const warnings = {
  "secret-missing": "the named Secret does not exist",
  "dangling-name": "a list contains a Secret that does not exist",
  "empty-name": "a list has an entry without a name",
} as const;

export type WarningId = keyof typeof warnings;
