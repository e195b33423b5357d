import type { CallLog } from "./calls.ts";
import type { FaultBox } from "./faults.ts";
import type { Signer } from "./jwt.ts";
import type { DataStore } from "./registry-process.ts";
import type { World } from "./world.ts";

/** The shared state of all emulated services. */
export type State = {
  readonly world: World;
  readonly faults: FaultBox;
  readonly calls: CallLog;
  /** Signs the tokens that Entra issues. */
  readonly entra: Signer;
  /** Signs the tokens that the registries' token endpoints issue. The real registry trusts only this key. */
  readonly acr: Signer;
  readonly store: DataStore;
};
