import { expect, test } from "vitest";
import { listPath, objectPath } from "../../../src/cluster/path.ts";

const secret = { kind: "secret", namespace: "demo", name: "acr" } as const;
const pod = { kind: "pod", namespace: "a/../b", name: "x?y" } as const;

test.for([
  { path: objectPath(secret), is: "/api/v1/namespaces/demo/secrets/acr" },
  {
    path: objectPath(secret, { fieldManager: "me", dryRun: "All", force: true }),
    is: "/api/v1/namespaces/demo/secrets/acr?fieldManager=me&dryRun=All&force=true",
  },
  { path: objectPath(secret, { dryRun: undefined, force: false, fieldManager: "" }), is: "/api/v1/namespaces/demo/secrets/acr" },
  { path: objectPath(pod), is: "/api/v1/namespaces/a%2F..%2Fb/pods/x%3Fy" },
  { path: objectPath({ ...pod, namespace: "demo" }, {}, "eviction"), is: "/api/v1/namespaces/demo/pods/x%3Fy/eviction" },
  { path: objectPath({ kind: "namespace", name: "demo" }), is: "/api/v1/namespaces/demo" },
  { path: objectPath({ kind: "namespace", name: "demo", namespace: "demo" }), is: "/api/v1/namespaces/demo" },
  { path: listPath("namespace", undefined), is: "/api/v1/namespaces" },
  { path: listPath("serviceaccount", undefined, { limit: 500 }), is: "/api/v1/serviceaccounts?limit=500" },
  {
    path: listPath("pod", "demo", { labelSelector: "a=b,c", limit: 1 }),
    is: "/api/v1/namespaces/demo/pods?labelSelector=a%3Db%2Cc&limit=1",
  },
])("$is", ({ path, is }) => {
  expect(path).toBe(is);
});

test.for(["", ".", ".."])("%j is a name that no object has, and leads to no other path", (name) => {
  const refused = expect.objectContaining({ kind: "invalid", message: `${JSON.stringify(name)} is no name of an object` });

  expect(() => objectPath({ ...secret, name })).toThrow(refused);
  expect(() => objectPath({ ...secret, namespace: name })).toThrow(refused);
  expect(() => objectPath({ kind: "namespace", name })).toThrow(refused);
  expect(() => listPath("pod", name)).toThrow(refused);
});
