/** A manifest in one of the usual styles, and what the plugin should change in it. */
export type Shape = {
  readonly name: string;
  readonly text: string;
  /** How many of its objects lack the name `acr` and should get it. */
  readonly gets: number;
  /** The command line names its ServiceAccounts and no other target. */
  readonly accounts?: true;
  /** It already has a list, so detach does not restore the original text. */
  readonly had?: true;
  /** The number of lines that are changed instead of added: a list in brackets is one line. */
  readonly alters?: number;
  /** The tests' API server does not accept it unchanged: its kind is unknown, or it has none. */
  readonly foreign?: true;
};

/** Returns the start of a Deployment, for shapes that differ after it. */
export const deployment = (name: string) =>
  `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  selector:
    matchLabels: {app: ${name}}
  template:
    metadata:
      labels: {app: ${name}}
`;
