import { writeFile } from "node:fs/promises";
import { printableJson } from "../../../src/output/printable.ts";
import { create, kubectl } from "../kubectl.ts";
import { ours } from "./world.ts";

const image = "myregistry.azurecr.io/app/web:1";

/** Writes a text into one namespace, wherever a real API server lets a tenant write it. */
export async function layOut(namespace: string, text: string): Promise<void> {
  const annotations = { note: text };
  const credential = { kind: text, host: "myregistry.azurecr.io", identity: text, slot: text, madeAt: text, expiresAt: text };
  const config = JSON.stringify({ auths: { "myregistry.azurecr.io": { username: text, password: "wrong" }, [text]: { auth: text } } });
  const secret = ours(config, credential, { name: "mine", namespace, annotations });
  const account = { metadata: { name: "web", namespace, annotations }, imagePullSecrets: [{ name: "mine" }, { name: text }] };
  const pod = (name: string, image: string, names: readonly string[]) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, annotations },
    spec: { serviceAccountName: "web", imagePullSecrets: names.map((each) => ({ name: each })), containers: [{ name: "app", image }] },
  });
  await create([secret, { apiVersion: "v1", kind: "ServiceAccount", ...account }]);
  await create([
    pod("own", image, [text]),
    pod("odd", text, []),
    pod("typo", `myregistry.azurecr.io/${text}:1`, []),
    pod("waits", image, ["mine"]),
  ]);
  const status = {
    phase: "Pending",
    containerStatuses: [
      { name: "app", image, imageID: "", ready: false, restartCount: 0, state: { waiting: { reason: text, message: text } } },
    ],
  };
  for (const name of ["own", "waits"])
    await kubectl(["patch", "pod", name, "-n", namespace, "--subresource=status", "--type=merge", "-p", JSON.stringify({ status })]);
}

type View = { clusters: object[]; users: { name: string; user: Record<string, string> }[]; contexts: { name: string; context: object }[] };

/**
 * Writes a kubeconfig with a text in the names of its context, user and namespace. The user has a credential plugin that prints the text.
 * Both texts have no line breaks, because kubectl lists one context per line, and a plugin prints its own lines. @returns its path
 */
export async function hostileKubeconfig(folder: string, { namespace, text }: { namespace: string; text: string }): Promise<string> {
  const name = text.replaceAll("\n", "");
  const view: View = JSON.parse(await kubectl(["config", "view", "--raw", "--minify", "--flatten", "-o", "json"]));
  const [user, context] = [view.users[0], view.contexts[0]];
  const pem = (name: string) => Buffer.from(user?.user[name] ?? "", "base64").toString();
  const status = { clientCertificateData: pem("client-certificate-data"), clientKeyData: pem("client-key-data") };
  const credential = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status };
  await writeFile(`${folder}/says`, `${name}\n`);
  await writeFile(`${folder}/credential`, JSON.stringify(credential), { mode: 0o600 });
  await writeFile(`${folder}/plugin`, `#!/bin/sh\ncat ${folder}/says >&2\nexec cat ${folder}/credential\n`, { mode: 0o700 });
  const exec = { apiVersion: credential.apiVersion, command: `${folder}/plugin`, interactiveMode: "Never" };
  const file = `${folder}/hostile.kubeconfig`;
  await writeFile(
    file,
    printableJson(
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        "current-context": name,
        clusters: view.clusters,
        users: [{ name, user: { exec } }],
        contexts: [
          { name, context: { ...context?.context, user: name, namespace } },
          { name: "lost", context: { ...context?.context, user: name, namespace: text } },
        ],
      }),
    ),
  );
  return file;
}
