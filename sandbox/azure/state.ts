import type { CallLog } from "./calls.ts";
import type { FaultBox } from "./faults.ts";
import type { Signer } from "./jwt.ts";
import type { DataStore } from "./registry-process.ts";
import type { World } from "./world.ts";

/** What every emulated service works on. */
export type State = {
  readonly world: World;
  readonly faults: FaultBox;
  readonly calls: CallLog;
  /** Signs what Entra issues. */
  readonly entra: Signer;
  /** Signs what the registries' token endpoints issue; the real registry trusts this key alone. */
  readonly acr: Signer;
  readonly store: DataStore;
};
