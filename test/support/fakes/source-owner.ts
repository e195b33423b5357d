import type { Owner } from "../../../src/credential/owner.ts";
import { describeInAzure } from "../../../src/secret/azure-words.ts";

/** Returns the owner of a credential in the namespace `demo` of an unnamed cluster. @param name in Azure */
export const ownerCalled = (name: string, secret = "acr"): Owner => ({
  to: { kind: "secret", namespace: "demo", name: secret },
  namespaceUid: "uid-of-demo",
  name,
  stem: name,
  description: async () =>
    describeInAzure({ secret, namespace: "demo", namespaceUid: "uid-of-demo", cluster: "1a2b3c4d", isExported: false }),
});
