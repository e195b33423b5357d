import { describe, expect, test } from "vitest";
import type { Pod } from "../../../src/objects.ts";
import { stuckPod } from "../../support/fakes/cluster.ts";
import { stored } from "../../support/fakes/fleet.ts";
import { type } from "../../support/in-process.ts";

const image = "myregistry.azurecr.io/app/web:1";
const now = new Date("2026-03-01T00:00:20Z");

/** A pod with a Secret that pulls, whose node has failed 20 seconds ago. */
function failing(error: string, status: object = {}): Pod {
  const pod = stuckPod("demo", "web-1", image, { names: ["acr-myregistry"] });
  const message = `Back-off pulling image "${image}": ErrImagePull: ${error}`;
  const container = { name: "app", image, imageID: "", ...status, state: { waiting: { reason: "ImagePullBackOff", message } } };
  return { ...pod, spec: { ...pod.spec, containers: [{ name: "app", image }] }, status: { ...pod.status, containerStatuses: [container] } };
}

async function check(pod: Pod, more = "") {
  const world = await stored("demo");
  const fieldsV1 = { "f:status": { "f:containerStatuses": {} } };
  Object.assign(world.cluster.put(pod).metadata, { managedFields: [{ manager: "kubelet", time: "2026-03-01T00:00:00Z", fieldsV1 }] });
  return type(`check -n demo ${more}`, world.ports, { now: () => now });
}

const unpack = `failed to pull and unpack image "${image}": `;

describe("check of an image that this machine can pull", () => {
  test.for([
    { cause: "node-disk-full", says: "failed to copy: write /var/lib/containerd/1/data: no space left on device: unknown" },
    {
      cause: "node-content",
      code: "FailedPrecondition",
      says: 'failed commit on ref "layer-sha256:1": unexpected commit digest sha256:2, expected sha256:1: failed precondition',
    },
    { cause: "node-interrupted", says: "failed to copy: read tcp 10.0.0.4:41234->20.60.1.2:443: read: connection reset by peer" },
    { cause: "node-interrupted", code: "DeadlineExceeded", says: "failed to copy: context deadline exceeded" },
    { cause: "node-limit", says: "pull QPS exceeded", isWhole: true },
    { cause: "unknown", says: "failed to do something new" },
    // The status of a container that restarts has the id of its image
    { cause: "unreachable", says: "failed to do request: Head: EOF", status: { imageID: "sha256:1" } },
  ])("fails, and prints what the node said: $says", async ({ cause, code, says, isWhole, status }) => {
    const pod = failing(isWhole ? says : `${code ? `rpc error: code = ${code} desc = ` : ""}${unpack}${says}`, status);
    const message = `the node of pod/web-1 said 20 s ago: ${says}`;

    const table = await check(pod);
    const json = await check(pod, "-o json");

    expect({ code: table.code, isReady: /ready/.test(table.stdout) }).toEqual({ code: 1, isReady: false });
    expect(table.stdout).toContain(`cause: ${message}\n`);
    expect({ code: json.code, items: JSON.parse(json.stdout).items }).toMatchObject({ code: 1, items: [{ cause, message, ok: false }] });
  });

  test.for([
    { what: "was refused a moment ago", status: {} },
    { what: "has the image, and was refused when the container restarted", status: { imageID: "sha256:1" } },
  ])("is ready, and notes what the node said, when the node $what", async ({ status }) => {
    const says = "failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized";

    expect(await check(failing(says, status))).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${image}\nnote: the node of pod/web-1 said 20 s ago: ${says}\n`),
    });
  });
});
