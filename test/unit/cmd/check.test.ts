import { expect, test } from "vitest";
import type { Proof } from "../../../src/context.ts";
import type { ClusterKind, Ref } from "../../../src/kinds.ts";
import type { KubeObjects, Pod, Secret, ServiceAccount } from "../../../src/objects.ts";
import { run } from "../../support/in-process.ts";

const namespace = "demo";
const image = "myregistry.azurecr.io/app/web:1";
const config = JSON.stringify({ auths: { "myregistry.azurecr.io": { username: "ci", password: "hunter2" } } });
const secret = (name: string): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace },
  type: "kubernetes.io/dockerconfigjson",
  data: { ".dockerconfigjson": Buffer.from(config).toString("base64") },
});
const account = (name: string): ServiceAccount => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name, namespace },
  imagePullSecrets: [{ name: "acr" }],
});
const pod = (name: string, serviceAccountName: string): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: { serviceAccountName, imagePullSecrets: [{ name: "acr" }], containers: [{ name: "app", image }] },
});

test("500 pods of 12 ServiceAccounts with one login and one image are one proof", async () => {
  const accounts = Array.from({ length: 12 }, (_, index) => account(`sa-${index}`));
  const pods = Array.from({ length: 500 }, (_, index) => pod(`web-${index}`, `sa-${index % 12}`));
  const proofs: string[] = [];
  const answer: Proof = { verdict: "pulls", message: "yes" };

  const { code, stdout } = await run(["check"], {
    cluster: {
      namespace: async () => namespace,
      pages: async function* <K extends ClusterKind>(kind: K) {
        yield ((kind as ClusterKind) === "pod" ? pods : accounts) as KubeObjects[K][];
      },
      get: async <K extends ClusterKind>({ name }: Ref<K>) => secret(name) as KubeObjects[K],
    },
    registry: {
      prove: async ({ host, repository, reference }) => {
        proofs.push(`${host}/${repository}:${reference}`);
        return answer;
      },
    },
  });

  expect({ code, rows: stdout.trimEnd().split("\n").length }).toEqual({ code: 0, rows: 13 });
  expect(proofs).toEqual([image]);
});
