import type { KeyPair } from "./pki.ts";

/**
 * Returns a kubeconfig (v1 Config as JSON, which is also YAML) that needs no other file. It contains the user's key, so write it with mode
 * 0600.
 */
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
