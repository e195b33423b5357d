/** The warnings of plans. Scripts compare the ids, so ids are added and never changed. */
export const warnings = {
  "own-list": "a pod or template has a list of its own, and gets nothing of its ServiceAccount's",
  "secret-missing": "the Secret that is named is not there",
  "secret-type": "the kubelet passes over Secrets of this type",
  "no-key": "the Secret has no login for an image",
  "mountable-only": "the ServiceAccount lets pods name only the Secrets that it lists",
  drift: "somebody else writes the list from a source of theirs, and undoes the change",
  "dangling-name": "a list names a Secret that is not there",
  "empty-name": "a list has an entry without a name",
  "hides-account-list": "a template's first name of its own takes the ServiceAccount's from its pods",
  "malformed-secret": "the kubelet cannot read a Secret, and uses no other of a pod that names it",
} as const;

export type WarningId = keyof typeof warnings;
