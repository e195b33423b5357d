import type { KeyPair } from "./pki.ts";

/** A kubeconfig (v1 Config, as JSON, which is YAML too) that needs no other file. It holds the user's key: keep it 0600. */
export function kubeconfig({
  server,
  authority,
  user,
  identity,
}: {
  server: string;
  authority: string;
  user: string;
  identity: KeyPair;
}): string {
  const base64 = (pem: string) => Buffer.from(pem).toString("base64");
  return `${JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "sandbox", cluster: { server, "certificate-authority-data": base64(authority) } }],
      users: [{ name: user, user: { "client-certificate-data": base64(identity.certificate), "client-key-data": base64(identity.key) } }],
      contexts: [{ name: "sandbox", context: { cluster: "sandbox", user } }],
      "current-context": "sandbox",
    },
    null,
    2,
  )}\n`;
}
