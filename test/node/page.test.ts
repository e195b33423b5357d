import { readdirSync, readFileSync } from "node:fs";
import { expect, inject, test } from "vitest";
import { guardedFolder } from "../../sandbox/guard.ts";
import { needsNode, sitDown } from "../../sandbox/page.ts";
import { reachWorld } from "../support/node-world.ts";
import { typePage } from "../support/page.ts";

// Pages with running pods. test/docs runs all others.
const pages = readdirSync("docs")
  .filter((name) => name.endsWith(".md") && needsNode(readFileSync(`docs/${name}`, "utf8")))
  .map((name) => `docs/${name}`);

test.for(pages)("prints the recorded output of %s", { timeout: 120_000 }, async (page) => {
  const {
    PATH = "",
    HTTPS_PROXY = "",
    SSL_CERT_FILE = "",
    AZURE_TENANT_ID = "",
    AZURE_CLIENT_ID = "",
    AZURE_CLIENT_SECRET = "",
  } = process.env;
  const world = reachWorld(inject("world"));
  for (const image of ["app/api:1", "app/web:1", "base/nginx:1"]) await world.push(`myregistry.azurecr.io/${image}`, "waits");
  const home = await guardedFolder("acr-secret-page-");
  try {
    const env = { PATH, HTTPS_PROXY, SSL_CERT_FILE, AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET };
    await typePage(page, await sitDown(home.path, process.env["KUBECONFIG"] ?? "", env));
  } finally {
    await home.remove();
  }
});

test("finds pages that need a node", () => {
  expect(pages).toContain("docs/troubleshooting.md");
});
