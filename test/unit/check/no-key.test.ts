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

test.for<{ why: string; keys: string[]; pullers: Puller<string>[]; told: { of: string[]; host: string; why: string }[] }>([
  { why: "the key matches", keys: [r], pullers: [template(image(r))], told: [] },
  { why: "http:// in front of a key is no matter", keys: [`http://${r}`], pullers: [template(image(r))], told: [] },
  { why: "an address of the registry's API", keys: [`https://${r}/v2/`], pullers: [template(image(r))], told: [] },
  { why: "a wildcard", keys: ["*.azurecr.io"], pullers: [template(image(r))], told: [] },
  {
    why: "one image of a template does, the other is of another registry",
    keys: [r],
    pullers: [template(image(r), image("quay.io"))],
    told: [],
  },
  {
    why: "no image of a template does",
    keys: [r],
    pullers: [template(image("quay.io"))],
    told: [{ of: ["web"], host: "quay.io", why: `secret acr has a login for ${r} only` }],
  },
  { why: "pods of a ServiceAccount have other pull secrets", keys: [r], pullers: [account(image("quay.io"))], told: [] },
  {
    why: "two letters away may be another registry of theirs",
    keys: ["team1.azurecr.io"],
    pullers: [account(image("team2.azurecr.io"))],
    told: [],
  },
  {
    why: "capitals",
    keys: [r],
    pullers: [account(image("MyRegistry.azurecr.io", "app/web", r))],
    told: [
      {
        of: ["sa"],
        host: "MyRegistry.azurecr.io",
        why: `secret acr has a login for ${r} only (case matters: the image has MyRegistry.azurecr.io)`,
      },
    ],
  },
  {
    why: "a port",
    keys: ["a.io", `${r}:443`],
    pullers: [account(image(r, "app/web", r))],
    told: [{ of: ["sa"], host: r, why: `secret acr has a login for a.io, ${r}:443 only (the port matters: the image has ${r})` }],
  },
  {
    why: "a path",
    keys: [`${r}/team`],
    pullers: [account(image(r))],
    told: [{ of: ["sa"], host: r, why: `secret acr has a login for ${r}/team only (its path does not match ${r}/app/web)` }],
  },
  {
    why: "an address without its end",
    keys: [`https://${r}/v2`],
    pullers: [account(image(r))],
    told: [{ of: ["sa"], host: r, why: expect.stringMatching(/add a trailing \/\)$/) }],
  },
  {
    why: "a regional host",
    keys: [r],
    pullers: [account(image(region, "app/web", r))],
    told: [{ of: ["sa"], host: region, why: `secret acr has a login for ${r} only (the image has the regional host ${region})` }],
  },
  { why: "a regional host that has a key", keys: [r, region], pullers: [account(image(region, "app/web", r))], told: [] },
  {
    why: "Docker Hub, where kubectl's default stands",
    keys: ["https://index.docker.io/v1/"],
    pullers: [template(image("docker.io", "library/nginx"))],
    told: [],
  },
  {
    why: "kubectl's default instead of the registry",
    keys: ["https://index.docker.io/v1/"],
    pullers: [template(image(r))],
    told: [{ of: ["web"], host: r, why: expect.stringMatching(/\(kubectl's default without --docker-server\)$/) }],
  },
  {
    why: "no key at all",
    keys: [],
    pullers: [template(image(r)), account(image(r))],
    told: [{ of: ["web"], host: r, why: "secret acr has no login: its auths are empty" }],
  },
  {
    why: "each host once, whoever has it and for whatever repository",
    keys: [`${r}:443`],
    pullers: [template(image(r), image(r, "app/api")), account(image(r, "base")), { of: "api", images: [image(r)], whole: true }],
    told: [{ of: ["web", "sa", "api"], host: r, why: expect.stringMatching(/the port matters/) }],
  },
  { why: "a template without an image that can be read", keys: [r], pullers: [template()], told: [] },
])("$why", ({ keys, pullers, told }) => {
  expect(keyless("acr", keys, pullers).map(({ image: { host }, of, why }) => ({ of, host, why }))).toEqual(told);
});
