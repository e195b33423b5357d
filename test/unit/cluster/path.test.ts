import { expect, test } from "vitest";
import { listPath, objectPath } from "../../../src/cluster/path.ts";

const at = { namespace: "demo", name: "acr" };

test.for([
  { path: objectPath("secrets", at), is: "/api/v1/namespaces/demo/secrets/acr" },
  {
    path: objectPath("secrets", at, { fieldManager: "me", dryRun: "All", force: true }),
    is: "/api/v1/namespaces/demo/secrets/acr?fieldManager=me&dryRun=All&force=true",
  },
  { path: objectPath("secrets", at, { dryRun: undefined, force: false }), is: "/api/v1/namespaces/demo/secrets/acr" },
  { path: objectPath("pods", { namespace: "a/../b", name: "x?y" }), is: "/api/v1/namespaces/a%2F..%2Fb/pods/x%3Fy" },
  { path: listPath("serviceaccounts", undefined, { limit: 500 }), is: "/api/v1/serviceaccounts?limit=500" },
  {
    path: listPath("pods", "demo", { labelSelector: "a=b,c", limit: 1 }),
    is: "/api/v1/namespaces/demo/pods?labelSelector=a%3Db%2Cc&limit=1",
  },
])("$is", ({ path, is }) => {
  expect(path).toBe(is);
});
