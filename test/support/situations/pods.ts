import type { Job, Metadata, Pod, PodSpec } from "../../../src/objects.ts";

/** Returns a pod as the API server stores it. */
export const podOf = ({
  spec = {},
  metadata = {},
  status,
}: {
  spec?: object;
  metadata?: Partial<Metadata>;
  status?: Pod["status"];
}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "demo", uid: "uid-p", resourceVersion: "7", ...metadata },
  spec: { containers: [{ name: "web", image: "myregistry.azurecr.io/app/web:1" }], ...spec } as PodSpec,
  ...(status && { status }),
});

type JobOptions = { readonly metadata?: Partial<Metadata>; readonly status?: Job["status"] };

/** Returns a Job as the API server stores it. */
export const jobOf = ({ metadata = {}, status }: JobOptions): Job => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "j", namespace: "demo", uid: "uid-j", resourceVersion: "7", ...metadata },
  spec: {
    template: { spec: { containers: [{ name: "web", image: "myregistry.azurecr.io/app/web:1" }] } },
  },
  ...(status && { status }),
});
