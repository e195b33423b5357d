import { inject, test } from "vitest";
import { guardedFolder } from "../../sandbox/guard.ts";
import { sitDown } from "../../sandbox/page.ts";
import { reachWorld } from "../support/node-world.ts";
import { typePage } from "../support/page.ts";

test("docs/pods.md shows what happens", { timeout: 120_000 }, async () => {
  const {
    PATH = "",
    HTTPS_PROXY = "",
    SSL_CERT_FILE = "",
    AZURE_TENANT_ID = "",
    AZURE_CLIENT_ID = "",
    AZURE_CLIENT_SECRET = "",
  } = process.env;
  const world = reachWorld(inject("world"));
  for (const image of ["app/api:1", "base/nginx:1"]) await world.push(`myregistry.azurecr.io/${image}`, "waits");
  const home = await guardedFolder("acr-secret-page-");
  try {
    const env = { PATH, HTTPS_PROXY, SSL_CERT_FILE, AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET };
    await typePage("docs/pods.md", await sitDown(home.path, process.env["KUBECONFIG"] ?? "", env));
  } finally {
    await home.remove();
  }
});
