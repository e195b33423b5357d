import type { Scope } from "../scope/scope.ts";

/** One file of desired state. */
export type DesiredFile = {
  /** The namespace of its entries without another one. With the name, it identifies the file in a cluster. */
  readonly home: string;
  /** A DNS label of at most 25 characters. */
  readonly name: string;
  /** The registry at the top, which its sources in Azure are looked for in even if no entry names it. */
  readonly registry: string | undefined;
  readonly entries: readonly Entry[];
};

/** What a file says about one Secret, with the defaults of the file applied. */
export type Entry = {
  /** Where it starts in the file: `teams.yaml:7`. */
  readonly at: string;
  /** The name of the Secret, at most 53 characters, because Azure's description holds it. */
  readonly name: string;
  readonly registry: string;
  /** The namespace of the source, or the namespaces that each have a source of their own. */
  readonly sources: { readonly namespace: string } | { readonly eachOf: Scope };
  /** The namespaces that have a copy; undefined: the targets are in the namespaces of the sources. */
  readonly copyTo: Scope | undefined;
  readonly repositories: readonly string[];
  /** Names and patterns. */
  readonly serviceAccounts: readonly string[];
  readonly credential: "acr-token" | "service-principal";
  /** The lifetime of a new password, in milliseconds; undefined: it never expires. */
  readonly expiresIn: number | undefined;
  /** The age at which a password is replaced, in milliseconds; undefined: only if it expires, in the last third of its life. */
  readonly olderThan: number | undefined;
  /** How long a replaced password works, in milliseconds. */
  readonly grace: number;
  readonly restart: "stuck" | "none";
};
