import { expect, test } from "vitest";
import { keyless, type Puller, type WantedImage } from "../../../src/check/near-miss.ts";

const r = "myregistry.azurecr.io";
const image = (host: string, repository = "app/web", loginServer?: string): WantedImage => ({
  text: `${host}/${repository}:1`,
  host,
  repository,
  ...(loginServer && { loginServer }),
});
const template = (...images: WantedImage[]): Puller<string> => ({ of: "web", images, whole: true });
const account = (...images: WantedImage[]): Puller<string> => ({ of: "sa", images, whole: false });
const region = "myregistry.eastus.geo.azurecr.io";

test.for<{ why: string; keys: string[]; pullers: Puller<string>[]; warnings: { of: string[]; host: string; why: string }[] }>([
  { why: "the key matches", keys: [r], pullers: [template(image(r))], warnings: [] },
  { why: "the key starts with http://", keys: [`http://${r}`], pullers: [template(image(r))], warnings: [] },
  { why: "the key is the address of the registry's API", keys: [`https://${r}/v2/`], pullers: [template(image(r))], warnings: [] },
  { why: "the key has a wildcard", keys: ["*.azurecr.io"], pullers: [template(image(r))], warnings: [] },
  {
    why: "one of a template's two images is of another registry",
    keys: [r],
    pullers: [template(image(r), image("quay.io"))],
    warnings: [],
  },
  {
    why: "no image of a template matches",
    keys: [r],
    pullers: [template(image("quay.io"))],
    warnings: [{ of: ["web"], host: "quay.io", why: `secret acr has a login for ${r} only` }],
  },
  { why: "pods of a ServiceAccount use another registry", keys: [r], pullers: [account(image("quay.io"))], warnings: [] },
  {
    why: "the key differs from the host in two letters",
    keys: ["team1.azurecr.io"],
    pullers: [account(image("team2.azurecr.io"))],
    warnings: [],
  },
  {
    why: "the image has capitals",
    keys: [r],
    pullers: [account(image("MyRegistry.azurecr.io", "app/web", r))],
    warnings: [
      {
        of: ["sa"],
        host: "MyRegistry.azurecr.io",
        why: `secret acr has a login for ${r} only (case matters: the image has MyRegistry.azurecr.io)`,
      },
    ],
  },
  {
    why: "the key has a port",
    keys: ["a.io", `${r}:443`],
    pullers: [account(image(r, "app/web", r))],
    warnings: [{ of: ["sa"], host: r, why: `secret acr has a login for a.io, ${r}:443 only (the port matters: the image has ${r})` }],
  },
  {
    why: "the key has another path",
    keys: [`${r}/team`],
    pullers: [account(image(r))],
    warnings: [{ of: ["sa"], host: r, why: `secret acr has a login for ${r}/team only (its path does not match ${r}/app/web)` }],
  },
  {
    why: "the key lacks the trailing slash",
    keys: [`https://${r}/v2`],
    pullers: [account(image(r))],
    warnings: [{ of: ["sa"], host: r, why: expect.stringMatching(/add a trailing \/\)$/) }],
  },
  {
    why: "the image has a regional host",
    keys: [r],
    pullers: [account(image(region, "app/web", r))],
    warnings: [{ of: ["sa"], host: region, why: `secret acr has a login for ${r} only (the image has the regional host ${region})` }],
  },
  { why: "a regional host has a key", keys: [r, region], pullers: [account(image(region, "app/web", r))], warnings: [] },
  {
    why: "the key is kubectl's default and the image is of Docker Hub",
    keys: ["https://index.docker.io/v1/"],
    pullers: [template(image("docker.io", "library/nginx"))],
    warnings: [],
  },
  {
    why: "the key is kubectl's default and the image is of the registry",
    keys: ["https://index.docker.io/v1/"],
    pullers: [template(image(r))],
    warnings: [{ of: ["web"], host: r, why: expect.stringMatching(/\(kubectl's default without --docker-server\)$/) }],
  },
  {
    why: "the Secret has no key",
    keys: [],
    pullers: [template(image(r)), account(image(r))],
    warnings: [{ of: ["web"], host: r, why: "secret acr has no login: its auths are empty" }],
  },
  {
    why: "several objects pull several repositories from one host",
    keys: [`${r}:443`],
    pullers: [template(image(r), image(r, "app/api")), account(image(r, "base")), { of: "api", images: [image(r)], whole: true }],
    warnings: [{ of: ["web", "sa", "api"], host: r, why: expect.stringMatching(/the port matters/) }],
  },
  { why: "a template has no valid image", keys: [r], pullers: [template()], warnings: [] },
])("warns correctly when $why", ({ keys, pullers, warnings }) => {
  expect(keyless("acr", keys, pullers).map(({ image: { host }, of, why }) => ({ of, host, why }))).toEqual(warnings);
});
