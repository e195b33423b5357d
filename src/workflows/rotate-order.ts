import type { DryRun } from "../actions/outcome.ts";
import type { Tools } from "../actions/tools.ts";
import type { Credential } from "../credential/kind.ts";
import type { Proof } from "../plan/proof.ts";
import type { DueLimits, NotDue, Rotation } from "../plan/rotation.ts";
import type { ImageRef } from "../registry/port.ts";
import type { ClusterScope } from "../scope/cluster-scopes.ts";
import type { Clusters, Noted, NotedIn, Unnoted } from "../state/noted.ts";
import type { NotedLists } from "../state/noted-lists.ts";

/** Until when a password works that another has taken the place of: until the next rotation, or for so long, in milliseconds. */
export type Grace = "next" | number;

/** Who notes a credential, and who of them really holds it. */
export type Look = Pick<NotedIn, "unreadable" | "claimed"> & {
  readonly proof: Proof<Noted>;
  /** Logins of it that no annotation names, and that the registry does not reject. */
  readonly unnoted: readonly Unnoted[];
  /** The Secrets whose rotation has begun by it. */
  readonly rotated: Set<string>;
};

/** How credentials are rotated. */
export type RotateOrder = DueLimits & {
  readonly grace: Grace;
  /** Counts a credential that is not due. */
  skipped(reasons: readonly NotDue[]): void;
  /** What Secrets note by now, wherever one may hold them. */
  readonly listed: NotedLists;
  /** The first look at the Secrets that note one identity, by those Secrets. */
  readonly looks: WeakMap<readonly Noted[], Promise<Look>>;
  /** The clusters of the run. */
  clusters(): Promise<Clusters>;
  /** Ends passwords that clusters which were not listed may hold. */
  readonly force: boolean;
  readonly verify: boolean;
  readonly dryRun: DryRun;
  /** Opens what Secrets note. @throws CliError */
  open(rotation: Rotation): Promise<Credential>;
  now(): Date;
  tools(credential: Credential): Tools;
  /** Images that pods of these places name, to prove a login with. */
  images(host: string, clusterScopes: readonly ClusterScope[]): Promise<readonly ImageRef[]>;
};
