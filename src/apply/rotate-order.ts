import type { ImageRef } from "../context.ts";
import type { Credential } from "../credential/kind.ts";
import type { Ground } from "../fleet/places.ts";
import type { Noted } from "../observe/noted.ts";
import type { Proof } from "../plan/proof.ts";
import type { Rotation } from "../plan/rotation.ts";
import type { DryRun } from "./outcome.ts";
import type { Tools } from "./tools.ts";

/** Until when a password works that another has taken the place of: until the next rotation, or for so long, in milliseconds. */
export type Grace = "next" | number;

/** How credentials are rotated. */
export type RotateOrder = {
  /** Where Secrets may hold them. */
  readonly grounds: readonly Ground[];
  readonly grace: Grace;
  /** Only what ends by then is rotated; absent: everything. */
  readonly endsBy: Date | undefined;
  /** What was found of the Secrets that note one identity, by those Secrets. */
  readonly proofs: WeakMap<readonly Noted[], Promise<Proof<Noted>>>;
  readonly verify: boolean;
  readonly dryRun: DryRun;
  /** Opens what Secrets note. @throws CliError */
  open(rotation: Rotation): Promise<Credential>;
  now(): Date;
  tools(credential: Credential): Tools;
  /** Images that pods of these places name, to prove a login with. */
  images(host: string, grounds: readonly Ground[]): Promise<readonly ImageRef[]>;
};
