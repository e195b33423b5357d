import { CliError } from "../../../src/errors.ts";
import type { Pod } from "../../../src/objects.ts";
import { stored } from "../fakes/fleet.ts";
import type { FakeWorld } from "../fakes/world.ts";
import { podOf } from "./pods.ts";

export const attach = "attach acr-myregistry pod/p -n demo";
export const again = `${attach} --recreate`;
export const forbidden = () => new CliError("forbidden", "Error from server (Forbidden): exceeded quota");
/** The line that names the backup file before the pod is deleted. */
export const saved = "pod/p is saved in pod-demo-p.json until it is recreated\n";
export const replaced = { stdout: "pod/p replaced\n", stderr: saved, code: 0 };
/** The hint of a run that ends between the delete and the create. */
export const createHint =
  "hint: pod/p was deleted but not recreated. When it no longer exists, run:\n  kubectl create -n demo -f pod-demo-p.json\n";
export const unchanged = { stdout: "pod/p unchanged\n", stderr: "", code: 0 };

/** Creates a world whose pod `p` waits for its image. */
export async function waiting(more: Parameters<typeof podOf>[0] = {}): Promise<FakeWorld> {
  const world = await stored("demo");
  world.cluster.put(
    podOf({ ...more, spec: { imagePullSecrets: [{ name: "theirs" }], ...more.spec }, status: { phase: "Pending", ...more.status } }),
  );
  return world;
}

export const podIn = ({ cluster }: FakeWorld): Pod | undefined => cluster.get("pod", "demo", "p");
export const namesOf = (world: FakeWorld) => podIn(world)?.spec.imagePullSecrets?.map(({ name }) => name);
