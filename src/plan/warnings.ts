/** The warnings of plans. Scripts compare the ids, so ids are added and never changed. */
export const warnings = {
  "own-list": "a pod or template has its own imagePullSecrets, so it gets none from its ServiceAccount",
  "secret-missing": "the named Secret does not exist",
  "secret-type": "the kubelet ignores Secrets of this type",
  "no-key": "the Secret has no login for an image",
  "mountable-only": "the ServiceAccount allows only the pull secrets that it lists",
  drift: "another tool manages the list of pull secrets and will undo the change",
  "dangling-name": "a list contains a Secret that does not exist",
  "empty-name": "a list has an entry without a name",
  "hides-account-list": "a template now has its own imagePullSecrets, so its pods no longer get those of the ServiceAccount",
  "malformed-secret": "the kubelet cannot read a Secret, so it ignores all pull secrets of a pod that lists it",
} as const;

export type WarningId = keyof typeof warnings;
