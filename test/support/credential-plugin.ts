import { readFile, writeFile } from "node:fs/promises";
import { kubectl } from "./kubectl.ts";

export const question = "One-time code: ";
export const rightAnswer = "123456";

type View = { clusters: { name: string; cluster: object }[]; users: { user: Record<string, string> }[] };

/**
 * Writes a kubeconfig into `folder` whose user has a credential plugin (client.authentication.k8s.io/v1). The plugin asks for a code on the
 * terminal and then returns the administrator's certificate.
 *
 * @returns the kubeconfig, and a function that returns how often the plugin has run
 */
export async function askingKubeconfig(folder: string): Promise<{ file: string; runs(): Promise<number> }> {
  const view: View = JSON.parse(await kubectl(["config", "view", "--raw", "--minify", "--flatten", "-o", "json"]));
  const pem = (name: string) => Buffer.from(view.users[0]?.user[name] ?? "", "base64").toString();
  const status = { clientCertificateData: pem("client-certificate-data"), clientKeyData: pem("client-key-data") };
  const credential = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status };
  const runs = `${folder}/runs`;
  await writeFile(runs, "");
  await writeFile(`${folder}/credential`, JSON.stringify(credential), { mode: 0o600 });
  await writeFile(`${folder}/plugin`, script(runs, `${folder}/credential`), { mode: 0o700 });
  const exec = { apiVersion: credential.apiVersion, command: `${folder}/plugin`, interactiveMode: "Always" };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "asking",
    clusters: view.clusters,
    users: [{ name: "asking", user: { exec } }],
    contexts: [{ name: "asking", context: { cluster: view.clusters[0]?.name, user: "asking" } }],
  };
  const file = `${folder}/asking.kubeconfig`;
  await writeFile(file, JSON.stringify(config));
  return { file, runs: async () => (await readFile(runs, "utf8")).length };
}

const script = (runs: string, credential: string) => `#!/bin/sh
printf . >> ${runs}
printf '${question}' >&2
read -r code
[ "$code" = ${rightAnswer} ] || { echo "that is not the code" >&2; exit 1; }
exec cat ${credential}
`;
