import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { createAuthority } from "../../sandbox/pki.ts";
import type { Pod } from "../../src/objects.ts";
import { create, kubectl } from "./kubectl.ts";
import { until } from "./until.ts";

type Review = { readonly request: { readonly uid: string; readonly object: Pod } };

/** Replaces the registry of the first container of each new pod of a namespace, with a webhook of this process. */
export async function rewritingWebhook(namespace: string, registry: string): Promise<void> {
  const authority = await createAuthority("webhook of a test");
  const { certificate: cert, key } = await authority.issue({ commonName: "webhook", addresses: ["127.0.0.1"] });
  const server = createServer({ cert, key }, async (ask, answer) => {
    const { request } = (await json(ask)) as Review;
    const [, path] = /^(?:[^/]*\.[^/]*\/)?(.*)$/.exec(request.object.spec.containers[0]?.image ?? "") ?? [];
    const patch = [{ op: "replace", path: "/spec/containers/0/image", value: `${registry}/${path}` }];
    const response = {
      uid: request.uid,
      allowed: true,
      patchType: "JSONPatch",
      patch: Buffer.from(JSON.stringify(patch)).toString("base64"),
    };
    answer.end(JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const name = `rewrite.${namespace}.example`;
  const webhook = {
    name,
    clientConfig: {
      url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      caBundle: Buffer.from(authority.certificate).toString("base64"),
    },
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
    admissionReviewVersions: ["v1"],
    sideEffects: "None",
  };
  const kind = "MutatingWebhookConfiguration";
  await create([{ apiVersion: "admissionregistration.k8s.io/v1", kind, metadata: { name }, webhooks: [webhook] }]);
  onTestFinished(async () => {
    await kubectl(["delete", kind, name]);
    server.closeAllConnections();
    server.close();
  });
  const probe = ["run", "probe", "-n", namespace, "--image", "before", "--dry-run=server", "-o", "yaml"];
  await until(async () => (await kubectl(probe)).includes(`image: ${registry}/before`));
}
