/** A manifest as people have them, and what it means for the objects in it. */
export type Shape = {
  readonly name: string;
  readonly text: string;
  /** How many of its objects lack the name `acr` and are to get it. */
  readonly gets: number;
  /** Its ServiceAccounts are named, and nothing else. */
  readonly accounts?: true;
  /** A list is there already: then detach is no way back. */
  readonly had?: true;
  /** Lines that are changed, and not only added: a list in brackets stands on one. */
  readonly alters?: number;
  /** The API server of the tests does not take it, as it is: it is of a kind that is not there, or of no kind at all. */
  readonly foreign?: true;
};

/** A Deployment's head, for shapes that differ below it. */
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
